"""SHA-256 of the starter's files; written by the command that builds the starter."""

from __future__ import annotations

STARTER_DIGESTS: dict[str, str] = {}
