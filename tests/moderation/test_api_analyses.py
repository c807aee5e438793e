"""The endpoints of the history: list, one, label, erase, figures, export."""

from __future__ import annotations

import csv
import io
from base64 import urlsafe_b64encode
from datetime import timedelta

import pytest
from django.utils import timezone

from modelops import sources
from moderation.models import Analysis, AnalysisLabel
from moderation.services import AnalysisInput
from tests.moderation.conftest import KIND, TOXIC

PATHS = {
    "list": ("get", "/api/analyses"),
    "stats": ("get", "/api/analyses/stats"),
    "export": ("get", "/api/analyses/export"),
    "detail": ("get", "/api/analyses/{pk}"),
    "label": ("post", "/api/analyses/{pk}/label"),
    "erase": ("delete", "/api/analyses/{pk}"),
}
# What each role gets on an analysis that is its own, and on somebody else's.
ROLES = [
    ("list", [401, 403, 200, 200, 200, 403], None),
    ("stats", [401, 403, 200, 200, 200, 403], None),
    ("export", [401, 403, 403, 403, 200, 403], None),
    ("detail", [401, 403, 200, 200, 200, 403], [401, 403, 404, 200, 200, 403]),
    ("label", [401, 403, 403, 201, 201, 403], [401, 403, 403, 201, 201, 403]),
    ("erase", [401, 403, 403, 403, 204, 403], [401, 403, 403, 403, 204, 403]),
]


@pytest.mark.parametrize(("door", "own", "others"), ROLES)
def test_every_role_at_every_door(door, own, others, api_as, make_user, analyses):
    groups = [None, [], ["Integrations"], ["Moderators"], ["Leads"], ["Operators"]]
    method, path = PATHS[door]
    for number, names in enumerate(groups):
        user = None if names is None else make_user(f"user{number}", *names)
        for expected, owner in ((own, user), (others, make_user(f"other{number}"))):
            if expected is None:
                continue
            (analysis,) = analyses(TOXIC, by=owner)
            data = {"toxic": True} if method == "post" else None
            response = getattr(api_as(user), method)(path.format(pk=analysis.pk), data)
            assert response.status_code == expected[number], (names, owner)
            if response.status_code >= 400:
                assert response["Content-Type"] == "application/problem+json"


def test_an_integration_sees_its_own(api_as, integration, moderator, analyses):
    (mine,) = analyses(TOXIC, by=integration)
    analyses(KIND, by=moderator)
    listed = api_as(integration).get("/api/analyses").json()["results"]
    assert [row["id"] for row in listed] == [mine.pk]
    assert len(api_as(moderator).get("/api/analyses").json()["results"]) == 2
    assert api_as(integration).get("/api/analyses/stats").json()["total_analyses"] == 1


def test_one_analysis(api_as, moderator, integration, analyses):
    item = AnalysisInput(text=TOXIC, external_id="c-1", author="ana", source="forum")
    (analysis,) = analyses(item, by=integration)
    client = api_as(moderator)
    client.post(f"/api/analyses/{analysis.pk}/label", {"toxic": True, "category": "insult"})
    answer = client.get(f"/api/analyses/{analysis.pk}").json()
    assert answer["text"] == TOXIC
    assert answer["owner"] == "integration"
    assert answer["external_id"] == "c-1"
    assert answer["spans"]
    assert answer["explanation"]["logit"] > 0
    assert answer["label"]["toxic"] is True
    assert answer["label"]["category"] == "insult"
    assert answer["label"]["by"] == "moderator"


def test_list_takes_few_queries(api_as, moderator, analyses, django_assert_max_num_queries):
    for analysis in analyses(*[f"texto {n}" for n in range(60)], by=moderator):
        AnalysisLabel.objects.create(analysis=analysis, toxic=False, by=moderator)
    client = api_as(moderator)
    with django_assert_max_num_queries(8):
        assert len(client.get("/api/analyses").json()["results"]) == 50


def test_pages_show_each_analysis_once(api_as, moderator, analyses):
    everything = [a.pk for a in analyses(*[f"texto {n}" for n in range(7)], by=moderator)]
    client = api_as(moderator)
    seen, address, addresses = [], "/api/analyses?page_size=3", []
    while address:
        page = client.get(address).json()
        addresses.append((page["previous"], [row["id"] for row in page["results"]]))
        seen += [row["id"] for row in page["results"]]
        if len(seen) == 3:
            analyses("llega entre dos páginas", by=moderator)
        address = page["next"]
    assert seen == sorted(everything, reverse=True)
    assert addresses[0][0] is None
    back = client.get(addresses[2][0]).json()
    assert [row["id"] for row in back["results"]] == addresses[1][1]


