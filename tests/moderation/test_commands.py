"""analyze_text, export_labels, issue_token and bootstrap."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import (
    BaseCommand,
    CommandError,
    call_command,
    get_commands,
    load_command_class,
)
from django.db import connection
from django.utils import timezone, translation
from knox.models import AuthToken

from moderation.models import Analysis, UnscoredText
from moderation.services import AnalysisInput, erase_analysis, issue_token, label_analysis
from tests.moderation.conftest import KIND, TOXIC

SITE = "toxiguard_site"
DJANGOS = {action.dest for action in BaseCommand().create_parser("manage.py", "x")._actions}


def run(*args: object) -> str:
    out = io.StringIO()
    with translation.override("en"):
        call_command(*map(str, args), stdout=out, stderr=io.StringIO())
    return out.getvalue()


def fails(*args: object) -> str:
    with pytest.raises(CommandError) as caught:
        run(*args)
    return str(caught.value)


# --- analyze_text --------------------------------------------------------------------------------


def test_a_text(live_model):
    lines = run("analyze_text", TOXIC).splitlines()
    assert TOXIC in lines[0]
    assert lines[-1].startswith("1 text: 0 allowed,")
    assert Analysis.objects.count() == 0


def test_standard_input(live_model, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{KIND}\n"))
    report = json.loads(run("analyze_text", "-", "--json"))
    assert report["results"][0]["text"] == KIND
    assert report["results"][0]["decision"] == "allow"
    assert report["summary"]["texts"] == 1


def test_control_characters_do_not_reach_the_terminal(live_model):
    assert "\x1b" not in run("analyze_text", f"{KIND}\x1b[2J")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_file(live_model, tmp_path, delimiter):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    rows = [["id", "comment"], ["1", TOXIC], ["2", f'{KIND}, "sí"\n{delimiter}']]
    with source.open("w", encoding="utf-8-sig", newline="") as handle:
        csv.writer(handle, delimiter=delimiter).writerows(rows)
    run("analyze_text", "--file", source, "--column", "comment", "--output", target)
    with target.open(encoding="utf-8", newline="") as handle:
        first, second = csv.DictReader(handle)
    assert (first["id"], first["comment"], first["toxic"]) == ("1", TOXIC, "1")
    assert (second["id"], second["comment"], second["toxic"]) == ("2", rows[2][1], "0")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_json_lines_are_stored(live_model, tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_text(f"{json.dumps({'text': TOXIC})}\n\n{json.dumps({'text': KIND})}\n")
    summary = run("analyze_text", "--file", source, "--store", "--source", "archive")
    assert "2 stored" in summary
    assert set(Analysis.objects.values_list("source", "owner")) == {("archive", None)}


@pytest.mark.parametrize(
    ("texts", "limit", "status"),
    [([KIND], "review", 0), ([KIND, TOXIC], "review", 1), ([KIND], "block", 0)],
)
def test_fail_on(live_model, tmp_path, texts, limit, status):
    source = tmp_path / "in.csv"
    source.write_text("text\n" + "\n".join(texts))
    arguments = ("analyze_text", "--file", source, "--fail-on", limit)
    if status:
        assert "--fail-on" in fails(*arguments)
    else:
        run(*arguments)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "The file is empty."),
        ("text\n", "has no rows."),
        ("a,b\n1,2\n", "There is no column “text”; there are: a, b."),
        (f"a,text\n1,{KIND}\n2\n", "row 3: 1 cells instead of 2"),
        ('text\n"hola\n', "is not CSV"),
        (b"text\nhola\ncoraz\xf3n\n", "line 3 has the byte 0xf3. Save it as UTF-8."),
    ],
)
def test_bad_files(live_model, tmp_path, content, message):
    source = tmp_path / "in.csv"
    source.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert message in fails("analyze_text", "--file", source, "--store")
    assert Analysis.objects.count() == 0


@pytest.mark.parametrize(
    ("text", "message", "problem"),
    [
        ('""', "row 3: The text is empty.", "blank"),
        ("x" * 1_000_000, "row 3: The text has 1000000 characters", "too_long"),
        ("a \0", "row 3: The character NUL is not allowed.", "nul"),
    ],
)
def test_rows_without_a_score(live_model, tmp_path, text, message, problem):
    source = tmp_path / "in.csv"
    source.write_text(f"text\n{KIND}\n{text}\n")
    assert message in fails("analyze_text", "--file", source)
    assert not UnscoredText.objects.exists()
    summary = run("analyze_text", "--file", source, "--store", "--source", "archive")
    assert "1 stored" in summary
    kept = UnscoredText.objects.get()
    assert (kept.problem, kept.row, kept.source, kept.state) == (problem, 3, "archive", "waiting")


def test_a_file_of_nothing_but_rows_without_a_score(live_model, tmp_path):
    source = tmp_path / "in.csv"
    source.write_text('text\n""\n')
    assert "0 stored" in run("analyze_text", "--file", source, "--store")
    assert UnscoredText.objects.count() == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "row 2: not JSON"),
        ("[1]", "row 2: not a JSON object"),
        ('{"other": "x"}', "row 2: no text in “text”"),
        ('{"text": 5}', "row 2: no text in “text”"),
        ('{"text": "\\ud800"}', "row 2: Half of a surrogate pair"),
    ],
)
def test_bad_json_lines(live_model, tmp_path, line, message):
    source = tmp_path / "in.jsonl"
    source.write_text(f'{{"text": "hola"}}\n{line}\n')
    assert message in fails("analyze_text", "--file", source)


def test_many_bad_rows_are_counted(live_model, tmp_path):
    source = tmp_path / "in.csv"
    source.write_text("text,n\n" + ",1\n" * 30)
    message = fails("analyze_text", "--file", source)
    assert message.count("row ") == 10
    assert "and 20 more" in message


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["hola", "--file", "x.csv"],
        [""],
        ["x" * 10_001],
        ["--file", "/nothing/here.csv"],
        ["hola", "--language", "fr"],
        ["hola", "--source", "x"],
        ["hola", "--output", "x.csv"],
    ],
)
def test_bad_arguments(live_model, arguments):
    assert fails("analyze_text", *arguments)


def test_no_model(no_model):
    assert "bootstrap" in fails("analyze_text", "hola")


# --- export_labels -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["labels.csv", "labels.csv.gz"])
def test_export_labels(analyses, moderator, tmp_path, name):
    text = '=1+1, "ñandú"\nsegunda línea'
    odd, erased, _unlabelled = analyses(
        AnalysisInput(text=text, external_id="c-1", source="forum"), "borrado", "sin etiqueta"
    )
    label_analysis(analysis=odd, toxic=False, by=moderator)
    label_analysis(analysis=odd, toxic=True, category="threat", by=moderator)
    label_analysis(analysis=erased, toxic=True, by=moderator)
    erase_analysis(analysis=erased, by=moderator)
    path = tmp_path / name
    path.write_text("before")
    assert "1 labels, 1 toxic, 0 not toxic" in run("export_labels", path)
    opener = gzip.open if name.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", newline="") as handle:
        (row,) = csv.DictReader(handle)
    assert row["text"] == text
    assert (row["toxic"], row["category"], row["labelled_by"]) == ("1", "threat", "moderator")
    assert (row["external_id"], row["source"]) == ("c-1", "forum")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_export_labels_into_nowhere(db, tmp_path):
    assert "can't be written" in fails("export_labels", tmp_path / "nothing" / "labels.csv")


# --- issue_token ---------------------------------------------------------------------------------


def test_the_token_works_and_is_stored_as_a_digest(api_as, moderator):
    token = run("issue_token", "moderator").splitlines()[-1]
    client = api_as()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert client.get("/api/analyses").status_code == 200
    stored = AuthToken.objects.get()
    assert stored.expiry is None
    assert token not in (stored.digest, stored.token_key)


def test_a_token_expires(api_as, moderator):
    token = run("issue_token", "moderator", "--expires", 2).strip()
    stored = AuthToken.objects.get()
    assert timedelta(days=1) < stored.expiry - timezone.now() <= timedelta(days=2)
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    client = api_as()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    assert client.get("/api/analyses").status_code == 401


@pytest.mark.parametrize("arguments", [["nobody"], ["moderator", "--expires", "0"], []])
def test_no_token(moderator, arguments):
    assert fails("issue_token", *arguments)
    assert AuthToken.objects.count() == 0


def test_no_token_for_an_inactive_user(make_user):
    make_user("gone", is_active=False)
    assert "not active" in fails("issue_token", "gone")


# --- bootstrap -----------------------------------------------------------------------------------


def test_bootstrap_makes_what_is_missing_and_prints_passwords_once(db, monkeypatch):
    monkeypatch.delenv("TOXIGUARD_ADMIN_PASSWORD", raising=False)
    monkeypatch.setenv("TOXIGUARD_MODERATOR_PASSWORD", "from the environment")
    first = run("bootstrap")
    (line,) = [line for line in first.splitlines() if "admin" in line]
    password = line.partition("password: ")[2].split()[0]
    admin, moderator = User.objects.get(username="admin"), User.objects.get(username="moderador")
    assert admin.is_superuser
    assert admin.check_password(password)
    assert moderator.check_password("from the environment")
    assert "from the environment" not in first
    assert moderator.has_perm("moderation.review_analysis")
    assert not moderator.has_perm("moderation.erase")
    assert not moderator.is_staff
    assert first.splitlines()[-1] == "Ready. Live model: 1.0.0"
    moderator.set_password("changed")
    moderator.save()
    second = run("bootstrap")
    assert password not in second
    assert "is there already" in second
    assert User.objects.count() == 2
    assert User.objects.get(username="moderador").check_password("changed")


def test_groups_are_as_documented(db):
    run("bootstrap")
    groups = {
        group.name: {permission.codename for permission in group.permissions.all()}
        for group in Group.objects.all()
    }
    moderators = {"analyze_text", "view_analysis", "review_analysis"}
    sentences = {f"{verb}_mustpasssentence" for verb in ("view", "add", "change", "delete")}
    assert groups == {
        "Integrations": {"analyze_text"},
        "Moderators": moderators,
        "Leads": moderators
        | {"export", "erase", "take_over", "manage_terms", "manage_policy", "manage_team"}
        | sentences,
        "Operators": {"operate_model"},
    }


def test_bootstrap_keeps_what_a_site_changed(db):
    run("bootstrap")
    group = Group.objects.get(name="Integrations")
    extra = Group.objects.get(name="Leads").permissions.get(codename="export")
    group.permissions.add(extra)
    run("bootstrap")
    assert extra in group.permissions.all()


# --- check_site ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_check_site(live_model, make_user, live_server):
    token = issue_token(user=make_user("checker", "Integrations", "Operators"))
    lines = run("check_site", "--url", live_server.url, "--token", token).splitlines()
    assert [line[:4] for line in lines[:-1]] == ["OK  "] * 12
    assert Analysis.objects.count() == 0
    lines = run("check_site", "--url", live_server.url).splitlines()
    assert [line[:4] for line in lines[:-1]] == ["OK  "] * 7 + ["SKIP"] * 5


@pytest.mark.django_db(transaction=True)
def test_check_site_says_what_is_wrong(no_model, make_user, live_server):
    token = issue_token(user=make_user("checker", "Integrations"))
    out = io.StringIO()
    with translation.override("en"), pytest.raises(CommandError) as caught:
        call_command("check_site", url=live_server.url, token=token, stdout=out)
    assert "failed at" in str(caught.value)
    (analyse,) = [line for line in out.getvalue().splitlines() if "Analyse in Spanish" in line]
    assert analyse.startswith("FAIL")
    assert "bootstrap" in analyse
    (model,) = [line for line in out.getvalue().splitlines() if "Model status" in line]
    assert "permission" in model


def test_check_site_where_nothing_runs(db):
    assert "12 of 12" in fails("check_site", "--url", "http://127.0.0.1:9", "--token", "x")


def test_check_site_with_a_wrong_address(db):
    assert "--url" in fails("check_site", "--url", "file:///etc/passwd")


def test_without_tables(db):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE knox_authtoken RENAME TO gone")
    User.objects.create_user("somebody")
    assert "manage.py migrate" in fails("issue_token", "somebody")


# --- help ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [name for name, app in get_commands().items() if app in ("modelops", "moderation", SITE)],
)
def test_help_is_in_the_language_of_the_site(name):
    texts = {}
    for language in ("en", "es"):
        with translation.override(language):
            parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
        own = [a for a in parser._actions if a.dest not in DJANGOS]
        texts[language] = [parser.description, *(a.help for a in own if a.help)]
        assert "Traceback" not in parser.format_help()
    assert all(texts["en"])
    for english, spanish in zip(texts["en"], texts["es"], strict=True):
        assert english != spanish
