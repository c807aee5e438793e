from __future__ import annotations

import pytest
from django.test import Client

from modelops.models import Dataset, ModelVersion
from modelops.services.create_backup import create_backup
from modelops.services.report_worker import report_worker

LISTS = ["modelversion", "backup", "deployment", "dataset", "serverworker"]


@pytest.fixture
def rows(live: ModelVersion) -> None:
    create_backup(by=None, reason="test")
    Dataset.objects.create(name="foro", digest="0" * 64, rows=3, toxic_rows=1)
    report_worker(host="one", pid=1, version="1.0.0", model_type="", generation=1, error="")


@pytest.mark.parametrize("name", LISTS)
def test_operators_look_and_change_nothing(
    rows: None, client: Client, operator: object, name: str
) -> None:
    client.force_login(operator)
    page = client.get(f"/admin/modelops/{name}/")
    assert page.status_code == 200
    assert page.context["cl"].result_count == 1
    pk = page.context["cl"].result_list[0].pk
    assert client.get(f"/admin/modelops/{name}/{pk}/change/").status_code == 200
    assert client.post(f"/admin/modelops/{name}/{pk}/change/", {}).status_code == 403
    assert client.get(f"/admin/modelops/{name}/add/").status_code == 403
    assert client.get(f"/admin/modelops/{name}/{pk}/delete/").status_code == 403


@pytest.mark.parametrize("name", LISTS)
def test_others_see_nothing(rows: None, client: Client, somebody: object, name: str) -> None:
    client.force_login(somebody)
    assert client.get(f"/admin/modelops/{name}/").status_code == 403
