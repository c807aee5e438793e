"""The labels of a site, in a form in which their order does not matter."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelops.ml.artifacts import HEADS

UNKNOWN = -1


class NotPossible(ValueError):
    """This way of training cannot work here. `code` says why, `facts` holds its numbers."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.code, self.facts = code, facts
        super().__init__(f"{code} {facts}" if facts else code)


@dataclass(frozen=True, slots=True)
class SiteLabel:
    """One text with people's answer; `categories` names other heads, as far as they are known."""

    text: str
    toxic: bool
    language: str
    categories: Mapping[str, bool] = field(default_factory=dict)
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class SiteLabels:
    """n different texts, sorted by `digests` (SHA-256 hex of the text).

    `labels` has shape (n, len(HEADS)) with 1, 0 and -1 for unknown; `weights` weighs a text in
    the loss.
    """

    texts: tuple[str, ...]
    labels: NDArray[np.int8]
    languages: NDArray[np.str_]
    weights: NDArray[np.float64]
    digests: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    @classmethod
    def of(cls, rows: Iterable[SiteLabel]) -> SiteLabels:
        """Bring rows into order. Raises ValueError when a text comes twice."""
        ordered = sorted(
            ((text_digest(row.text), row) for row in _different(rows)), key=lambda pair: pair[0]
        )
        labels = np.full((len(ordered), len(HEADS)), UNKNOWN, dtype=np.int8)
        for number, (_, row) in enumerate(ordered):
            labels[number, 0] = row.toxic
            for head, value in row.categories.items():
                labels[number, HEADS.index(head)] = value
        labels[labels[:, 0] == 0] = 0  # what is not toxic is no kind of toxic either
        return cls(
            texts=tuple(row.text for _, row in ordered),
            labels=labels,
            languages=np.array([row.language for _, row in ordered], dtype=np.str_),
            weights=np.array([row.weight for _, row in ordered], dtype=np.float64),
            digests=tuple(digest for digest, _ in ordered),
        )

    def chosen(self, rows: NDArray[np.bool_]) -> SiteLabels:
        """Return some of the rows, by a mask of shape (n,)."""
        return self._at(np.flatnonzero(rows))

    def ordered(self, digests: Sequence[str]) -> SiteLabels:
        """Return the same rows in another order, which only a calculation may need."""
        place = {digest: number for number, digest in enumerate(self.digests)}
        return self._at(np.array([place[digest] for digest in digests], dtype=np.int64))

    def _at(self, numbers: NDArray[np.int64]) -> SiteLabels:
        return SiteLabels(
            tuple(self.texts[number] for number in numbers),
            self.labels[numbers],
            self.languages[numbers],
            self.weights[numbers],
            tuple(self.digests[number] for number in numbers),
        )

    def joined(self, other: SiteLabels) -> SiteLabels:
        """Return these rows and those of `other` whose texts are new."""
        known = set(self.digests)
        rest = other.chosen(np.array([digest not in known for digest in other.digests], dtype=bool))
        digests = self.digests + rest.digests
        order = np.argsort(np.array(digests, dtype=np.str_))
        texts = self.texts + rest.texts
        return SiteLabels(
            tuple(texts[number] for number in order),
            np.concatenate([self.labels, rest.labels])[order],
            np.concatenate([self.languages, rest.languages])[order],
            np.concatenate([self.weights, rest.weights])[order],
            tuple(digests[number] for number in order),
        )

    def fingerprint(self) -> str:
        """Return the SHA-256 (hex) over texts, labels, languages and weights."""
        digest = hashlib.sha256("".join(self.digests).encode())
        for array in (self.labels, self.weights):
            digest.update(np.ascontiguousarray(array).tobytes())
        digest.update("\0".join(self.languages).encode())
        return digest.hexdigest()


def text_digest(text: str) -> str:
    """Return the SHA-256 (hex) of a text, lone surrogates included."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _different(rows: Iterable[SiteLabel]) -> Iterable[SiteLabel]:
    seen: set[str] = set()
    for row in rows:
        if row.text in seen:
            raise ValueError("a text has more than one label")
        seen.add(row.text)
        yield row
