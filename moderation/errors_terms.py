"""What stands in the way of changing the term lists or the policy, in words for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from moderation.errors import InputRefused, ReviewRefused

if TYPE_CHECKING:
    from moderation.models import PolicyVersion, Term


def too_long(limit: int) -> str:
    return _("At most %(limit)s characters are possible.") % {"limit": limit}


class TermInvalid(InputRefused):
    """A field of a term can't be so: `field`."""

    code = "invalid"

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        super().__init__(reason)


class TermExists(ReviewRefused):
    """The same words are on the list already: `term`."""

    code = "exists"

    def __init__(self, term: Term) -> None:
        self.term = term
        super().__init__(
            _(
                "The list has “%(pattern)s” already, found by the same words: “%(action)s”. "
                "Remove that entry first."
            )
            % {"pattern": term.pattern, "action": term.get_action_display()}
        )


class TooManyTerms(ReviewRefused):
    code = "too_many"

    def __init__(self, limit: int) -> None:
        super().__init__(
            _("The lists have %(limit)s terms, and no more are possible. Remove some first.")
            % {"limit": limit}
        )


class TermRemoved(ReviewRefused):
    """Somebody else removed the term."""

    code = "removed"

    def __init__(self) -> None:
        super().__init__(_("This term was removed already. Nothing changed."))


class PolicyInvalid(ReviewRefused):
    """Values that can't be: `errors` has a sentence for each field, like "insult.label"."""

    code = "invalid"
    status = 400

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__(" ".join(f"{field}: {error}" for field, error in errors.items()))


class PolicyChanged(ReviewRefused):
    """Somebody else saved a version meanwhile: `newest`."""

    code = "changed"

    def __init__(self, newest: PolicyVersion) -> None:
        self.newest = newest
        super().__init__(
            _(
                "%(name)s has saved version %(number)s of the policy meanwhile. Nothing of yours "
                "was saved; look at it and save again."
            )
            % {"name": newest.by.get_username() if newest.by else "?", "number": newest.number}
        )


class PolicyUnchanged(ReviewRefused):
    code = "unchanged"

    def __init__(self) -> None:
        super().__init__(_("The policy says this already, so no new version was made."))
