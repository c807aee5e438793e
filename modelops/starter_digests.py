"""SHA-256 of the starter's files; written by the command that builds the starter."""

from __future__ import annotations

STARTER_DIGESTS: dict[str, str] = {
    "model.json": "5a182ea803c3de1011349dcfb51f8883da93faf49bd425f361c3b993401f9da5",
    "model.npz": "8ed7776ba78b328d4b41449caf27dcde91c50f4d8b4dcc1f9731a515753ea69c",
}
