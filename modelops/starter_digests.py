"""SHA-256 of the starter's files; written by the command that builds the starter."""

from __future__ import annotations

STARTER_DIGESTS: dict[str, str] = {
    "model.json": "28d0bb8b6a6e530bbde2ea97f5170de6ccd1b1098ba7547b1d524bffc9fd9a51",
    "model.npz": "987799958a904dc455ed8bc899b1c7252c5635e94556840b970997ad958830d8",
}
