"""Files of labelled texts: forms, counts, errors by line."""

from __future__ import annotations

import gzip
import io
import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from modelops import sources
from modelops import store as files
from modelops.csv_files import UnreadableFile
from modelops.models import Dataset
from modelops.services.import_dataset import (
    DatasetTaken,
    ImportReport,
    InvalidRows,
    import_dataset,
)

Import = Callable[..., ImportReport]
GOOD = "text,toxic,lang\nEres un idiota,1,es\nMuchas gracias,0,es\nThank you,0,en\n"


@pytest.fixture
def load(db: None, tmp_path: Path) -> Import:
    """Import a file with this content."""

    def make(content: str | bytes, name: str = "texts.csv", **options: object) -> ImportReport:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        with translation.override("en"):
            return import_dataset(path=path, **{"name": "test", "by": None, **options})

    return make


def texts() -> list[tuple[str, bool, str | None, str | None]]:
    return [
        (label.text, label.toxic, label.category, label.language)
        for label in sources.labelled_texts()
    ]


def nothing_was_kept(store: Path) -> bool:
    return not Dataset.objects.exists() and not list(store.glob("datasets/*"))


def test_rows_are_counted_kept_and_offered_for_training(load: Import, store: Path) -> None:
    report = load(GOOD, licence="CC0", source="a forum")
    assert (report.rows_read, report.toxic, report.not_toxic, report.rejected) == (3, 1, 2, 0)
    dataset = Dataset.objects.get()
    assert (dataset.name, dataset.rows, dataset.toxic_rows) == ("test", 3, 1)
    assert (dataset.licence, dataset.source) == ("CC0", "a forum")
    assert dataset.language_counts == {"es": 2, "en": 1}
    path = files.dataset_file(dataset.digest)
    assert path == store / "datasets" / f"{dataset.digest[:12]}.csv.gz"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert texts() == [
        ("Eres un idiota", True, None, "es"),
        ("Muchas gracias", False, None, "es"),
        ("Thank you", False, None, "en"),
    ]
    assert sources.count_labels() == 3


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("texts.csv.gz", gzip.compress(GOOD.encode(), mtime=0)),
        ("texts.tsv", GOOD.replace(",", "\t")),
        ("texts.csv", GOOD.replace(",", ";")),
        ("texts.csv", "\ufeff" + GOOD),
        ("texts.csv", GOOD.replace("\n", "\r\n")),
        ("texts.csv", GOOD.replace("text,toxic", "Text,Toxic")),
        ("texts.csv", GOOD + "\n\n"),
    ],
)
def test_the_same_rows_in_another_form_are_the_same_dataset(
    load: Import, name: str, content: str | bytes
) -> None:
    load(GOOD)
    report = load(content, name=name)
    assert not report.created
    assert Dataset.objects.count() == 1


def test_jigsaw(load: Import) -> None:
    load(
        "id,comment_text,toxic,severe_toxic,obscene,threat,insult,identity_hate\n"
        '1,"you\nfool",1,0,0,0,1,0\n2,thanks,0,0,0,0,0,0\n'
    )
    assert texts() == [("you\nfool", True, "insult", "en"), ("thanks", False, None, "en")]


def test_youtoxic(load: Import) -> None:
    load(
        "CommentId,VideoId,Text,IsToxic,IsAbusive,IsThreat,IsObscene,IsHatespeech\n"
        "a,b,go away or else,TRUE,FALSE,True,False,False\na,b,nice video,FALSE,FALSE,0,0,0\n"
    )
    assert texts() == [("go away or else", True, "threat", "en"), ("nice video", False, None, "en")]


def test_columns_and_language_can_be_named(load: Import) -> None:
    load(
        "mensaje,ofensivo\nhola,0\n",
        text_column="mensaje",
        label_column="Ofensivo",
        language="es",
    )
    assert texts() == [("hola", False, None, "es")]


def test_repeated_and_contradictory_texts_are_counted(load: Import) -> None:
    report = load("text,toxic\na,1\na,1\nb,0\nb,1\nc,0\n")
    assert (report.rows_read, report.duplicates, report.conflicts) == (5, 2, 1)


def test_holdouts_are_not_for_learning(load: Import) -> None:
    load(GOOD, split="holdout")
    assert texts() == []
    assert sources.count_labels() == 0


