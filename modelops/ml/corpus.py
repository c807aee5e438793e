"""Labelled texts in one form, whatever they come from."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modelops.ml.artifacts import HEADS
from modelops.ml.phrases import expand, mixtures
from modelops.ml.text import tokenize
from modelops.ml.windows import short_windows, windows

UNKNOWN = -1
WINDOWS = "/windows"
# What a kind of the project's own toxic sentences says about the other heads.
_KIND_HEADS = {
    "insult_direct": "insult", "insult_third": "insult", "insult_object": "insult",
    "insult_plural": "insult", "insult_work": "insult", "bullying_appearance": "insult",
    "threat": "threat", "dehumanise_group": "identity_hate",
    "homophobic_transphobic_abuse": "identity_hate",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Corpus:
    """n texts. `labels` has shape (n, len(HEADS)) with 1, 0 and -1 for unknown.

    `groups` keeps texts of one origin (a template) in one fold of a cross-validation; `shares`
    is the weight of a text within its group.
    """

    texts: tuple[str, ...]
    labels: NDArray[np.int8]
    languages: NDArray[np.str_]
    sources: NDArray[np.str_]
    groups: NDArray[np.int64]
    shares: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.texts)

    def fingerprint(self) -> str:
        """Return the SHA-256 (hex) over texts, labels and sources in order."""
        digest = hashlib.sha256(self.labels.tobytes())
        for text, source in zip(self.texts, self.sources, strict=True):
            digest.update(f"{source}\0{text}\0".encode(errors="surrogatepass"))
        return digest.hexdigest()


def read_labelled(path: Path, *, source: str) -> Corpus:
    """Read a file with `text`, `toxic`, `lang` and, where known, columns named after heads."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    labels = np.full((len(rows), len(HEADS)), UNKNOWN, dtype=np.int8)
    for number, row in enumerate(rows):
        for column, head in enumerate(HEADS):
            if row.get(head) not in (None, ""):
                labels[number, column] = int(row[head])
    labels[labels[:, 0] == 0] = 0  # what is not toxic is no kind of toxic either
    return _corpus([row["text"] for row in rows], labels, [row["lang"] for row in rows], source)


def own_sentences(language: str, *, seed: int, per_template: int, mixed_words: int = 0) -> Corpus:
    """Return the project's own sentences of one language.

    With `mixed_words` each comes a second time among innocent ones, up to that many words.
    """
    phrases = list(expand(language, seed=seed, per_template=per_template))
    if mixed_words:
        phrases += mixtures(phrases, seed=seed, most_words=mixed_words)
    labels = np.full((len(phrases), len(HEADS)), UNKNOWN, dtype=np.int8)
    templates: dict[str, int] = {}
    groups = np.empty(len(phrases), dtype=np.int64)
    for number, phrase in enumerate(phrases):
        groups[number] = templates.setdefault(phrase.template, len(templates))
        labels[number, 0] = phrase.toxic
        if not phrase.toxic:
            labels[number] = 0
        elif head := _KIND_HEADS.get(phrase.kind):
            labels[number, HEADS.index(head)] = 1
    corpus = _corpus(
        [phrase.text for phrase in phrases], labels, [language] * len(phrases), f"own_{language}"
    )
    shares = np.array([phrase.share**-0.5 for phrase in phrases])
    return Corpus(corpus.texts, labels, corpus.languages, corpus.sources, groups, shares)


def _corpus(
    texts: Sequence[str], labels: NDArray[np.int8], languages: Iterable[str], source: str
) -> Corpus:
    count = len(texts)
    return Corpus(
        tuple(texts),
        labels,
        np.array(list(languages)),
        np.full(count, source),
        np.arange(count),
        np.ones(count),
    )


def concatenate(parts: Sequence[Corpus]) -> Corpus:
    """Return the corpora one after the other, groups kept apart."""
    shift = 0
    groups = []
    for part in parts:
        groups.append(part.groups + shift)
        shift += int(part.groups.max()) + 1
    return Corpus(
        tuple(text for part in parts for text in part.texts),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.languages for part in parts]),
        np.concatenate([part.sources for part in parts]),
        np.concatenate(groups),
        np.concatenate([part.shares for part in parts]),
    )


def with_innocent_windows(corpus: Corpus, *, per_text: int, seed: int) -> Corpus:
    """Return the corpus with some windows of its innocent texts behind it.

    Each window of an innocent text is innocent. To learn that keeps long innocent texts, of which
    the most suspicious window counts, from being flagged. The windows of a text (at most
    `per_text`, drawn at random) share its weight and its group; their source is that of the text
    with `WINDOWS` added.
    """
    rng = np.random.default_rng(seed)
    texts: list[str] = []
    parents: list[int] = []
    shares: list[float] = []
    for number in np.flatnonzero(corpus.labels[:, 0] == 0):
        text = corpus.texts[number]
        tokens = tokenize(text)
        places = windows(tokens) + short_windows(tokens)
        offsets = tokens.original_offsets(text) if places else ()
        drawn = rng.permutation(len(places))[:per_text]
        for start, end in (places[place] for place in drawn):
            texts.append(text[offsets[tokens.starts[start]] : offsets[tokens.ends[end - 1]]])
            parents.append(int(number))
            shares.append(float(corpus.shares[number]) / len(drawn))
    return Corpus(
        corpus.texts + tuple(texts),
        np.concatenate([corpus.labels, corpus.labels[parents]]),
        np.concatenate([corpus.languages, corpus.languages[parents]]),
        np.concatenate([corpus.sources, np.char.add(corpus.sources[parents], WINDOWS)]),
        np.concatenate([corpus.groups, corpus.groups[parents]]),
        np.concatenate([corpus.shares, shares]),
    )


def folds(groups: NDArray[np.int64], *, count: int, seed: int) -> NDArray[np.int64]:
    """Return the fold number of each row; rows of one group share a fold."""
    unique, inverse = np.unique(groups, return_inverse=True)
    shuffled = np.random.default_rng(seed).permutation(len(unique))
    return np.asarray(shuffled[inverse] % count)