def _cursor(moment: str) -> str:
    return urlsafe_b64encode(f"n|{moment}|1".encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page_size=0", "page_size"),
        ("page_size=501", "page_size"),
        ("page_size=x", "page_size"),
        ("cursor=x", "cursor"),
        ("cursor=ñ", "cursor"),
        ("cursor=bnwyMDI2fDE", "cursor"),
        ("search=ab", "search"),
        ("search=%00abc", "search"),
        ("toxic=maybe", "toxic"),
        ("decision=delete", "decision"),
        ("language=fr", "language"),
        ("category=toxic", "category"),
        ("labelled=1", "labelled"),
        ("score_min=2", "score_min"),
        ("score_max=nan", "score_max"),
        ("created_after=yesterday", "created_after"),
        ("created_before=9999-12-31", "created_before"),
        ("created_before=0001-01-01T00:00:00%2B14:00", "created_before"),
        ("created_after=9999-12-31T23:59:59-12:00", "created_after"),
        (f"cursor={_cursor('9999-12-31T23:59:59-12:00')}", "cursor"),
        (f"cursor={_cursor('0001-01-01T00:00:00+14:00')}", "cursor"),
    ],
)
def test_bad_filters(api_as, moderator, query, field):
    client = api_as(moderator)
    response = client.get(f"/api/analyses?{query}")
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]
    if field not in ("page_size", "cursor"):
        assert client.get(f"/api/analyses/stats?{query}").status_code == 400


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("toxic=maybe", "true, false"),
        ("decision=delete", "allow, review, block"),
        ("language=fr", "es, en, und"),
        ("category=x", "severe_toxic, obscene, threat, insult, identity_hate, spam, other"),
    ],
)
def test_filters_name_what_may_be_chosen(api_as, moderator, query, codes):
    (error,) = api_as(moderator).get(f"/api/analyses?{query}").json()["errors"]
    assert error["message"] == f"One of these is expected: {codes}."


@pytest.mark.parametrize("path", ["/api/analyses", "/api/analyses/stats", "/api/analyses/export"])
def test_a_misspelt_filter_does_not_choose_everything(api_as, lead, path):
    client = api_as(lead)
    response = client.get(f"{path}?toxic=true&langauge=es")
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["field"] == "langauge"
    assert "language" in error["message"]
    pages = client.get(f"{path}?page_size=1")
    assert pages.status_code == (200 if path == "/api/analyses" else 400)


def test_filters(api_as, moderator, integration, analyses):
    toxic, kind = analyses(
        AnalysisInput(text=TOXIC, language="es", author="ana", source="forum", external_id="c-1"),
        AnalysisInput(text="Thank you so much", language="en"),
        by=integration,
    )
    AnalysisLabel.objects.create(analysis=kind, toxic=False, by=moderator)
    old = timezone.now() - timedelta(days=10)
    Analysis.objects.filter(pk=kind.pk).update(created_at=old)
    client = api_as(moderator)
    day = old.date().isoformat()
    for query, expected in [
        ("toxic=true", [toxic]),
        ("toxic=false", [kind]),
        (f"decision={toxic.decision}", [toxic]),
        ("language=en", [kind]),
        ("author=ana", [toxic]),
        ("source=forum", [toxic]),
        ("external_id=c-1", [toxic]),
        ("labelled=true", [kind]),
        ("labelled=false", [toxic]),
        ("score_min=0.5", [toxic]),
        ("score_max=0.5", [kind]),
        (f"created_before={day}", [kind]),  # a day counts to its end
        (f"created_after={timezone.now().date().isoformat()}", [toxic]),
        ("model_version=9.9.9", []),
        ("search=THANK", [kind]),
        ("search=thank&toxic=true", []),
    ]:
        found = client.get(f"/api/analyses?{query}").json()["results"]
        assert [row["id"] for row in found] == [a.pk for a in expected], query


# --- labels --------------------------------------------------------------------------------------


def test_labels_are_added_and_the_newest_counts(api_as, moderator, analyses):
    (analysis,) = analyses(TOXIC)
    client = api_as(moderator)
    path = f"/api/analyses/{analysis.pk}/label"
    assert client.post(path, {"toxic": False}).status_code == 201
    answer = client.post(path, {"toxic": True, "category": "threat"})
    assert answer.status_code == 201
    assert answer.json()["category"] == "threat"
    assert AnalysisLabel.objects.count() == 2
    (label,) = [text for text in sources.labelled_texts() if text.source == "history"]
    assert (label.text, label.toxic, label.category) == (TOXIC, True, "threat")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "toxic"),
        ({"toxic": "true"}, "toxic"),
        ({"toxic": 1}, "toxic"),
        ({"toxic": None}, "toxic"),
        ({"toxic": True, "category": "toxic"}, "category"),
        ({"toxic": True, "category": 5}, "category"),
        ({"toxic": False, "category": "insult"}, "category"),
        ([], "body"),
    ],
)
def test_bad_label(api_as, moderator, analyses, data, field):
    (analysis,) = analyses(TOXIC)
    response = api_as(moderator).post(f"/api/analyses/{analysis.pk}/label", data)
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == field
    assert AnalysisLabel.objects.count() == 0


def test_a_revision_starts_without_a_label(api_as, moderator, analyses):
    (first,) = analyses(AnalysisInput(text="uno", external_id="c-1"), by=moderator)
    client = api_as(moderator)
    client.post(f"/api/analyses/{first.pk}/label", {"toxic": True})
    (second,) = analyses(AnalysisInput(text="dos", external_id="c-1"), by=moderator)
    answer = client.get(f"/api/analyses/{second.pk}").json()
    assert answer["revision_of"] == first.pk
    assert answer["label"] is None


