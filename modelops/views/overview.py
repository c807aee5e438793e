"""What the first lines of the model page say: is it healthy, what is live, does it need anything?

Plain data for the templates, in the reader's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modelops import selectors
from modelops.alert_texts import alert_text, reason_texts
from modelops.models import Alert, Deployment, LivePointer, ModelCheck, ModelVersion, ServerWorker
from modelops.selectors_runs import worker_alive
from modelops.words import grouped


@dataclass(frozen=True, slots=True)
class Need:
    """Something that an operator should see to; `action` names the button that helps."""

    text: str
    serious: bool = False
    since: datetime | None = None
    action: str = ""  # "update" or ""


def overview() -> dict[str, Any]:
    """The headline, the sentence below it, what is needed, and a few figures."""
    pointer = LivePointer.current()
    if pointer is None:
        return {"health": "missing", "headline": _("No model is live"), "needs": [_no_model()]}
    version = pointer.version
    needs = [*_alerts(), *_needs(version)]
    degraded = selectors.is_degraded(version)
    return {
        "health": "degraded" if degraded else "ok",
        "headline": _headline(version, degraded=degraded, needs=needs),
        "version": version,
        "deployment": _deployment(version),
        "needs": needs,
        "facts": _facts(version),
        "checked": ModelCheck.objects.filter(version=version).first(),
        "generation": pointer.generation,
    }


def _headline(version: ModelVersion, *, degraded: bool, needs: list[Need]) -> str:
    name = {"version": version.version}
    if degraded:
        return _("Version %(version)s is live, with a problem") % name
    if needs:
        words = ngettext(
            "Version %(version)s works; %(count)s thing needs attention",
            "Version %(version)s works; %(count)s things need attention",
            len(needs),
        )
        return words % {**name, "count": len(needs)}
    return _("Version %(version)s works and needs nothing") % name


def _no_model() -> Need:
    return Need(
        _(
            "Nothing can be analysed. The starter model comes with the command "
            "“python manage.py bootstrap”; whoever has a backup can restore it below."
        ),
        serious=True,
    )


def _deployment(version: ModelVersion) -> Deployment | None:
    """How the live version came to be live."""
    return Deployment.objects.filter(version=version).select_related("by").order_by("-pk").first()


def _alerts() -> list[Need]:
    kinds = Alert.Kind
    return [
        Need(
            _without_command(alert),
            serious=alert.kind in (kinds.LOAD_FAILED, kinds.DAMAGED_FILE),
            since=alert.raised_at,
            action="update" if alert.kind == kinds.NEEDS_RETRAINING else "",
        )
        for alert in selectors.open_alerts()
    ]


def _without_command(alert: Alert) -> str:
    """What the alert says; where a button helps, without the command that does the same."""
    if alert.kind == Alert.Kind.NEEDS_RETRAINING:
        return " ".join(reason_texts(alert.details.get("reasons", [])))
    return alert_text(alert)


def _needs(version: ModelVersion) -> list[Need]:
    """What no alert says yet: the hourly check may not have come by."""
    told = set(selectors.open_alerts().values_list("kind", flat=True))
    found = []
    if Alert.Kind.NEEDS_RETRAINING not in told:
        answer = selectors.retraining()
        if answer.needed:
            found.append(Need(" ".join(answer.reasons), action="update"))
    damaged = version.state == ModelVersion.State.DAMAGED
    if damaged and not told & {Alert.Kind.DAMAGED_FILE, Alert.Kind.LOAD_FAILED}:
        text = _("The files of version %(version)s are damaged. Restore a backup.")
        found.append(Need(text % {"version": version.version}, serious=True))
    failing = ServerWorker.objects.alive().exclude(error="").first()
    if failing and Alert.Kind.LOAD_FAILED not in told:
        text = _("Process %(process)s does not serve the live version: %(error)s")
        found.append(Need(text % {"process": failing, "error": failing.error}, serious=True))
    if not worker_alive():
        text = _(
            "No queue worker is alive, so what is started here waits. It is started with "
            "“python manage.py run_worker”; “make run” starts it by itself."
        )
        found.append(Need(text))
    return found


def _facts(version: ModelVersion) -> list[tuple[str, str]]:
    metadata = version.metadata
    new = selectors.new_labels(version)
    facts = [
        (_("training texts"), _number(metadata.get("training_samples"))),
        (_("features"), _number(metadata.get("vectorizer_features"))),
        (_("labels of this site"), _number(metadata.get("site_labels", 0))),
        (_("new labels"), grouped(new)),
    ]
    return [(name, value) for name, value in facts if value]


def _number(value: Any) -> str:
    return grouped(value) if isinstance(value, int) else ""


def workers(*, generation: int) -> dict[str, Any]:
    """Who serves what: the processes, how many have converged, and that in words."""
    alive = [
        selectors.worker_status(worker, generation=generation)
        for worker in ServerWorker.objects.alive()
    ]
    converged = sum(worker["converged"] for worker in alive)
    words = ngettext(
        "%(converged)s of %(total)s process serves it",
        "%(converged)s of %(total)s processes serve it",
        len(alive),
    ) % {"converged": converged, "total": len(alive)}
    return {"alive": alive, "converged": converged, "total": len(alive), "words": words}
