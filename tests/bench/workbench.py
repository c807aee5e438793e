"""The workbench on a large history: what queue, search and team page take on the server.

A million analyses on PostgreSQL, 200,000 on SQLite, in throw-away databases. Times are wall-clock
milliseconds of the whole view, from request to rendered answer, the median of several; beside them
CPU milliseconds of this process (on SQLite, that is all of the work) and the number of queries.
`python -m tests.bench.workbench 20000` makes a smaller SQLite only.
"""

from __future__ import annotations

import contextlib
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SIZES = {"sqlite": 200_000, "postgresql": 1_000_000}
SEEDS = 20_000  # analyses that are made one by one; the others are copies of them, varied in SQL
OPEN = 20_000  # rounds that wait
BLIND = 0.15  # share of the rounds that are decided without the score
DAYS = 90  # over which history and decisions are spread
ROUNDS = 7
LIMIT = 300  # milliseconds
EXPLANATION = {"intercept": -2.0, "rest": 0.1, "logit": -1.9, "start": 0, "end": 9}
PAGES = {
    "queue": "/queue/",
    "queue, oldest first, one category": "/queue/?order=oldest&category=insult",
    "queue, API": "/api/queue",
    "history": "/history/",
    "history, a frequent word": "/history/?search=palabra",
    "history, a rare word": "/history/?search=ornitorrinco",
    "history, no such word": "/history/?search=zzzzzz",
    "history search, API": "/api/analyses?search=palabra",
    "team": "/team/",
    "team, members": "/team/members/",
}
# to moderators, the history does not show what is to be decided unseen
TO_MODERATORS = {
    "queue": "/queue/",
    "history": "/history/",
    "history, a frequent word": "/history/?search=palabra",
    "history, a rare word": "/history/?search=ornitorrinco",
    "history search, API": "/api/analyses?search=palabra",
}


def main() -> None:
    from tools import postgres

    with _environment("") as environment:
        _child(environment, SIZES["sqlite"])
    if postgres.binaries() is None:
        print("\nleft out: PostgreSQL is not installed")
        return
    with postgres.cluster() as url, _environment(url) as environment:
        _child(environment, SIZES["postgresql"])


@contextlib.contextmanager
def _environment(url: str) -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="toxiguard-bench-") as folder:
        kept = {n: v for n, v in os.environ.items() if not n.startswith("TOXIGUARD_")}
        kept.pop("DATABASE_URL", None)
        yield kept | {
            "DJANGO_SETTINGS_MODULE": "toxiguard_site.settings",
            "TOXIGUARD_DATA_DIR": folder,
            "TOXIGUARD_ENV_FILE": os.devnull,
            "TOXIGUARD_LOG_LEVEL": "WARNING",
            **({"DATABASE_URL": url} if url else {}),
        }


