"""What the labelled texts of a site hold, in a form that is quick to keep and to extend.

A text is read once: its terms become keys with counts, whatever vocabulary they will meet. So an
update reads only the texts that are new, and chooses terms and weighs them over all of them.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from modelops.ml.artifacts import NumericModel
from modelops.ml.features import BLOCKS
from modelops.ml.text import normalize, tokenize

Keys = NDArray[np.int64]
Array = NDArray[np.float64]
_AT_ONCE = 1 << 17  # entries of the matrix
# A change of how texts are read makes other words of these, and old caches worthless.
_PROBES = ("H0l4, ¿qué tal? 1.000 € i.d.i.o.t @you https://x.org 'áñ", "y o u  are SOOOO niiice 2x")


@dataclass(frozen=True, slots=True)
class Readings:
    """Terms of n texts. Text k (SHA-256 hex `digests[k]`) has entries bounds[k] to bounds[k + 1].

    An entry is a place in `keys`, which are sorted and different, and how often the text has that
    term. A key is a feature number of the base, or negative for a term that the base lacks;
    `documents` counts the texts that have it.
    """

    digests: tuple[str, ...]
    bounds: Keys
    places: NDArray[np.int32]
    counts: NDArray[np.uint16]
    keys: Keys
    documents: Keys

    @classmethod
    def empty(cls) -> Readings:
        return cls.of((), np.zeros(1, np.int64), np.empty(0, np.int64), np.empty(0, np.uint16))

    @classmethod
    def of(
        cls, digests: tuple[str, ...], bounds: Keys, entries: Keys, counts: NDArray[np.uint16]
    ) -> Readings:
        """Return the readings of texts whose entries are given as keys."""
        keys = _different(entries)
        places = np.searchsorted(keys, entries).astype(np.int32)
        return cls(digests, bounds, places, counts, keys, np.bincount(places, minlength=len(keys)))

    def taken(self, digests: Sequence[str]) -> Readings:
        """Return the readings of some of the texts, in the order of `digests`."""
        if tuple(digests) == self.digests:
            return self
        place = {digest: number for number, digest in enumerate(self.digests)}
        rows = np.array([place[digest] for digest in digests], dtype=np.int64)
        sizes = np.diff(self.bounds)[rows]
        bounds = np.concatenate([[0], np.cumsum(sizes)])
        entries = np.arange(bounds[-1]) + np.repeat(self.bounds[rows] - bounds[:-1], sizes)
        places = self.places[entries]
        # what the texts that were left out had alone is forgotten
        documents = np.bincount(places, minlength=len(self.keys))
        used = documents > 0
        renumbered = np.cumsum(used, dtype=np.int32) - np.int32(1)
        return Readings(
            tuple(digests),
            bounds,
            renumbered[places],
            self.counts[entries],
            self.keys[used],
            documents[used],
        )

    def joined(self, other: Readings) -> Readings:
        keys = _different(np.concatenate([self.keys, other.keys]))
        documents = np.zeros(len(keys), dtype=np.int64)
        places = []
        for one in (self, other):
            place = np.searchsorted(keys, one.keys).astype(np.int32)
            documents[place] += one.documents
            places.append(place[one.places])
        return Readings(
            self.digests + other.digests,
            np.concatenate([self.bounds, self.bounds[-1] + other.bounds[1:]]),
            np.concatenate(places),
            np.concatenate([self.counts, other.counts]),
            keys,
            documents,
        )

    def owners(self) -> NDArray[np.int32]:
        """Return the number of the text of each entry."""
        return np.repeat(np.arange(len(self.digests), dtype=np.int32), np.diff(self.bounds))

    def new_terms(self) -> tuple[Keys, Keys]:
        """Return the keys of terms that the base lacks, and in how many texts each occurs."""
        new = self.keys < 0
        return self.keys[new], self.documents[new]

    def texts_with(self, keys: Sequence[int]) -> Keys:
        """Return the numbers of the texts that have one of some terms."""
        wanted = np.isin(self.keys, keys)
        return np.unique(self.owners()[wanted[self.places]])


def _different(keys: Keys) -> Keys:
    """Return the different keys, sorted; numpy's `unique` hashes, which takes far longer."""
    ordered = np.sort(keys)
    first = np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]
    result: Keys = ordered[first]
    return result


