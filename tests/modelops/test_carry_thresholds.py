"""Thresholds of another service: files, report, command, page, and making them the site's."""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation

from modelops.csv_files import UnreadableFile
from modelops.errors import NoLiveVersion, OperationFailed
from modelops.models import Dataset, Door, ModelVersion, Operation, ThresholdChange
from modelops.services.carry_thresholds import CarryReport, carry_thresholds
from modelops.services.set_thresholds import set_thresholds

PAGE = "/modelo/thresholds/carry/"
# by the small model, from the highest score to the lowest
TEXTS = ("Eres idiota y tonto", "Eres un idiota", "Qué tal", "Muchas gracias", "Gracias, bonito")
OLD = (0.95, 0.85, 0.6, 0.2, 0.1)
CSV = "text,TOXICITY,language\n" + "".join(
    f'"{text}",{score},es\n' for text, score in zip(TEXTS, OLD, strict=True)
)
Compare = Callable[..., CarryReport]


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    """Compare a file with this content, in English."""

    def make(content: str | bytes = CSV, name: str = "old.csv", **options: Any) -> CarryReport:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        with translation.override("en"):
            return carry_thresholds(
                source=path, **{"thresholds": {"TOXICITY": 0.8}, "language": "es"} | options
            )

    return make


def test_the_threshold_here_flags_as_many(live: ModelVersion, compare: Compare) -> None:
    report = compare()
    assert (report.rows_read, report.rejected, report.model_version) == (5, 0, "1.0.0")
    (one,) = report.comparisons
    assert (one.attribute, one.head, one.language, one.texts) == ("TOXICITY", "toxic", "es", 5)
    assert one.carried is not None
    assert one.carried.correlation == pytest.approx(1)
    assert (one.carried.flagged, one.carried.found.flagged) == (2, 2)
    assert one.carried.found.same == 1
    assert one.carried.in_force.threshold == 0.4
    assert one.rough
    found = one.carried.found.threshold
    assert report.proposed == {"es": {"review": found, "block": 0.9}}
    with_block = compare(block=0.9)
    assert with_block.comparisons[0].blocking.flagged == 1
    assert with_block.proposed["es"]["block"] > 0.9
    assert not ThresholdChange.objects.exists()
    assert not Dataset.objects.exists()


def perspective(text: str, score: float, **more: Any) -> str:
    said = {"TOXICITY": {"summaryScore": {"value": score, "type": "PROBABILITY"}}}
    return json.dumps({"text": text, "attributeScores": said, "languages": ["es"]} | more)


ANSWERS = "\n".join(map(perspective, TEXTS, OLD))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("old.csv", CSV.replace("TOXICITY", "toxic")),
        ("old.csv", CSV.replace("TOXICITY", "Toxicity_Experimental")),
        ("old.tsv", CSV.replace(",", "\t").replace("Gracias\t bonito", "Gracias, bonito")),
        ("old.csv", "\ufeff" + CSV.replace("\n", "\r\n")),
        ("old.csv.gz", gzip.compress(CSV.encode(), mtime=0)),
        ("old.jsonl", ANSWERS),
        ("old.jsonl", ANSWERS.replace('"text":', '"comment": {"text":').replace(
            ', "attributeScores"', '}, "attributeScores"'
        )),
        ("old.jsonl", re.sub(r'"attributeScores.*?"languages"', '"toxic": 0.9, "languages"',
                             ANSWERS)),
    ],
)  # fmt: skip
def test_files_as_sites_have_them(
    live: ModelVersion, compare: Compare, name: str, content: str | bytes
) -> None:
    report = compare(content, name)
    assert (report.rows_read, report.rejected) == (5, 0)
    assert [one.texts for one in report.comparisons] == [5]


def test_other_columns_languages_and_decimal_commas(live: ModelVersion, compare: Compare) -> None:
    content = (
        "Comentario;TOXICITY;INSULT;lang\nEres un idiota;0,9;0,8;es-419\nQué tal;0,1;;es\n"
        "Das ist gut;0,1;0,1;de\nYou are stupid;0,9;;en\nThank you;0,1;;en\n"
    )
    report = compare(content, text_column="comentario", thresholds={"TOXICITY": 0.8})
    assert report.other_languages == 1
    assert [(one.attribute, one.language, one.texts) for one in report.comparisons] == [
        ("TOXICITY", "es", 2),
        ("TOXICITY", "en", 2),
        ("INSULT", "es", 1),
    ]
    assert report.comparisons[2].carried is None  # the small model has `toxic` only
    assert report.proposed.keys() == {"es", "en"}


