"""SHA-256 of the starter's files; written by the command that builds the starter."""

from __future__ import annotations

STARTER_DIGESTS: dict[str, str] = {
    "model.json": "b667a2745fff003840c36acc215a9cb9de6e661ddff9f0df4a9263c2992bb436",
    "model.npz": "3f2de0454145c182c5f892fe88472bb3b6bf7df2ecb6e6db78355e4a01b114d2",
}
