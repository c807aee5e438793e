"""A web process serves pages and scores texts without the libraries that train."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVE = """
import io, json, sys
from toxiguard_site.wsgi import application

def ask(method, path, body=b"", **headers):
    answer = {}
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "", "SCRIPT_NAME": "",
        "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1", "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http", "wsgi.version": (1, 0),
        "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False, **headers,
    }
    chunks = application(environ, lambda status, headers, error=None: answer.update(status=status))
    return answer["status"][:3], b"".join(chunks)

page, _ = ask("GET", "/login/")
text = json.dumps({"text": "Eres un payaso y un inútil"}).encode()
analysis, body = ask(
    "POST", "/api/analyze", text, HTTP_AUTHORIZATION="Token " + sys.argv[1]
)
heavy = {name.partition(".")[0] for name in sys.modules} & {"sklearn", "scipy", "pandas", "joblib"}
body = body.decode()
print(json.dumps({"page": page, "analysis": analysis, "body": body, "heavy": sorted(heavy)}))
"""


def test_a_web_process_imports_no_library_that_trains(tmp_path: Path) -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "toxiguard_site.settings",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "TOXIGUARD_DATA_DIR": str(tmp_path),
    }

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().splitlines()[-1]

    run("manage.py", "migrate", "--verbosity", "1")
    run("manage.py", "bootstrap")
    token = run("manage.py", "issue_token", "admin")
    result = json.loads(run("-c", SERVE, token))
    assert result["page"] == "200"
    assert result["analysis"] == "200", result["body"]
    assert result["heavy"] == []
