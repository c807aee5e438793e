"""Where terms are found, and where not."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from string import ascii_lowercase
from threading import Barrier

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from modelops.serving import tokenize
from moderation import termlists
from moderation.errors_terms import TermExists, TermInvalid, TermRemoved
from moderation.models import MAX_TEXT_LENGTH, Term
from moderation.services import add_term, remove_term
from moderation.termlists import Lists
from tests.modelops.processes import site_environment
from tests.moderation.terms import found, term

WORD, VARIANTS = "word", "variants"


@pytest.mark.parametrize(
    ("pattern", "match", "text"),
    [
        # case and accents
        ("imbécil", WORD, "Eres un IMBECIL."),
        ("imbecil", WORD, "imbécil"),
        ("Tonto", WORD, "¡tonto!"),
        ("ñoño", WORD, "qué ÑOÑO eres"),
        ("ñoño", WORD, "n\u0303on\u0303o"),  # ñ as n and a tilde
        # borders of words
        ("tonto", WORD, "(tonto)"),
        ("tonto", WORD, "lista/tonto/otro"),
        ("tonto", WORD, "super-tonto"),
        ("tonto", WORD, "tonto"),
        ("tonto", WORD, "_tonto_"),
        ("tonto", WORD, "un tonto’s day"),
        ("1488", WORD, "lo del 1488, ya sabes"),
        # several words, whatever parts them
        ("hijo de tal", WORD, "hijo  de\ntal"),
        ("hijo de tal", WORD, "Hijo, de... tal"),
        ("spam.example", WORD, "ve a spam.example ya"),
        # emoji, with and without a colour of skin
        ("🖕", WORD, "toma 🖕🏽"),
        ("🖕", WORD, "tonto🖕🖕"),
        ("🐷 fuera", WORD, "🐷 fuera de aquí"),
        # right to left, with and without points
        ("כלב", WORD, "אתה כלב גדול"),
        ("כלב", WORD, "אתה כֶּלֶב"),
        ("كلب", WORD, "أنت كلب!"),
        # disguises
        ("idiota", VARIANTS, "1d10ta"),
        ("bobo", VARIANTS, "qué bob0 eres"),
        ("cerda", VARIANTS, "CERD4, vete"),
        ("asno", VARIANTS, "menudo 4sno"),
        ("gran asno", VARIANTS, "gr4n 4sno"),
        ("idiota", VARIANTS, "¡¡IDIØTA!!"),
        ("idiota", VARIANTS, "i d i o t a"),
        ("idiota", VARIANTS, "i.d.i.o.t.a"),
        ("idiota", VARIANTS, "i\u200bdi\u00adota"),
        ("idiota", VARIANTS, "idiоtа"),  # two letters are Cyrillic
        ("idiota", VARIANTS, "idiooooota"),
        ("idiota", VARIANTS, "iiiidiotaaaa"),
        ("perro", VARIANTS, "perrrrro"),
        ("idiota", VARIANTS, "ⓘⓓⓘⓞⓣⓐ"),
        ("i̷d̷i̷o̷t̷a̷", VARIANTS, "idiota"),
        ("c4br0n", VARIANTS, "cabrón"),
        ("hijo de tal", VARIANTS, "h1jo de t4l"),
        ("te mato", VARIANTS, "te, mato"),
        ("te mato", VARIANTS, "«te» mato"),
        ("te mato", VARIANTS, "te! mato"),
    ],
)
def test_a_term_is_found(pattern: str, match: str, text: str) -> None:
    assert found(text, term(pattern, match=match)) == [pattern]


@pytest.mark.parametrize(
    ("pattern", "match", "text"),
    [
        ("ano", WORD, "este año"),
        ("ano", VARIANTS, "este AÑO"),
        ("ano", WORD, "este an\u0303o"),
        ("tonto", WORD, "atontado"),
        ("tonto", WORD, "tontos"),
        ("tonto", VARIANTS, "tontos"),
        ("tonto", WORD, "t0nto"),
        ("tonto", WORD, "t o n t o"),
        ("tonto", WORD, "tonto1"),
        ("ass", VARIANTS, "classic, assassin"),
        ("ass", VARIANTS, "la A55 está cortada"),
        ("as", VARIANTS, "hojas A5, pilas 45"),
        ("ira", VARIANTS, "la 1ra vez"),
        ("smin", VARIANTS, "en 55555min"),
        ("pene", VARIANTS, "pen e"),
        ("1488", WORD, "14880"),
        ("hijo de tal", WORD, "hijo tal"),
        ("hijo de tal", WORD, "hijo de tales"),
        ("hijo de tal", VARIANTS, "hijo de"),
        ("pero", VARIANTS, "perro"),
        ("🖕", WORD, "👍"),
        ("كلب", WORD, "كلام"),
        ("idiota", WORD, ""),
        ("idiota", VARIANTS, " \n "),
    ],
)
def test_a_term_is_not_found(pattern: str, match: str, text: str) -> None:
    assert found(text, term(pattern, match=match)) == []


def test_all_places_are_found_and_each_is_where_it_is() -> None:
    text = "Tonto, más que tonto. T0nt0"
    tokens = tokenize(text)
    now = timezone.now()
    for match, places in ((WORD, [(0, 5), (15, 20)]), (VARIANTS, [(0, 5), (15, 20), (22, 27)])):
        hits = Lists([term("tonto", match=match)]).find(tokens, language="", now=now)
        assert [(hit.start, hit.end) for hit in hits] == places


def test_terms_that_begin_alike_are_all_found() -> None:
    lists = [term("te voy"), term("te voy a matar"), term("voy a"), term("te voy a dar")]
    assert found("te voy a matar", *lists) == ["te voy", "te voy a matar", "voy a"]


def test_a_term_counts_in_its_language() -> None:
    both = [term("casa", language="es"), term("house", language="en"), term("x9")]
    text = "casa house x9"
    assert found(text, *both, language="es") == ["casa", "x9"]
    assert found(text, *both, language="en") == ["house", "x9"]
    assert found(text, *both, language="und") == ["x9"]
    assert found(text, *both, language="") == ["casa", "house", "x9"]  # nobody is certain


def test_a_term_counts_until_it_expires() -> None:
    tried = term("tonto", expires_at=timezone.now() + timedelta(minutes=1))
    assert found("tonto", tried) == ["tonto"]
    tried.expires_at = timezone.now() - timedelta(seconds=1)
    assert found("tonto", tried) == []


@pytest.mark.parametrize(
    ("pattern", "match", "says"),
    [
        ("", WORD, "Type a word"),
        (" \n", VARIANTS, "Type a word"),
        ("?!", WORD, "nothing can be found"),
        ("…", VARIANTS, "nothing can be found"),
        ("🖕", VARIANTS, "Choose “whole word”"),
        ("a$$", WORD, "“$”"),
        ("c*ño", WORD, "“*”"),
        ("a$$", VARIANTS, "read as “a”"),
        ("1488", VARIANTS, "figures are read alike"),
        ("https://spam.example/x", VARIANTS, "figures are read alike"),
        ("@somebody", VARIANTS, "figures are read alike"),
        ("🇪🇸", WORD, "“es”"),
        ("a b c d e f g h i j k", WORD, "At most 10 words"),
        ("x" * 201, WORD, "At most 200"),
    ],
)
def test_what_could_find_nothing_or_anything_is_refused(
    pattern: str, match: str, says: str
) -> None:
    with translation.override("en"), pytest.raises(TermInvalid) as refused:
        term(pattern, match=match)
    assert refused.value.field == "pattern"
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 2001}, "reason"),
        ({"action": "delete"}, "action"),
        ({"match": "regex"}, "match"),
        ({"language": "fr"}, "language"),
        ({"category": "toxic"}, "category"),
        ({"action": "allow", "category": "insult"}, "category"),
        ({"expires_at": timezone.now()}, "expires_at"),
    ],
)
def test_other_fields_are_checked(db: None, fields: dict[str, object], field: str) -> None:
    wanted = {"pattern": "tonto", "action": "flag", "match": "word", "reason": "test"} | fields
    with pytest.raises(TermInvalid) as refused:
        add_term(**wanted, by=None)
    assert refused.value.field == field
    assert not Term.objects.exists()


def test_the_steps_stay_few_whatever_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking for a word is one look, and a phrase ends where no term goes on."""
    looks = 0

    class Counting(dict):
        def get(self, key: str, default: object = None) -> object:
            nonlocal looks
            looks += 1
            return super().get(key, default)

    terms = [term(f"{a}{b}{c}") for a in ascii_lowercase[:10] for b in "aeiou" for c in "xyzwv"]
    terms += [term(" ".join(["de"] * 9 + ["la"])), term("de la")]
    lists = Lists(terms)
    for match, root in lists._roots.items():
        if match == WORD:
            _count_looks(root, Counting)
    text = ("de " * MAX_TEXT_LENGTH)[:MAX_TEXT_LENGTH]
    lists.find(tokenize(text), language="", now=timezone.now())
    assert looks <= len(text.split()) * (termlists.MAX_WORDS + 1)


