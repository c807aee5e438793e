"""Whether mail would go anywhere, for all who send some."""

from __future__ import annotations

from django.conf import settings

# With these nothing would leave the machine: no mail server is configured.
NOT_A_SERVER = (
    "django.core.mail.backends.console.EmailBackend",
    "django.core.mail.backends.dummy.EmailBackend",
)
BACKEND = "django.contrib.auth.backends.ModelBackend"  # which knows who holds a permission


def mail_is_configured() -> bool:
    return settings.EMAIL_BACKEND not in NOT_A_SERVER
