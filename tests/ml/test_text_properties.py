from __future__ import annotations

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from modelops.ml.text import normalize, tokenize

TEXTS = st.text(
    st.one_of(st.characters(), st.sampled_from(string.printable + "ñáіο\u200b\u0303@*.'\"ｉ")),
    max_size=80,
)


@given(TEXTS)
@settings(max_examples=1500, deadline=None, database=None)
def test_any_text_is_read_into_words_whose_places_lie_in_it(text: str) -> None:
    tokens = tokenize(text)
    offsets = list(tokens.original_offsets(text))
    assert len(offsets) == len(tokens.folded) + 1
    assert offsets == sorted(offsets)
    assert offsets[-1] == len(text)
    assert all(word and len(word.split()) == 1 for word in tokens.words)
    assert normalize(text) == " ".join(tokens.words)
    assert tokens.starts == sorted(tokens.starts)
    for start, end in zip(tokens.starts, tokens.ends, strict=True):
        assert 0 <= start < end <= len(tokens.folded)


@given(TEXTS)
@settings(max_examples=500, deadline=None, database=None)
def test_invisible_characters_change_nothing(text: str) -> None:
    # "`" is a quote, but for texts of ASCII alone; n and a tilde part where something is between
    text = text.replace("`", "'").replace("\u0303", "")
    assert normalize("\u200b".join(text)) == normalize(text.replace("\u200b", ""))
