from __future__ import annotations

import pytest

from modelops.ml.text import normalize, tokenize


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("You are an IDIOT", "you are an idiot"),
        ("1d10t", "idiot"),
        ("$tup1d", "stupid"),
        ("c4br0n", "cabron"),
        ("i d i o t", "idiot"),
        ("y o u   a r e   a n   i d i o t", "you are an idiot"),
        ("eres i m b e c i l de verdad", "eres imbecil de verdad"),
        ("i.d.i.o.t.a", "idiota"),
        ("i-d-i-o-t", "idiot"),
        ("i_d_i_o_t", "idiot"),
        ("іdіоt", "idiot"),
        ("ιdιοτ", "idiot"),
        ("ｉｄｉｏｔａ", "idiota"),
        ("𝓲𝓭𝓲𝓸𝓽", "idiot"),
        ("ⓘⓓⓘⓞⓣ", "idiot"),
        ("🅸🅳🅸🅾🆃", "idiot"),
        ("i\u200bd\u200di\u2060o\u00adt", "idiot"),
        ("i̷d̷i̷o̷t̷", "idiot"),
        ("idiooooooot", "idioot"),
        ("imbécil", "imbecil"),
        ("f*ck", "f*ck"),
        ("you're", "youre"),
        ("http://example.org/a?b=c", "_url_"),
        ("hola @usuario, qué tal?", "hola _user_ que tal ?"),
        ("he said “idiot”", 'he said " idiot "'),
    ],
)
def test_a_disguised_word_is_read_as_the_word(written: str, read: str) -> None:
    assert normalize(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("año", "año"),
        ("an\u0303o", "año"),
        ("ano", "ano"),
        ("clásico", "clasico"),
        ("classic", "classic"),
        ("Pantanal", "pantanal"),
        ("Scunthorpe", "scunthorpe"),
        ("1080p", "0p"),
        ("$19.99", "0"),
        ("3,50€", "0"),
        ("40.4168° N, 3.7038° W", "0 n 0 w"),
        ("covid19 mp3 PS5 4x4", "covid0 mp0 ps0 0x0"),
        ("1 2 3 4 5", "0 0 0 0 0"),
        ("el plan A o el B", "el plan a o el b"),
        ("U.S.A.", "usa"),
        ("4K 60fps", "0k 0fps"),
        ("good food", "good food"),
        ("perro, arroz", "perro arroz"),
    ],
)
def test_an_innocent_look_alike_stays_what_it_is(written: str, read: str) -> None:
    assert normalize(written) == read


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u200b\u200b", "\0"])
def test_nothing_to_read_gives_no_words(text: str) -> None:
    assert normalize(text) == ""


def test_places_lead_back_to_the_original() -> None:
    text = "¡Hola, ｔú! Eres un 1d10t\u200ba."
    tokens = tokenize(text)
    offsets = tokens.original_offsets(text)
    found = {
        word: text[offsets[start] : offsets[end]]
        for word, start, end in zip(tokens.words, tokens.starts, tokens.ends, strict=True)
    }
    assert found["tu"] == "ｔú"
    assert found["idiota"] == "1d10t\u200ba"


def test_sentence_ends_are_known() -> None:
    tokens = tokenize("Hola a todos. Qué tal?\nBien")
    assert [tokens.words[place] for place in tokens.breaks] == ["todos", "?"]