def _child(environment: dict[str, str], size: int) -> None:
    """In a process of its own: Django has one database for life."""
    command = [sys.executable, "-m", "tests.bench.workbench", str(size)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def _measure(size: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    call_command("bootstrap", stdout=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    started = time.perf_counter()
    _fill(size)
    seconds = time.perf_counter() - started
    print(f"\n{connection.vendor}: {size} analyses, made in {seconds:.0f} s\n")
    print("| page | median ms | slowest ms | CPU ms | queries |\n| --- | --- | --- | --- | --- |")
    asked = [("lead", name, path) for name, path in PAGES.items()]
    asked += [("persona0", f"{name} (moderator)", path) for name, path in TO_MODERATORS.items()]
    slow = [name for user, name, path in asked if _time(name, path, user=user) > LIMIT]
    print(f"\nover {LIMIT} ms: {', '.join(slow) or 'none'}", flush=True)


def _time(name: str, path: str, *, user: str) -> float:
    """Median of ROUNDS answers to a user after a first one; prints the row."""
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "localhost"})
    client.force_login(
        User.objects.get(username=user), backend="django.contrib.auth.backends.ModelBackend"
    )
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = client.get(path)
    count = len(queries)
    assert answer.status_code == 200, (path, answer.status_code)
    took, cpu = [], []
    for _round in range(ROUNDS):
        started, busy = time.perf_counter(), time.process_time()
        client.get(path)
        took.append((time.perf_counter() - started) * 1000)
        cpu.append((time.process_time() - busy) * 1000)
    median, work = statistics.median(took), statistics.median(cpu)
    print(f"| {name} | {median:.0f} | {max(took):.0f} | {work:.0f} | {count} |", flush=True)
    return median


# --- a large history --------------------------------------------------------------------------


def _fill(size: int) -> None:
    from django.contrib.auth.models import Group, User
    from django.db import connection

    from moderation import search

    random.seed(7)
    people = {}
    for name, group in (
        ("lead", "Leads"),
        ("foro", "Integrations"),
        *((f"persona{n}", "Moderators") for n in range(8)),
    ):
        people[name] = User.objects.create_user(name)
        people[name].groups.add(Group.objects.get(name=group))
    search.drop_index(connection)  # one index over all is quicker than one row after another
    _make_seeds(min(SEEDS, size), people["foro"])
    _multiply(size)
    search.create_index(connection)
    _make_rounds([user for name, user in people.items() if name.startswith("persona")])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _make_seeds(count: int, owner: Any) -> None:
    from django.utils import timezone

    from moderation.models import Analysis
    from tests.moderation.items import draft

    now = timezone.now()
    words = [f"palabra{n}" if n % 3 else f"término{n}" for n in range(2000)]
    rows = []
    for number in range(count):
        text = " ".join(random.choices(words, k=random.randint(4, 30)))
        if number % 5000 == 0:
            text += " ornitorrinco"
        # about one text in ten is flagged
        score = random.betavariate(1, 9) if random.random() < 0.9 else random.uniform(0.5, 1)
        rows.append(
            draft(
                text,
                score=score,
                explanation=EXPLANATION,
                owner=owner,
                external_id=f"c{number}",
                author=f"autor{number % 5000}",
                source=random.choice(["foro", "noticias", "chat"]),
                created_at=now - timedelta(days=DAYS * number / count),
            )
        )
    Analysis.objects.bulk_create(rows, batch_size=500)


def _multiply(size: int) -> None:
    """Copies of what there is, each a little older and with digests and ids of its own."""
    from django.db import connection

    from moderation.models import Analysis

    own = {
        "text": "text || %(space)s",
        "search_text": "search_text || %(space)s",
        "text_digest": "substr(text_digest, 1, 58) || %(mark)s",
        "normalized_digest": "substr(normalized_digest, 1, 58) || %(mark)s",
        "external_id": "external_id || '-' || %(mark)s",
        "created_at": "created_at - interval '1 second' * %(number)s"
        if connection.vendor == "postgresql"
        else "strftime('%%Y-%%m-%%d %%H:%%M:%%f', created_at, '-' || %(number)s || ' seconds')",
    }
    names = [f.column for f in Analysis._meta.local_concrete_fields if not f.primary_key]
    values = ", ".join(own.get(name, name) for name in names)
    statement = (
        f"INSERT INTO moderation_analysis ({', '.join(names)}) "
        f"SELECT {values} FROM moderation_analysis WHERE id <= %(seeds)s"
    )
    seeds = min(SEEDS, size)
    with connection.cursor() as cursor:
        for number in range(1, size // seeds):
            mark = f"{number:06d}"
            parameters = {"space": f" {mark}", "mark": mark, "number": number, "seeds": seeds}
            cursor.execute(statement, parameters)


def _make_rounds(moderators: list[Any]) -> None:
    """A round for each flagged text; OPEN of them wait, the others were decided of late."""
    from django.utils import timezone

    from moderation.models import Analysis, AnalysisLabel, QueueItem, ReviewDecision
    from moderation.policy import current_policy
    from moderation.services.open_rounds import new_round

    policy, now = current_policy(), timezone.now()
    flagged = Analysis.objects.exclude(decision="allow").order_by("-created_at", "-id")
    each = max(flagged.count() // min(OPEN, flagged.count() // 3), 1)
    for start in range(0, flagged.count(), 5000):
        chunk = list(flagged[start : start + 5000])
        items = [
            new_round(analysis=analysis, kind=_kind(analysis), blind=random.random() < BLIND)
            for analysis in chunk
        ]
        for number, (item, analysis) in enumerate(zip(items, chunk, strict=True)):
            item.opened_at = analysis.created_at
            if (start + number) % each:
                item.state = QueueItem.State.DECIDED
                item.closed_at = now - timedelta(days=random.uniform(0, DAYS / 2))
                item.opened_at = item.closed_at - timedelta(minutes=random.expovariate(1 / 30))
        QueueItem.objects.bulk_create(items, batch_size=500)
        decisions = [
            ReviewDecision(
                item=item,
                analysis_id=item.analysis_id,
                action="reject" if random.random() < 0.7 else "approve",
                category="insult",
                by=random.choice(moderators),
                created_at=item.closed_at,
                policy=policy,
                model_version="1.0.0",
                model_toxic=True,
                waited=item.closed_at - item.opened_at,
            )
            for item in items
            if item.closed_at
        ]
        ReviewDecision.objects.bulk_create(decisions, batch_size=500)
        undone = [
            ReviewDecision(
                item=decision.item,
                analysis_id=decision.analysis_id,
                action="undo",
                by=decision.by,
                created_at=decision.created_at,
                policy=policy,
                reverses=decision,
            )
            for decision in decisions[::50]
        ]
        ReviewDecision.objects.bulk_create(undone, batch_size=500)
        AnalysisLabel.objects.bulk_create(
            [
                AnalysisLabel(
                    analysis_id=decision.analysis_id,
                    toxic=decision.action == "reject",
                    by=decision.by,
                    created_at=decision.created_at,
                    decision=decision,
                )
                for decision in decisions
            ],
            batch_size=500,
        )


def _kind(analysis: Any) -> str:
    return "blocked" if analysis.decision == "block" else "review"


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    elif os.environ.get("TOXIGUARD_DATA_DIR", "").startswith(tempfile.gettempdir()):
        _measure(int(sys.argv[1]))
    else:
        with _environment("") as chosen:
            _child(chosen, int(sys.argv[1]))