def test_a_dry_run_keeps_nothing(load: Import, store: Path) -> None:
    report = load(GOOD, dry_run=True)
    assert (report.rows_read, report.dataset) == (3, None)
    assert nothing_was_kept(store)


def test_the_same_rows_cannot_be_training_and_holdout(load: Import) -> None:
    load(GOOD)
    with pytest.raises(DatasetTaken, match="“test”"):
        load(GOOD, split="holdout")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",1,es", "line 3, column “text”: the text is empty"),
        ("  ,1,es", "line 3, column “text”: the text is empty"),
        ("hola,,es", "line 3, column “toxic”: the label is empty; 0 or 1 is expected"),
        ("hola,2,es", "line 3, column “toxic”: the label is “2”; 0 or 1 is expected"),
        ("hola,sí,es", "line 3, column “toxic”: the label is “sí”; 0 or 1 is expected"),
        ("hola,1,fr", "line 3, column “lang”: “fr” is not one of: es, en"),
        ("hola, amigo,1,es", "line 3, column “text”: 4 cells, but the first line has 3"),
        ("hola", "line 3, column “text”: 1 cells, but the first line has 3"),
        ("a\0b,1,es", "line 3, column “text”: the text contains a NUL character"),
        ("x" * 1_000_000 + ",1,es", "the text has 1000000 characters; at most 10000 are allowed"),
    ],
)
def test_a_wrong_row_is_told_with_line_and_column(
    load: Import, store: Path, row: str, message: str
) -> None:
    with pytest.raises(InvalidRows) as raised:
        load(f"text,toxic,lang\nbien,0,es\n{row}\nbien también,0,es\n")
    assert message in str(raised.value)
    assert raised.value.report.rejected == 1
    assert nothing_was_kept(store)


def test_a_line_number_counts_line_breaks_in_cells(load: Import) -> None:
    with pytest.raises(InvalidRows, match="line 4,"):
        load('text,toxic\n"two\nlines",0\nhola,7\n')


def test_good_rows_can_be_taken_alone(load: Import) -> None:
    report = load("text,toxic\nhola,0\nhola,7\n", skip_invalid=True)
    assert (report.rows_read, report.accepted, report.rejected) == (2, 1, 1)
    assert Dataset.objects.get().rows == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("texto,toxic\nhola,0\n", "Missing columns: text. The first line has: texto, toxic"),
        ("", "Missing columns: text, toxic. The first line has: —"),
        ("text,toxic\n", "There are no labelled texts"),
        ("text,toxic\nhola,0\ncaf\xe9,1\n".encode("latin-1"), "Line 3 is not UTF-8 (byte 0xe9)"),
        (GOOD.encode("utf-16"), "Line 1 is not UTF-8"),
        ('text,toxic\nhola,0\n"never closed,1\nx,0\n', "Line 3 is not CSV"),
        ("text,toxic\n" + "x" * 5_000_000 + ",1\n", "Line 2 is not CSV"),
        (gzip.compress(GOOD.encode(), mtime=0)[:-20], "its gzip data breaks off"),
    ],
)
def test_an_unreadable_file_is_one_clear_sentence(
    load: Import, store: Path, content: str | bytes, message: str
) -> None:
    with pytest.raises(UnreadableFile) as raised:
        load(content)
    assert message in str(raised.value)
    assert nothing_was_kept(store)


# --- the command ---


def test_command_prints_counts_and_a_summary(db: None, tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_text(GOOD)
    out = io.StringIO()
    call_command("import_dataset", path, name="foro", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("Filas leídas: 3; tóxicas: 1; no tóxicas: 2; rechazadas: 0;")
    assert lines[-1] == "Conjunto de datos «foro» importado: 3 filas."


def test_command_prints_one_json_object(db: None, tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_text(GOOD)
    out = io.StringIO()
    call_command("import_dataset", path, name="foro", dry_run=True, json=True, stdout=out)
    answer = json.loads(out.getvalue())
    assert (answer["rows_read"], answer["toxic"], answer["dataset"]) == (3, 1, None)


@pytest.mark.parametrize("content", [None, "text,toxic\nhola,5\n"])
def test_command_fails_with_a_message(db: None, tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "texts.csv"
    if content:
        path.write_text(content)
    with pytest.raises(CommandError, match=r"texts\.csv|línea 2"):
        call_command("import_dataset", path, name="foro")
