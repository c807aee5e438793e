"""A real server with two workers: they follow what is live, and say so."""

from __future__ import annotations

import json
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from knox.models import AuthToken

from modelops.models import ModelVersion, ServerWorker
from modelops.services.promote_version import promote_version
from tests.modelops.files import flip_byte
from tests.modelops.processes import free_port, running, site_environment, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Server:
    address: str
    token: str

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        request = urllib.request.Request(
            self.address + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Token {self.token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def answers(self) -> bool:
        try:
            return self.call("GET", "/healthz")[0] == 200
        except OSError:
            return False

    def analyze(self) -> tuple[int, str | None]:
        status, body = self.call("POST", "/api/analyze", {"text": "idiota", "store": False})
        return status, json.loads(body).get("model_version")


@pytest.fixture
def server(transactional_db: None, live: ModelVersion, tmp_path: Path) -> Iterator[Server]:
    admin = User.objects.create_superuser("admin")
    _row, token = AuthToken.objects.create(user=admin)
    port = free_port()
    environment = site_environment(tmp_path) | {"HOST": "127.0.0.1", "PORT": str(port)}
    arguments = ["-m", "gunicorn", "-c", "gunicorn.conf.py", "toxiguard_site.wsgi:application"]
    with running(arguments, environment=environment, log=tmp_path / "server.log"):
        server = Server(f"http://127.0.0.1:{port}", token)
        wait_until(server.answers)
        wait_until(lambda: ServerWorker.objects.filter(version="1.0.0").count() == 2)
        yield server
    assert not ServerWorker.objects.exists()  # who ends takes itself off the list


def serving_versions() -> set[str]:
    return set(ServerWorker.objects.values_list("version", flat=True))


def test_workers_follow_promotions_and_reloads_under_load(
    server: Server, publish: Callable[..., ModelVersion], store: Path
) -> None:
    second = publish("1.0.1", strength=6.0)
    seen: list[tuple[float, int, str | None]] = []
    done = threading.Event()

    def load() -> None:
        while not done.is_set():
            asked = time.monotonic()
            seen.append((asked, *server.analyze()))

    callers = [threading.Thread(target=load) for _ in range(3)]
    for caller in callers:
        caller.start()
    promote_version(version=second, by=None, reason="test")
    promoted = time.monotonic()
    wait_until(lambda: serving_versions() == {"1.0.1"}, seconds=5)
    time.sleep(max(0.0, promoted + 3 - time.monotonic()))
    done.set()
    for caller in callers:
        caller.join()
    assert {status for _at, status, _version in seen} == {200}
    assert {version for _at, _status, version in seen} == {"1.0.0", "1.0.1"}
    assert {version for at, _status, version in seen if at > promoted + 2} == {"1.0.1"}

    status, body = server.call("POST", "/model/reload")
    reloaded = json.loads(body)
    assert status == 200
    assert [worker["converged"] for worker in reloaded["workers"]] == [True, True]
    assert {worker["generation"] for worker in reloaded["workers"]} == {3}

    flip_byte(store / "versions" / second.folder / "model.npz")
    status, body = server.call("POST", "/model/reload")
    assert status == 503
    assert json.loads(body)["version"] == "1.0.1"
    assert server.analyze() == (200, "1.0.1")

    _status, text = server.call("GET", "/metrics")
    counted = [line for line in text.splitlines() if line.startswith("toxiguard_analyses_total{")]
    assert sum(float(line.split()[-1]) for line in counted) == len(seen) + 1  # of both workers


def test_workers_follow_the_sites_thresholds(server: Server) -> None:
    def limits() -> tuple[float, float]:
        status, body = server.call("POST", "/api/analyze", {"text": "tonto", "language": "es"})
        assert status == 200
        found = json.loads(body)["thresholds"]
        return found["review"], found["block"]

    assert limits() == (0.4, 0.9)
    body = {"thresholds": {"es": {"review": 0.2, "block": 0.5}}}
    assert server.call("PUT", "/model/thresholds", body)[0] == 200
    changed = time.monotonic()
    seen: set[tuple[float, float]] = set()
    while time.monotonic() < changed + 2:
        seen.add(limits())
    assert seen <= {(0.4, 0.9), (0.2, 0.5)}  # none of one set with one of the other
    wait_until(lambda: ServerWorker.objects.filter(generation=2).count() == 2, seconds=5)
    assert {limits() for _ in range(20)} == {(0.2, 0.5)}


def test_the_queue_worker_checks_the_model_and_ends_at_once(
    live: ModelVersion, folder: Path, tmp_path: Path
) -> None:
    flip_byte(folder / "vectorizer.pkl")
    bad = (folder / "vectorizer.pkl").read_bytes()
    log = tmp_path / "worker.log"
    arguments = ["manage.py", "run_worker"]
    with running(arguments, environment=site_environment(tmp_path), log=log) as worker:
        wait_until(lambda: b"site.maintained" in log.read_bytes())
        assert (folder / "vectorizer.pkl").read_bytes() != bad
        started = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=5) == 0
        assert time.monotonic() - started < 2