def _count_looks(node: termlists._Node, counting: type[dict]) -> None:
    for child in node.following.values():
        _count_looks(child, counting)
    node.following = counting(node.following)


# --- what is on the lists -------------------------------------------------------------------------


def added(pattern: str = "tonto", **fields: object) -> Term:
    wanted = {"pattern": pattern, "action": "flag", "match": "word", "reason": "test"}
    return add_term(**(wanted | fields))


@pytest.mark.django_db
def test_the_lists_are_read_when_they_changed_and_not_otherwise(moderator) -> None:
    assert not termlists.current()
    one = added(by=moderator)
    assert [t.pattern for t in termlists.current().terms] == ["tonto"]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        termlists.current()
    assert not len(queries)
    remove_term(term=one, by=moderator)
    assert not termlists.current()


@pytest.mark.django_db
def test_a_generation_that_stands_still_costs_one_small_query(moderator, monkeypatch) -> None:
    added(by=moderator)
    known = termlists.current()
    monkeypatch.setattr(termlists, "CHECK_EVERY", 0.0)
    with CaptureQueriesContext(connection) as queries:
        assert termlists.current() is known
    assert len(queries) == 1


@pytest.mark.django_db
def test_the_same_words_are_on_a_list_once(moderator) -> None:
    one = added(by=moderator)
    with pytest.raises(TermExists) as refused:
        added("TÓNTO", by=moderator, action="block")
    assert refused.value.term == one
    other = added(by=moderator, language="es")
    assert {one.pk, other.pk} == set(Term.objects.values_list("pk", flat=True))
    remove_term(term=one, by=moderator)
    added(by=moderator, action="block")
    with pytest.raises(TermRemoved):
        remove_term(term=one, by=moderator)
    one.refresh_from_db()
    assert one.removed_by == moderator


