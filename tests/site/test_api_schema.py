"""Every endpoint of the schema, asked with made-up requests: it keeps to what the schema says.

No answer is undocumented and none is a server error. Requests come from the schema's examples,
from its limits, and from chance with a fixed seed; half of those about one thing are about one
that exists. Each finds the same small site.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from django.test import RequestFactory
from drf_spectacular.views import SpectacularJSONAPIView
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from modelops.models import Door, TrainingRun
from modelops.services.create_backup import create_backup
from modelops.services.start_run import start_run
from moderation.models import Term, Webhook
from moderation.services import issue_token
from moderation.services.decide_batch import Selection, decide_batch
from moderation.services.decide_item import decide_item
from tests.moderation.items import stored, waiting

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 5,
        "generation": {
            "max-examples": 3,
            "deterministic": True,
            "no-shrink": True,
            "database": "none",
            "with-security-parameters": False,
        },
    }
)
# Of each endpoint so many requests are sent, and this share of all others. Which ones differs
# between the databases, so that both passes together send more.
FIRST, SHARE = 5, 0.06
AREAS = {"moderation": "/api/", "model": "/model/", "others": ""}


@cache
def schema() -> schemathesis.BaseSchema:
    """As the site serves it, with the site behind it."""
    answer = SpectacularJSONAPIView.as_view()(RequestFactory().get("/api/schema")).render()
    loaded = schemathesis.openapi.from_dict(json.loads(answer.content), config=CONFIG)
    loaded.app = get_wsgi_application()
    load_all_checks()
    return loaded


def operations(area: str) -> list[schemathesis.APIOperation]:
    """Those below the area's prefix; of the area without one, those below no other's."""
    others = tuple(prefix for prefix in AREAS.values() if prefix and not AREAS[area])
    found = [result.ok() for result in schema().get_all_operations()]
    return [
        one for one in found if one.path.startswith(AREAS[area]) and not one.path.startswith(others)
    ]


@pytest.fixture
def one_connection():
    """Requests leave the connection open, which holds the test's transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def existing(live_model, person) -> dict[str, Any]:
    """One of each thing that a path names, by what comes before its name."""
    admin = person("admin")
    decided = decide_item(item=waiting("Eres un cretino"), action="approve", by=admin)
    selection = Selection(ids=[stored("Vaya idiota").pk])
    term = Term.objects.create(pattern="spam", normalized="spam", action="flag", reason="anuncios")
    webhook = Webhook.objects.create(
        owner=admin, url="https://192.0.2.1/", secret="ab" * 32, by=admin
    )
    backup = create_backup(by=None, reason="test")
    run, _new = start_run(kind=TrainingRun.Kind.FULL, parameters={}, by=admin, door=Door.API)
    analysis = stored(owner=admin)
    return {
        "/api/analyses/": analysis.pk,
        "/history/": analysis.pk,
        "/api/decisions/": decided.pk,
        "/api/batches/": decide_batch(selection=selection, action="approve", by=admin).pk,
        "/api/terms/": term.pk,
        "/api/webhooks/": webhook.pk,
        "/model/backups/": backup.name,
        "/model/runs/": run.pk,
        "/model/versions/": live_model.version,
        "/api/exports/": "decisions",
    }


@pytest.mark.parametrize("area", AREAS)
def test_nothing_is_answered_that_the_schema_does_not_say(area, existing, person, one_connection):
    headers = {"Authorization": f"Token {issue_token(user=person('admin'))}"}
    chance, drawn, sent = random.Random(connection.vendor), Counter(), Counter()
    wrong = []

    def ask(case):
        label = case.operation.label
        drawn[label] += 1
        if drawn[label] > FIRST and chance.random() > SHARE:
            return
        before, named, _rest = case.operation.path.partition("{")
        if named and sent[label] % 2 == 0:
            (name,) = case.path_parameters
            case.path_parameters[name] = existing[before]
        sent[label] += 1
        with transaction.atomic():
            try:
                case.call_and_validate(checks=CHECKS, headers=headers)
            finally:
                transaction.set_rollback(True)

    for operation in operations(area):
        # (its own plugin for pytest keeps neither to one transaction nor to one request a case)
        test = build_operation_test(
            config=schema().config,
            operation=operation,
            test_func=ask,
            given_kwargs={},
            feedback=FeedbackSources(),
        )
        try:
            test()
        except (Exception, FailureGroup) as error:
            wrong.append(f"{operation.label}: {error}")
    assert not wrong, "\n\n".join(wrong)
    assert {one.label for one in operations(area)} == sent.keys()


def test_every_body_has_an_example():
    bodies = {
        f"{method} {path}": operation["requestBody"]["content"]
        for path, operations in schema().raw_schema["paths"].items()
        for method, operation in operations.items()
        if "requestBody" in operation
    }
    assert [label for label, body in bodies.items() if "examples" not in str(body)] == []