def test_wrong_rows_are_told_and_left_out(live: ModelVersion, compare: Compare) -> None:
    report = compare(CSV + "Hola,1.5,es\n,0.5,es\nHola,,es\nHola,mucho,es\nHola\nHola,nan,es\n")
    assert (report.rows_read, report.rejected) == (11, 6)
    assert [(error.line, error.field) for error in report.errors] == [
        *((7, "TOXICITY"), (8, "text"), (9, "TOXICITY")),
        *((10, "TOXICITY"), (11, "text"), (12, "TOXICITY")),
    ]
    assert "from 0 to 1 is expected, not “1.5”" in str(report.errors[0])
    report = compare(f'{ANSWERS}\n[1]\n{{"text": 3, "toxic": 1}}\n{perspective("Hola", 7)}')
    assert [error.line for error in report.errors] == [6, 7, 8]


@pytest.mark.parametrize(
    ("content", "options", "told"),
    [
        ("", {}, "Missing columns: text"),
        ("comment,TOXICITY\nHola,0.1\n", {}, "Missing columns: text. The first line has: comment"),
        ("text,score\nHola,0.1\n", {}, "No column holds scores"),
        ("text,TOXICITY,toxic\nHola,0.1,0.2\n", {}, "TOXICITY and toxic hold the same attribute"),
        ("text,TOXICITY\nHola,2\n", {}, "no row that can be used.\nline 2"),
        ("text,TOXICITY\n", {}, "no row that can be used"),
        (CSV.encode("utf-16"), {}, "Line 1 is not UTF-8"),
        ("text,TOXICITY\nQué,0.1\n".encode("latin-1"), {}, "Line 2 is not UTF-8"),
        ('[{"text": "Hola"}]', {}, "one object in each line"),
        (CSV, {"limit": 4}, "more than 4 rows"),
        (CSV, {"thresholds": {"INSULT": 0.5}}, "threshold for INSULT, but the file has no scores"),
        (CSV, {"thresholds": {"TOXICITY": 80}}, "above 0 and at most 1"),
        (CSV, {"block": 0.5}, "below review"),
        (CSV, {"thresholds": {}, "block": 0.5}, "needs one of TOXICITY"),
    ],
)
def test_what_cannot_be_used_is_told(
    live: ModelVersion, compare: Compare, content: str | bytes, options: dict, told: str
) -> None:
    with pytest.raises(OperationFailed, match=re.escape(told)):
        compare(content, **options)


def test_without_a_model_or_a_file(db: None, compare: Compare, tmp_path: Path) -> None:
    with pytest.raises(NoLiveVersion):
        compare()


