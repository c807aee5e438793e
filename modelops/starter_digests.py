"""SHA-256 of the starter's files; written by the command that builds the starter."""

from __future__ import annotations

STARTER_DIGESTS: dict[str, str] = {
    "model.json": "d025d579690e36877daf7324c8109b2cdebe279b188f1da2d8ab3838d228ea50",
    "model.npz": "3f2de0454145c182c5f892fe88472bb3b6bf7df2ecb6e6db78355e4a01b114d2",
}
