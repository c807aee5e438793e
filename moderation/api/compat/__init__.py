"""The calls of other services, answered as those answer them: paths, fields and error forms."""
