from __future__ import annotations

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from modelops import store
from modelops.errors import AlreadyLive, Superseded
from modelops.ml.artifacts import content_digest
from modelops.models import LivePointer, ModelVersion

from .promote_version import promote_version
from .publish_version import next_version_number, publish_version
from .version_files import read_model


def publish_starter(*, by: User | None = None) -> ModelVersion:
    """Make the starter live as version 1.0.0 unless the site has a live version; return that."""
    if pointer := LivePointer.current():
        return pointer.version
    version = starter_version(by=by)
    try:
        promote_version(version=version, by=by, reason=_("First version of this site"))
    except (AlreadyLive, Superseded):
        # another process does the same; what it made live is the answer
        if (pointer := LivePointer.current()) is None:
            raise
        return pointer.version
    return version


def starter_version(*, by: User | None = None) -> ModelVersion:
    """The committed starter as a version with all its files, published where it is not.

    Cleaning up may have deleted its files, and a newer release brings another starter, which gets
    a number of its own. Raises DamagedFiles when the committed files are not those of the release.
    """
    numeric = store.check_starter()
    number = store.STARTER_VERSION
    digest = content_digest(read_model(numeric))
    if published := ModelVersion.objects.filter(digest=digest).order_by("pk").first():
        number = published.version
    elif ModelVersion.objects.filter(version=number).exists():
        number = next_version_number(bump="major", from_version=number)
    return publish_version(
        numeric=numeric, version=number, origin=ModelVersion.Origin.STARTER, by=by
    )
