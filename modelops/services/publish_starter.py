from __future__ import annotations

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from modelops import store
from modelops.errors import Superseded
from modelops.models import LivePointer, ModelVersion

from .promote_version import promote_version
from .publish_version import publish_version


def publish_starter(*, by: User | None = None) -> ModelVersion:
    """Make the starter live as version 1.0.0 unless the site has a live version; return that."""
    if pointer := LivePointer.current():
        return pointer.version
    version = publish_version(
        numeric=store.check_starter(),
        version=store.STARTER_VERSION,
        origin=ModelVersion.Origin.STARTER,
        by=by,
    )
    try:
        promote_version(version=version, by=by, reason=_("First version of this site"))
    except Superseded:
        # another process does the same; what it made live is the answer
        if (pointer := LivePointer.current()) is None:
            raise
        return pointer.version
    return version