def test_a_file_that_is_not_there(live: ModelVersion, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        carry_thresholds(source=tmp_path / "nothing.csv", thresholds={"TOXICITY": 0.5})


# --- the command -----------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "perspective.csv"
    path.write_text(CSV)
    return str(path)


def run(*arguments: str) -> str:
    out = io.StringIO()
    with translation.override("en"):
        call_command("carry_thresholds", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_reports_and_changes_nothing(live: ModelVersion, file: str) -> None:
    told = run(file, "--threshold", "TOXICITY=0.8", "--block", "0.9")
    assert "TOXICITY (toxic), es" in told
    assert "5 texts, rank correlation 1" in told
    assert "review: from 0.8 the old service flagged 2 (40.0 %)" in told
    assert "same verdict 100.0 %, kappa 1" in told
    assert told.splitlines()[-1].startswith("Nothing was changed. With --apply")
    assert not ThresholdChange.objects.exists()
    assert not any(text in told for text in TEXTS)


def test_the_command_sets_what_it_found_and_leaves_the_rest(live: ModelVersion, file: str) -> None:
    english = {"en": {"review": 0.3, "block": 0.8}}
    set_thresholds(thresholds=english, base_rate=0.2, by=None, reason="", door=Door.PYTHON)
    told = run(file, "--threshold", "toxicity=0.8", "--apply", "--reason", "We move", "--json")
    answer = json.loads(told)
    assert answer["applied"]
    assert answer["comparisons"][0]["carried"]["found"]["flagged"] == 2
    assert answer["preview"] == {"checked": 0, "changed": 0, "by_change": {}}
    change = ThresholdChange.current()
    assert change is not None
    assert change.thresholds == english | answer["proposed"]
    assert (change.base_rate, change.reason, change.door) == (0.2, "We move", Door.COMMAND)
    assert Operation.objects.first().kind == Operation.Kind.THRESHOLDS


@pytest.mark.parametrize(
    "arguments",
    [
        ("--threshold", "FLIRTATION=0.5"),
        ("--threshold", "TOXICITY=high"),
        ("--threshold", "TOXICITY"),
        ("--apply",),
        ("--reason", "because", "--threshold", "TOXICITY=0.5"),
        ("--threshold", "TOXICITY=0.99", "--apply"),
        ("--threshold", "THREAT=0.5"),
    ],
)
def test_what_the_command_refuses(
    live: ModelVersion, file: str, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(CommandError):
        run(file, *arguments)
    assert not ThresholdChange.objects.exists()


# --- the page --------------------------------------------------------------------------------


def send(client: Client, content: str = CSV, **fields: str) -> tuple[int, str]:
    upload = SimpleUploadedFile("perspective.csv", content.encode())
    answer = client.post(PAGE, {"file": upload, "TOXICITY": "0.8"} | fields)
    return answer.status_code, re.sub(r"\s+", " ", answer.content.decode())


def hidden(page: str) -> dict[str, str]:
    form = page.partition('action="/modelo/thresholds/"')[2].partition("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))


def test_the_page_leads_to_the_preview_and_saves(
    live: ModelVersion, admin: Client, operator: User
) -> None:
    assert PAGE in admin.get("/modelo/").content.decode()
    assert admin.get(PAGE).status_code == 200
    status, page = send(admin, block="0.9")
    assert status == 200
    assert "TOXICITY · Spanish" in page
    assert "rank correlation 1" in page
    assert not any(text in page for text in TEXTS)
    fields = {name: value for name, value in hidden(page).items() if name != "csrfmiddlewaretoken"}
    assert fields.keys() == {"review_es", "block_es", "base_rate", "reason"}
    shown = admin.post("/modelo/thresholds/", fields | {"preview": "1"}).content.decode()
    assert 'name="save"' in shown
    assert not ThresholdChange.objects.exists()
    admin.post("/modelo/thresholds/", fields | {"save": "1"})
    change = ThresholdChange.objects.get()
    assert (change.by, change.door) == (operator, Door.PAGE)
    assert change.reason == "Carried over from another service"
    assert change.thresholds["es"]["review"] == pytest.approx(float(fields["review_es"]) / 100)


def test_the_page_reads_and_writes_numbers_in_its_language(
    live: ModelVersion, operator: User
) -> None:
    client = Client(headers={"accept-language": "es"})
    client.force_login(operator)
    status, page = send(client, TOXICITY="0,8")
    assert status == 200
    fields = hidden(page)
    client.post("/modelo/thresholds/", fields | {"save": "1"})
    assert 0 < ThresholdChange.objects.get().thresholds["es"]["review"] < 1


def test_only_operators_carry_thresholds_over(live: ModelVersion, stranger: Client) -> None:
    assert stranger.get(PAGE).status_code == 403
    assert send(stranger)[0] == 403
    assert Client().get(PAGE)["Location"].startswith("/login/")


@pytest.mark.parametrize(
    ("content", "fields", "told"),
    [
        (CSV, {"TOXICITY": ""}, "old threshold of one attribute at least"),
        (CSV, {"TOXICITY": "80"}, "less than or equal to 1"),
        (CSV, {"block": "0.5"}, "Blocking cannot begin below review"),
        ("text;x\nHola;1\n", {}, "No column holds scores"),
        ("", {}, "empty"),
    ],
)
def test_what_the_page_refuses(
    live: ModelVersion, admin: Client, content: str, fields: dict[str, str], told: str
) -> None:
    status, page = send(admin, content, **fields)
    assert status == 422
    assert told in page


def test_without_a_live_model_the_page_says_so(db: None, admin: Client) -> None:
    status, page = send(admin)
    assert status == 422
    assert "bootstrap" in page
