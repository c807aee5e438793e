"""Settings of a test run: the site's own, in a data folder that is thrown away afterwards.

Neither `.env` nor the caller's TOXIGUARD_… variables reach the tests; DATABASE_URL does, and
decides on which database they run. Processes that a test starts inherit the folder.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

KEPT = {"TOXIGUARD_TRAINING_DATA", "TOXIGUARD_TESTS_FOLDER", "TOXIGUARD_STEP"}

for _name in [name for name in os.environ if name.startswith("TOXIGUARD_")]:
    if _name not in KEPT:
        del os.environ[_name]
if "TOXIGUARD_TESTS_FOLDER" not in os.environ:
    os.environ["TOXIGUARD_TESTS_FOLDER"] = _folder = tempfile.mkdtemp(prefix="toxiguard-tests-")
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)
# pytest-xdist's processes run side by side: each has its own
_own = Path(os.environ["TOXIGUARD_TESTS_FOLDER"]) / os.environ.get("PYTEST_XDIST_WORKER", "main")
_own.mkdir(exist_ok=True)
os.environ["TOXIGUARD_DATA_DIR"] = str(_own)
os.environ["TOXIGUARD_ENV_FILE"] = os.devnull

from toxiguard_site.settings import *  # noqa: E402, F403
from toxiguard_site.settings import DATABASES  # noqa: E402

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # a file as in real life, not memory: WAL and locks behave as they will on a site
    DATABASES["default"]["TEST"] = {"NAME": str(_own / "test.sqlite3")}
# the real hasher is slow on purpose, and the tests log in often
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# what is drawn at random would make tests differ; those about it set their own shares
AUDIT_SHARE = BLIND_SHARE = 0.0
