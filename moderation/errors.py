"""What stands in the way of a decision, in words for people.

Doors translate these: the API into problem details, pages and the administration into messages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modelops.errors import OperationFailed
from modelops.words import grouped

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from moderation.models import ReviewDecision


class ReviewRefused(OperationFailed):
    """What was asked for is not possible; nothing changed. `code` names why, for programs."""

    code = "refused"
    status = 409  # of the answer in the API


# --- somebody else, or something else, was faster ---------------------------------------------


class ItemClaimed(ReviewRefused):
    """Somebody else has the item open: `holder`, `until` when at the latest."""

    code = "claimed"

    def __init__(self, holder: User, until: datetime) -> None:
        self.holder, self.until = holder, until
        super().__init__(
            _("%(name)s has this item until %(time)s. Nothing changed; take another one.")
            % {"name": holder.get_username(), "time": _clock(until)}
        )


class AlreadyDecided(ReviewRefused):
    """The round was decided meanwhile: `decision` says by whom, what and when."""

    code = "decided"

    def __init__(self, decision: ReviewDecision) -> None:
        self.decision = decision
        super().__init__(
            _("%(name)s has decided this item: “%(action)s”, at %(time)s. Nothing changed.")
            % {
                "name": decision.by.get_username(),
                "action": decision.get_action_display(),
                "time": _clock(decision.created_at),
            }
        )


class RoundClosed(ReviewRefused):
    """The round ended without a decision: the text was erased, or a newer one took its place."""

    code = "closed"

    def __init__(self) -> None:
        super().__init__(
            _("This item is no longer in the queue: its text was erased or replaced by a new one.")
        )


class NotInQueue(ReviewRefused):
    """No round of the analysis is open."""

    code = "not_in_queue"

    def __init__(self) -> None:
        super().__init__(
            _("This analysis is not in the queue. Ask for another look to put it there.")
        )


class AlreadyEscalated(ReviewRefused):
    code = "escalated"

    def __init__(self) -> None:
        super().__init__(_("This item is with the leads already."))


# --- not for this person ----------------------------------------------------------------------


class SamePerson(ReviewRefused):
    """Who decided before does not decide on the appeal."""

    code = "same_person"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            _("You decided about this text before, so somebody else has to decide on the appeal.")
        )


class LeadsOnly(ReviewRefused):
    """Needs the permission `take_over`."""

    code = "leads_only"
    status = 403


class EscalatedToLeads(LeadsOnly):
    def __init__(self) -> None:
        super().__init__(_("This item was escalated: only leads decide about it now."))


class NotYours(LeadsOnly):
    def __init__(self) -> None:
        super().__init__(_("Only leads undo what others have decided."))


class TakeOverDenied(LeadsOnly):
    def __init__(self) -> None:
        super().__init__(_("Only leads take over an item that somebody else has."))


# --- something is missing or wrong ------------------------------------------------------------


class InputRefused(ReviewRefused):
    """A field is missing or wrong: `field`."""

    status = 400
    field = ""


class CategoryRequired(InputRefused):
    code, field = "category_required", "category"

    def __init__(self) -> None:
        super().__init__(_("Say what is wrong with the text: rejecting needs a category."))


class CategoryOutOfPlace(InputRefused):
    code, field = "category_out_of_place", "category"

    def __init__(self) -> None:
        super().__init__(_("Only rejecting and escalating take a category."))


class ReasonRequired(InputRefused):
    """The policy asks for a reason with this category."""

    code, field = "reason_required", "reason"

    def __init__(self) -> None:
        super().__init__(_("The policy asks for a reason with this category."))


class NotInBatches(InputRefused):
    code, field = "not_in_batches", "action"

    def __init__(self) -> None:
        super().__init__(_("Many items at once can be approved, rejected or escalated."))


# --- undoing ----------------------------------------------------------------------------------


class NotUndoable(ReviewRefused):
    """The decision can't be undone (any more)."""

    code = "not_undoable"


class AlreadyUndone(NotUndoable):
    code = "undone"

    def __init__(self) -> None:
        super().__init__(_("This was undone already. Nothing changed."))


class UndoesItself(NotUndoable):
    def __init__(self) -> None:
        super().__init__(_("An undo can't be undone: decide again."))


class TextErased(NotUndoable):
    code = "erased"

    def __init__(self) -> None:
        super().__init__(_("The text was erased meanwhile, so nobody could decide again."))


class DecidedSince(NotUndoable):
    """A later round of the same analysis is open or decided."""

    def __init__(self) -> None:
        super().__init__(
            _("Another look was asked for since then. Decide or undo that one instead.")
        )


class NothingToUndo(NotUndoable):
    def __init__(self) -> None:
        super().__init__(_("Nothing of this batch can be undone any more."))


# --- appeals ----------------------------------------------------------------------------------


class AppealRefused(ReviewRefused):
    code = "appeal_refused"


class AppealOpen(AppealRefused):
    code = "open"

    def __init__(self) -> None:
        super().__init__(_("Somebody is to look at this text already. Nothing changed."))


class NothingToAppeal(AppealRefused):
    code = "undecided"

    def __init__(self) -> None:
        super().__init__(
            _("Nobody has decided about this text yet, so there is nothing to appeal.")
        )


# --- batches ----------------------------------------------------------------------------------


class SelectionEmpty(ReviewRefused):
    code = "empty"

    def __init__(self) -> None:
        super().__init__(_("Nothing of the selection can be decided now. Nothing changed."))


class SelectionTooLarge(InputRefused):
    code, field = "too_many", "filter"

    def __init__(self, limit: int) -> None:
        super().__init__(
            _("At most %(limit)s items are decided at once. Narrow the selection.")
            % {"limit": grouped(limit)}
        )


class FilterRefused(InputRefused):
    """The filter has wrong values: `errors` by parameter."""

    code, field = "filter", "filter"

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        self.errors = {name: list(told) for name, told in errors.items()}
        super().__init__(" ".join(text for told in self.errors.values() for text in told))


class SelectionChanged(ReviewRefused):
    """More items than were shown beforehand: `count` now."""

    code = "changed"

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(
            ngettext(
                "It would be %(count)s item by now. Nothing changed; look at the selection again.",
                "It would be %(count)s items by now. Nothing changed; look at the selection again.",
                count,
            )
            % {"count": grouped(count)}
        )


# --- texts without a score --------------------------------------------------------------------


class AlreadySettled(ReviewRefused):
    code = "settled"

    def __init__(self) -> None:
        super().__init__(_("Somebody has seen to this text already. Nothing changed."))


class NotScorable(ReviewRefused):
    """The text can't be scored now either; the message says why."""

    code = "not_scorable"


def _clock(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "TIME_FORMAT")
