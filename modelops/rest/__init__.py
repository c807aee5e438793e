"""What the endpoints of all apps share: strict fields and query parameters."""