class TermReader:
    """Turns texts into keys for one base, and remembers what the new keys stand for."""

    def __init__(self, base: NumericModel) -> None:
        words, characters = base.terms["word"], base.terms["char"]
        self._known = {
            "word": dict(zip(words, range(len(words)), strict=True)),
            "char": dict(zip(characters, itertools.count(len(words)))),
        }
        self._pairs = base.config.word_ngrams[1] >= 2
        self._lengths = range(base.config.char_ngrams[0], base.config.char_ngrams[1] + 1)
        self._words: dict[str, list[int]] = {}
        self.names: dict[int, tuple[str, str]] = {}  # negative key -> (block, term)

    def key(self, block: str, term: str) -> int:
        known = self._known[block]
        key = known.get(term)
        if key is None:
            key = known[term] = new_key(block, term)
            self.names[key] = (block, term)
        return key

    def read(self, texts: Iterable[str], digests: Iterable[str]) -> Readings:
        keys, counts, sizes = [], [], [0]
        for text in texts:
            found, often = np.unique(self._keys(text), return_counts=True)
            keys.append(found)
            counts.append(np.minimum(often, np.iinfo(np.uint16).max).astype(np.uint16))
            sizes.append(len(found))
        if not keys:
            return Readings.empty()
        return Readings.of(
            tuple(digests), np.cumsum(sizes), np.concatenate(keys), np.concatenate(counts)
        )

    def _keys(self, text: str) -> Keys:
        words = tokenize(text).words
        keys: list[int] = []
        for word in words:
            own = self._words.get(word)
            if own is None:
                own = self._words[word] = self._word_keys(word)
            keys += own
        if self._pairs:
            keys += [self.key("word", f"{a} {b}") for a, b in itertools.pairwise(words)]
        return np.array(keys, dtype=np.int64)

    def _word_keys(self, word: str) -> list[int]:
        padded = f" {word} "
        terms: list[str] = []
        for length in self._lengths:
            if length >= len(padded):
                # scikit-learn's char_wb counts a word shorter than this once, then stops
                terms.append(padded)
                break
            terms += [padded[at : at + length] for at in range(len(padded) - length + 1)]
        # most are known: a look-up in place spares their calls
        known = self._known["char"].get
        keys = [known(term) or self.key("char", term) for term in terms]
        keys.append(self.key("word", word))
        return keys


def new_key(block: str, term: str) -> int:
    """Return the key of a term that the base does not have; its lowest bit tells the block."""
    digest = hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    number = int.from_bytes(digest, "little") >> 3
    return -1 - (2 * number + BLOCKS.index(block))


def block_numbers(keys: Keys) -> Keys:
    """Return the block of each new key, as a place in BLOCKS."""
    return (-1 - keys) & 1


