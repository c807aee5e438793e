"""How gunicorn serves ToxiGuard: `python -m gunicorn -c gunicorn.conf.py toxiguard_site.wsgi`."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import environ

# the settings read it later, too; HOST, PORT and WEB_CONCURRENCY are needed now
environ.Env.read_env(os.environ.get("TOXIGUARD_ENV_FILE") or Path(__file__).with_name(".env"))
_host = os.environ.get("HOST") or "127.0.0.1"
bind = f"{f'[{_host}]' if ':' in _host else _host}:{os.environ.get('PORT') or '8000'}"
_workers = os.environ.get("WEB_CONCURRENCY") or "2"
if not (_workers.isascii() and _workers.isdigit() and int(_workers)):
    sys.exit(f"WEB_CONCURRENCY must be a whole number from 1 on, not '{_workers}'.")
workers = int(_workers)
threads = 4
timeout = 60  # a reload may have to write the files for people anew
control_socket_disable = True  # nothing is written outside the data folder
# Requests are logged by the application, without query strings, which may hold keys.
accesslog = None

# Each worker writes its counters here, and any worker adds them up (modelops/metrics.py).
_metrics_dir = tempfile.mkdtemp(prefix="toxiguard-metrics-")
_master = os.getpid()
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _metrics_dir


@atexit.register
def _remove_metrics() -> None:
    if os.getpid() == _master:  # workers inherit this
        shutil.rmtree(_metrics_dir, ignore_errors=True)


def post_worker_init(worker: Any) -> None:
    from modelops import serving

    serving.start_follower()  # after the fork: a thread does not survive one


def worker_exit(server: Any, worker: Any) -> None:
    from modelops import serving

    serving.stop_follower()


def child_exit(server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)
