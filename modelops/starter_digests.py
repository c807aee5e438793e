"""SHA-256 of the starter's files; written by the command that builds the starter."""

from __future__ import annotations

STARTER_DIGESTS: dict[str, str] = {
    "model.json": "4bf45b923095021700883032e4edb0e1801f649505cdab290dd4a9f767414c75",
    "model.npz": "41331bd443efb051922ff4aa5df19432dbf25f8d9f29532eaaf88a54061744d7",
}
