"""From files to a model that may serve: checked, read, tried on the golden inputs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog
from django.utils import timezone
from django.utils.translation import gettext as _

from modelops import store
from modelops.errors import OperationFailed, UnusableModel
from modelops.ml.artifacts import NUMERIC_FILES, ArtifactError, read_numeric
from modelops.ml.scorer import Scorer
from modelops.ml.thresholds import SiteThresholds
from modelops.models import Backup, Deployment, LivePointer, ModelVersion

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A scorer ready to serve, the thresholds that go with it, and what it is.

    `thresholds` are {language: {"review", "block"}}, `category_thresholds` {head: {language:
    probability}}, `details` what they are computed from.
    """

    scorer: Scorer
    version: str
    model_type: str
    thresholds: Mapping[str, Mapping[str, float]]
    category_thresholds: Mapping[str, Mapping[str, float]]
    details: Mapping[str, Any]
    loaded_at: datetime = field(default_factory=timezone.now)

    def under(self, site: SiteThresholds) -> LoadedModel:
        """The same model with the thresholds that a site has set."""
        return replace(
            self,
            thresholds=site.of(self.details),
            category_thresholds=site.of_categories(self.details),
        )


def load_version(version: ModelVersion) -> LoadedModel:
    """Load a published version. Raises DamagedFiles or UnusableModel."""
    folder = store.version_folder(version.folder)
    store.check_numeric_form(folder, manifest_digest=version.manifest_digest)
    return try_numeric_form(folder, version=version.version)


def load_substitute(pointer: LivePointer) -> LoadedModel | None:
    """What a starting process serves when the live version is no good.

    The newest earlier live version that verifies, else a verified backup, else the starter.
    """
    deployments = Deployment.objects.select_related("version").exclude(version=pointer.version)
    for version in dict.fromkeys(deployment.version for deployment in deployments):
        try:
            return load_version(version)
        except OperationFailed as error:
            logger.warning("model.substitute_failed", version=version.version, error=str(error))
    for backup in Backup.objects.filter(verified=True).order_by("-pk").select_related("version"):
        folder = store.backup_folder(backup.name)
        try:
            store.check_numeric_form(folder, manifest_digest=backup.manifest_digest)
            return try_numeric_form(folder, version=backup.version.version)
        except OperationFailed as error:
            logger.warning("model.substitute_failed", backup=backup.name, error=str(error))
    try:
        return try_numeric_form(store.check_starter(), version=store.STARTER_VERSION)
    except OperationFailed as error:
        logger.error("model.substitute_failed", starter=True, error=str(error))
        return None


class _Memory:
    """The numeric form that was tried last, as long as somebody wants it remembered."""

    wanted = False
    last: tuple[Any, LoadedModel] | None = None


@contextmanager
def remembered() -> Iterator[None]:
    """Within it, the same bytes are tried once, wherever they lie.

    A publication tries the folder that it has just written, and the promotion after it the same
    folder in its place. That its files are as the manifest says is checked each time.
    """
    _Memory.wanted = True
    try:
        yield
    finally:
        _Memory.wanted, _Memory.last = False, None


def try_numeric_form(folder: Path, *, version: str) -> LoadedModel:
    """Read a numeric form whose files were checked, and try it on its golden inputs."""
    if not _Memory.wanted:
        return _tried(folder, version)
    key = (version, store.entries_of(folder, NUMERIC_FILES))
    if (last := _Memory.last) and last[0] == key:
        return last[1]
    model = _tried(folder, version)
    _Memory.last = key, model
    return model


def _tried(folder: Path, version: str) -> LoadedModel:
    try:
        model = read_numeric(folder)
        scorer = Scorer.from_numeric(model)
    except (ArtifactError, LookupError, TypeError, ValueError) as error:
        # the last three: a numeric form by another release, which lacks what this one needs
        raise UnusableModel(_("The model does not load: %(reason)s") % {"reason": error}) from error
    if not scorer.golden_ok():
        raise UnusableModel(_("The model does not give the scores that it was published with."))
    own = SiteThresholds()
    return LoadedModel(
        scorer,
        version,
        model.metadata["model_type"],
        thresholds=own.of(model.details),
        category_thresholds=own.of_categories(model.details),
        details=model.details,
    )


def read_details(version: ModelVersion) -> Mapping[str, Any]:
    """The JSON part of a published version. Raises DamagedFiles or UnusableModel."""
    return _read_details(str(store.version_folder(version.folder)), version.manifest_digest)


@lru_cache(maxsize=4)
def _read_details(folder: str, manifest_digest: str) -> Mapping[str, Any]:
    store.check_numeric_form(Path(folder), manifest_digest=manifest_digest)
    try:
        content = json.loads((Path(folder) / "model.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnusableModel(_("The model does not load: %(reason)s") % {"reason": error}) from error
    found: Mapping[str, Any] = content
    return found