@dataclass(frozen=True, slots=True)
class TermNames:
    """What some new keys stand for: sorted `keys`, and a term for each."""

    keys: Keys
    terms: tuple[str, ...]

    @classmethod
    def none(cls) -> TermNames:
        return cls(np.empty(0, np.int64), ())

    def of(self, keys: Keys) -> list[str | None]:
        """Return the terms of other sorted keys, None where they are not known."""
        if not len(self.keys):
            return [None] * len(keys)
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        known = (self.keys[places] == keys).tolist()
        terms = self.terms
        return [
            terms[place] if there else None
            for place, there in zip(places.tolist(), known, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class SiteVocabulary:
    """Terms of the base and new ones after them, per block; `base_columns` are those of the base's
    features among all of them.
    """

    terms: dict[str, tuple[str, ...]]
    idf: dict[str, Array]
    base_columns: Keys

    @classmethod
    def of(
        cls, base: NumericModel, terms: dict[str, tuple[str, ...]], idf: dict[str, Array]
    ) -> SiteVocabulary:
        words, old_words = len(terms["word"]), len(base.terms["word"])
        columns = [np.arange(old_words), words + np.arange(len(base.terms["char"]))]
        return cls(terms, idf, np.concatenate(columns))

    def columns(
        self, base: NumericModel, keys: Keys, new_keys: Mapping[tuple[str, str], int]
    ) -> NDArray[np.int32]:
        """Return the column of each key, -1 for a term that was not chosen.

        `new_keys`: the key of each (block, term) beyond the base's.
        """
        result = np.full(len(keys), -1, dtype=np.int32)
        known = keys >= 0
        result[known] = self.base_columns[keys[known]]
        at = 0
        for block in BLOCKS:
            old = len(base.terms[block])
            new = np.array([new_keys[block, term] for term in self.terms[block][old:]], np.int64)
            places = np.minimum(np.searchsorted(keys, new), len(keys) - 1)
            there = keys[places] == new
            result[places[there]] = at + old + np.flatnonzero(there)
            at += len(self.terms[block])
        return result


def with_terms(
    base: NumericModel, readings: Readings, chosen: NDArray[np.int64], names: Sequence[str],
    texts: int,
) -> tuple[SiteVocabulary, NDArray[np.int32]]:  # fmt: skip
    """Append terms that `readings` found to those of a base: `extended`, without dictionaries.

    `chosen` are the places of the terms' keys among the readings' keys, `names` what they stand
    for. Returns the vocabulary, and the column of each key of the readings, -1 for one that was
    not chosen.
    """
    keys = readings.keys[chosen]
    blocks = block_numbers(keys)
    terms: dict[str, tuple[str, ...]] = {}
    idf: dict[str, Array] = {}
    columns = np.full(len(readings.keys), -1, dtype=np.int32)
    at = 0
    for number, block in enumerate(BLOCKS):
        own = np.flatnonzero(blocks == number).tolist()
        own.sort(key=names.__getitem__)
        terms[block] = base.terms[block] + tuple([names[place] for place in own])
        often = readings.documents[chosen[own]].astype(np.float64)
        idf[block] = np.concatenate([base.idf[block], _new_idf(base, often, texts)])
        columns[chosen[own]] = at + len(base.terms[block]) + np.arange(len(own), dtype=np.int32)
        at += len(terms[block])
    vocabulary = SiteVocabulary.of(base, terms, idf)
    known = len(readings.keys) - int((readings.keys >= 0).sum())  # they are sorted
    columns[known:] = vocabulary.base_columns[readings.keys[known:]]
    return vocabulary, columns


def _new_idf(base: NumericModel, often: Array, texts: int) -> NDArray[np.float32]:
    total = 1 + base.details["training_samples"] + texts
    exact: Array = np.log(total / (1 + often)) + 1
    return exact.astype(np.float32)


def extended(
    base: NumericModel, new: Mapping[str, Mapping[str, int]], texts: int
) -> SiteVocabulary:
    """Append terms to those of a base. `new`: per block, terms and in how many texts they occur.

    A new term's inverse document frequency is over the base's texts, in which it was too rare to
    be noticed, and the site's `texts`.
    """
    terms: dict[str, tuple[str, ...]] = {}
    idf: dict[str, Array] = {}
    for block in BLOCKS:
        ordered = sorted(new[block])
        often = np.array([new[block][term] for term in ordered], dtype=np.float64)
        terms[block] = base.terms[block] + tuple(ordered)
        idf[block] = np.concatenate([base.idf[block], _new_idf(base, often, texts)])
    return SiteVocabulary.of(base, terms, idf)


def matrix(
    readings: Readings, columns: NDArray[np.int32], vocabulary: SiteVocabulary
) -> sparse.csr_matrix:
    """Return the TF-IDF matrix, shape (n texts, V), each block of unit length as in `features`.

    `columns`: that of each of the readings' keys, as from `SiteVocabulary.columns`.
    """
    idf = np.concatenate([vocabulary.idf[block] for block in BLOCKS], dtype=np.float64)
    texts, words = len(readings.digests), len(vocabulary.terms["word"])
    size = int(readings.documents[columns >= 0].sum())  # a text has an entry for each of its terms
    values, indices = np.empty(size), np.empty(size, dtype=np.int32)
    bounds = np.zeros(texts + 1, dtype=np.int32 if size < np.iinfo(np.int32).max else np.int64)
    done = 0
    # some texts at a time, so that what is only needed on the way stays in the processor's cache
    for first, last in _groups(readings.bounds):
        start, end = readings.bounds[first], readings.bounds[last]
        own = columns.take(readings.places[start:end])
        kept = own >= 0
        ends = np.append(0, np.cumsum(kept, dtype=np.int32))[
            readings.bounds[first : last + 1] - start
        ]
        own, counts = own[kept], readings.counts[start:end][kept]
        found = idf.take(own)
        # most terms occur once, where the frequency is 1
        repeated = np.flatnonzero(counts > 1)
        found[repeated] *= 1.0 + np.log(counts[repeated], dtype=np.float64)
        blocks = np.repeat(np.arange(0, 2 * (last - first), 2), np.diff(ends))
        blocks += own >= words
        sums = np.bincount(blocks, weights=found * found, minlength=2 * (last - first))
        found /= np.sqrt(sums).take(blocks)
        values[done : done + len(own)], indices[done : done + len(own)] = found, own
        bounds[first + 1 : last + 1] = done + ends[1:]
        done += len(own)
    return sparse.csr_matrix((values, indices, bounds), shape=(texts, len(idf)))


def _groups(bounds: Keys) -> Iterator[tuple[int, int]]:
    """Yield (first, last + 1) of texts that have about as many entries together as are quick."""
    first, texts = 0, len(bounds) - 1
    while first < texts:
        last = int(np.searchsorted(bounds, bounds[first] + _AT_ONCE, side="right")) - 1
        last = max(last, first + 1)
        yield first, last
        first = last


def fingerprint(base: NumericModel) -> str:
    """Return what readings depend on: the base's terms and the way of reading."""
    digest = hashlib.sha256(json.dumps([base.config.to_json(), base.details]).encode())
    for block in BLOCKS:
        digest.update("\n".join(base.terms[block]).encode("utf-8", "surrogatepass"))
        digest.update(base.idf[block].tobytes())
    digest.update("\0".join(normalize(probe) for probe in _PROBES).encode())
    return digest.hexdigest()


def read_cache(path: Path, *, base: NumericModel, mark: str = "") -> tuple[Readings, TermNames]:
    """Return what a file keeps; nothing where it is missing, bad or of another base.

    `mark`: the base's `fingerprint`, where that is known.
    """
    nothing = Readings.empty(), TermNames.none()
    try:
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["fingerprint"]) != (mark or fingerprint(base)):
                return nothing
            digests = tuple(stored["digests"].astype(str).tolist())
            names = ("bounds", "places", "counts", "keys", "documents")
            readings = Readings(digests, *(stored[name] for name in names))
            joined = stored["terms"].tobytes().decode("utf-8", "surrogatepass")
            terms = TermNames(stored["term_keys"], tuple(joined.split("\n") if joined else ()))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return nothing
    fits = (
        len(readings.bounds) == len(digests) + 1
        and len(readings.places) == len(readings.counts) == readings.bounds[-1]
        and len(readings.keys) == len(readings.documents)
        and len(terms.keys) == len(terms.terms)
    )
    return (readings, terms) if fits else nothing


def write_cache(
    path: Path, readings: Readings, terms: TermNames, *, base: NumericModel, mark: str = ""
) -> None:
    """Write readings, and the terms that an update chose among them, for `read_cache`."""
    joined = "\n".join(terms.terms).encode("utf-8", "surrogatepass")
    with path.open("wb") as handle:
        np.savez(
            handle,
            allow_pickle=False,
            fingerprint=np.array(mark or fingerprint(base)),
            digests=np.array(readings.digests, dtype="S64"),
            bounds=readings.bounds,
            places=readings.places,
            counts=readings.counts,
            keys=readings.keys,
            documents=readings.documents,
            terms=np.frombuffer(joined, dtype=np.uint8),
            term_keys=terms.keys,
        )


def cached_digests(path: Path) -> list[str]:
    """Return the digests of the texts in a cache file, whatever base it is for; [] if bad."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return [str(digest) for digest in stored["digests"].astype(str)]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return []
