"""SHA-256 of the starter's files; written by the command that builds the starter."""

from __future__ import annotations

STARTER_DIGESTS: dict[str, str] = {
    "model.json": "7825929d2dadc84230f400db321631bdc0ad876946b9ef08bf68bc0ebf00657d",
    "model.npz": "6c4ad18ae8e0dd3617ddf5e4adde16bdcf47366e736d90e7b3374fc96ca73383",
}
