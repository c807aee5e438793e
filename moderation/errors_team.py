"""What stands in the way of managing the team and its webhooks, in words for people."""

from __future__ import annotations

from django.utils.translation import gettext as _

from moderation.errors import InputRefused, ReviewRefused


class TeamRefused(ReviewRefused):
    """Nothing about the team changed."""


class AboveYou(TeamRefused):
    """The account, or a group, has permissions that who asks does not have."""

    code = "above_you"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            _("This would give or take permissions that you don't have yourself. Nothing changed.")
        )


class NotYourself(TeamRefused):
    code = "yourself"

    def __init__(self) -> None:
        super().__init__(
            _("Nobody changes their own groups or closes their own account. Ask another lead.")
        )


class NothingChanged(TeamRefused):
    """Somebody else did it meanwhile, or it was so before."""

    code = "unchanged"

    def __init__(self) -> None:
        super().__init__(_("It is so already, or somebody else was faster. Nothing changed."))


class NoTokenForModerators(TeamRefused):
    """With such a token, decisions could be taken under somebody else's name."""

    code = "token_of_a_moderator"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            _(
                "Tokens are issued for oneself and for integrations only: with another "
                "moderator's token, decisions would bear their name."
            )
        )


class InvitationInvalid(TeamRefused):
    """Unknown, used, withdrawn or too old: nobody is told which."""

    code = "invitation"
    status = 404

    def __init__(self) -> None:
        super().__init__(_("This invitation is not valid (any more). Ask for a new one."))


class NameTaken(InputRefused):
    code, field = "name_taken", "username"

    def __init__(self) -> None:
        super().__init__(_("This name is taken. Choose another one."))


class AddressRefused(InputRefused):
    """No message is sent to the address; `code` says why."""

    field = "url"

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        super().__init__(reason)


class NotAnIntegration(InputRefused):
    code, field = "owner", "owner"

    def __init__(self) -> None:
        super().__init__(_("This account is closed or may not analyse texts."))


class TooManyWebhooks(TeamRefused):
    code = "too_many"

    def __init__(self, limit: int) -> None:
        super().__init__(
            _("An integration has at most %(limit)s webhooks. Remove one first.") % {"limit": limit}
        )


class WebhookRemoved(TeamRefused):
    code = "removed"

    def __init__(self) -> None:
        super().__init__(_("This webhook was removed meanwhile. Nothing changed."))
