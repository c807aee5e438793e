"""SHA-256 of the starter's files; written by the command that builds the starter."""

from __future__ import annotations

STARTER_DIGESTS: dict[str, str] = {
    "model.json": "900b4494342e78df024076826dcd1b6640c17fc092dbe2df66edfaf012e19a7d",
    "model.npz": "3ffd3d3932ae49b8d94c0b456f62da4c7b8586586bd49026951df7b6fd8f8374",
}