# --- erasing -------------------------------------------------------------------------------------


def test_erased_is_gone_everywhere_and_keeps_its_figures(api_as, lead, analyses):
    item = AnalysisInput(
        text="SECRET0 1d10t4",
        author="SECRETO",
        context="SECRETO",
        url="https://secreto.example/",
        external_id="SECRETO",
    )
    (analysis,) = analyses(item, by=lead)
    client = api_as(lead)
    client.post(f"/api/analyses/{analysis.pk}/label", {"toxic": True})
    path = f"/api/analyses/{analysis.pk}"
    assert client.delete(path).status_code == 204
    for method, address in [("get", path), ("delete", path), ("post", f"{path}/label")]:
        response = getattr(client, method)(address, {"toxic": True} if method == "post" else None)
        assert response.status_code == 404
    assert client.get("/api/analyses").json()["results"] == []
    assert client.get("/api/analyses?search=secreto").json()["results"] == []
    assert b"SECRETO" not in b"".join(client.get("/api/analyses/export"))
    assert [t for t in sources.labelled_texts() if t.source == "history"] == []
    row = Analysis.objects.filter(pk=analysis.pk).values().get()
    assert "secreto" not in str(row).lower()
    assert row["score"] == analysis.score
    assert row["decision"] == analysis.decision
    assert AnalysisLabel.objects.filter(analysis=analysis.pk).count() == 1


def test_the_id_of_an_erased_analysis_is_free(api_as, lead, analyses):
    (first,) = analyses(AnalysisInput(text=TOXIC, external_id="c-1"), by=lead)
    api_as(lead).delete(f"/api/analyses/{first.pk}")
    (second,) = analyses(AnalysisInput(text=TOXIC, external_id="c-1"), by=lead)
    assert second.pk != first.pk
    assert second.revision_of is None


# --- figures and export --------------------------------------------------------------------------


def test_stats(api_as, moderator, analyses):
    rows = analyses("uno", "dos", "tres", "cuatro")
    for row, score, days in zip(rows, (0.0, 0.2, 0.999, 1.0), (0, 0, 0, 2), strict=True):
        Analysis.objects.filter(pk=row.pk).update(
            score=score,
            toxic=score > 0.5,
            category="insult" if score > 0.5 else "",
            created_at=timezone.now() - timedelta(days=days),
        )
    client = api_as(moderator)
    assert client.get("/api/analyses/stats").json() == {
        "total_analyses": 4,
        "toxic_analyses": 2,
        "safe_analyses": 2,
        "toxicity_rate": 50.0,
        "average_toxicity": 55.0,
        "categories": {"insult": 2},
        "recent_analyses": 3,
        "bands": [
            {"from": 0, "to": 20, "count": 1},
            {"from": 20, "to": 40, "count": 1},
            {"from": 40, "to": 60, "count": 0},
            {"from": 60, "to": 80, "count": 0},
            {"from": 80, "to": 100, "count": 2},
        ],
    }
    assert client.get("/api/analyses/stats?toxic=false").json()["total_analyses"] == 2


def test_stats_of_nothing(api_as, moderator):
    answer = api_as(moderator).get("/api/analyses/stats").json()
    assert (answer["total_analyses"], answer["toxicity_rate"]) == (0, 0.0)
    assert (answer["average_toxicity"], answer["categories"]) == (0.0, {})


def _export(client, query=""):
    response = client.get(f"/api/analyses/export{query}")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    content = b"".join(response).decode("utf-8")
    return list(csv.DictReader(io.StringIO(content, newline="")))


def test_export(api_as, lead, analyses):
    odd = 'ñandú "entre comillas", 😀\nsegunda línea'
    kind, toxic = analyses(odd, AnalysisInput(text=TOXIC, author="ana"), by=lead)
    client = api_as(lead)
    client.post(f"/api/analyses/{toxic.pk}/label", {"toxic": True, "category": "insult"})
    first, second = _export(client)
    assert (first["id"], second["id"]) == (str(toxic.pk), str(kind.pk))
    assert second["text"] == odd
    assert float(first["score"]) == toxic.score
    assert (first["author"], first["owner"]) == ("ana", "lead")
    assert (first["label_toxic"], first["label_category"], first["label_by"]) == (
        "1",
        "insult",
        "lead",
    )
    assert second["label_toxic"] == ""
    assert len(_export(client, "?toxic=true")) == 1


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =cmd|' /C calc'!A0", "＝1+1"]
)
def test_export_is_safe_in_a_spreadsheet(api_as, lead, analyses, text):
    analyses(AnalysisInput(text=f"{text} hola", author=text))
    (row,) = _export(api_as(lead))
    assert row["text"] == f"'{text} hola"
    assert row["author"] == f"'{text}"


def test_huge_ids_are_not_found(api_as, lead):
    assert api_as(lead).get(f"/api/analyses/{10**30}").status_code == 404