@pytest.mark.django_db
def test_what_has_expired_gives_way_to_the_same_words(moderator) -> None:
    one = added(by=moderator, expires_at=timezone.now() + timedelta(days=1))
    Term.objects.filter(pk=one.pk).update(expires_at=timezone.now() - timedelta(days=1))
    two = added(by=moderator)
    one.refresh_from_db()
    assert one.removed_at is not None
    assert [t.pk for t in termlists.current().terms] == [two.pk]


WATCHING = """
import sys, time
import django
django.setup()
from moderation import termlists
print([term.pattern for term in termlists.current().terms], flush=True)
sys.stdin.readline()
time.sleep(1)
print([term.pattern for term in termlists.current().terms], "sklearn" in sys.modules, flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_another_process_counts_a_term_within_a_second(tmp_path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WATCHING],
        env=site_environment(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "[]\n"
        added(by=None)
        told, _errors = process.communicate("saved\n", timeout=60)
    assert told == "['tonto'] False\n"


@pytest.mark.django_db(transaction=True)
def test_the_same_words_at_once_are_added_once() -> None:
    together = Barrier(2)

    def add() -> str:
        together.wait()
        try:
            return str(added(by=None).pk)
        except TermExists:
            return "exists"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        told = [one.result() for one in [pool.submit(add), pool.submit(add)]]
    assert told.count("exists") == 1
    assert Term.objects.count() == 1
