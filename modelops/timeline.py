"""Versions and deployments on one axis: what is told about them, and the drawing of it.

The drawing is an `.svg` resource for `<img>`, made of attributes only, so that its policy may
forbid everything. Distances are compressed: each mark has room for its words, and what is left
goes to the longer waits by the logarithm of their hours, since a year of quiet and an afternoon
of five versions have to fit on one line.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log1p
from xml.etree.ElementTree import Element, SubElement, tostring

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from modelops.models import Deployment, ModelVersion
from modelops.words import grouped

POLICY = "default-src 'none'"
FONT = '-apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
HEIGHT = 116
AXIS = 46  # from the top
EDGE = 44  # room for half of the first mark's words
TAIL = 34  # and for how many came before
NOW = 64  # least distance of the last mark from now
INK = {
    "light": {"strong": "#18222b", "text": "#45525d", "quiet": "#5b6873", "line": "#dfe4e8"}
    | {"past": "#a9b5bd", "live": "#0b6a69", "surface": "#ffffff"},
    "dark": {"strong": "#e8edf1", "text": "#b8c3cc", "quiet": "#98a5b0", "line": "#2b343c"}
    | {"past": "#596873", "live": "#5cc4bb", "surface": "#191f25"},
}


@dataclass(frozen=True, slots=True)
class Size:
    width: int
    marks: int  # at most
    room: int  # least distance between two marks


SIZES = {"wide": Size(1160, 9, 104), "medium": Size(720, 5, 104), "narrow": Size(340, 3, 84)}


@dataclass(frozen=True, slots=True)
class Mark:
    """One point of the axis: a version that went live, or one that was only published."""

    version: str
    at: datetime
    what: str
    deployed: bool
    live: bool = False


@dataclass(frozen=True, slots=True)
class History:
    marks: tuple[Mark, ...]  # oldest first
    earlier: int  # how many came before these


def history(*, live: ModelVersion | None, limit: int = 9) -> History:
    """The newest marks. A version that went live is marked where it did, not where it was made."""
    deployments = list(Deployment.objects.select_related("version").order_by("-pk")[:limit])
    never_live = ModelVersion.objects.filter(deployments=None)
    versions = list(never_live.order_by("-pk")[:limit])
    newest = deployments[0] if deployments else None
    before = _live_before(deployments)
    marks = [
        Mark(
            version=deployment.version.version,
            at=deployment.created_at,
            what=_went_live(deployment, again=deployment.pk in before),
            deployed=True,
            live=deployment is newest and deployment.version == live,
        )
        for deployment in deployments
    ]
    marks += [Mark(v.version, v.created_at, _only_made(v), deployed=False) for v in versions]
    marks.sort(key=lambda mark: mark.at)
    total = Deployment.objects.count() + never_live.count()
    shown = marks[-limit:]
    return History(tuple(shown), total - len(shown))


def _live_before(deployments: Sequence[Deployment]) -> set[int]:
    """Those of `deployments` whose version had been live earlier."""
    return {
        deployment.pk
        for deployment in deployments
        if Deployment.objects.filter(version=deployment.version, pk__lt=deployment.pk).exists()
    }


def _went_live(deployment: Deployment, *, again: bool) -> str:
    return pgettext("timeline", "again live") if again else _made_by(deployment.version)


def _made_by(version: ModelVersion) -> str:
    """How a version came about, in one short word."""
    return {
        "starter": pgettext("timeline", "starter"),
        "full": pgettext("timeline", "full"),
        "from_scratch": pgettext("timeline", "from scratch"),
        "quick": pgettext("timeline", "quick"),
        "incremental": pgettext("timeline", "update"),
        "imported": pgettext("timeline", "imported"),
        "simulated": pgettext("timeline", "simulated"),
    }[version.origin]


def _only_made(version: ModelVersion) -> str:
    if version.origin == ModelVersion.Origin.SIMULATED:
        return _made_by(version)
    return pgettext("timeline", "not live")


def summary(shown: History) -> str:
    """The drawing in one sentence, for those who do not see it."""
    if not shown.marks:
        return _("Timeline without any version yet.")
    named = ", ".join(
        f"{mark.version} ({mark.what}, {date_format(timezone.localtime(mark.at), 'DATE_FORMAT')})"
        for mark in shown.marks
    )
    return _("Timeline of versions, oldest first: %(named)s. The table below has all of it.") % {
        "named": named
    }


def draw(shown: History, *, size: Size, theme: str) -> str:
    """The marks that fit into `size`, the newest at the right, as SVG."""
    ink = INK[theme]
    kept = shown.marks[-size.marks :]
    earlier = shown.earlier + len(shown.marks) - len(kept)
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {size.width} {HEIGHT}",
            "width": str(size.width),
            "height": str(HEIGHT),
            "font-family": FONT,
            "font-size": "12",
        },
    )
    start = 6 + (TAIL if earlier else 0)
    places = _places(kept, start=start, width=size.width, room=size.room)
    end = size.width - 10.0
    _line(root, start, end, ink["line"], width=2)
    _stretches(root, kept, [*places, end], ink)
    if earlier:
        _words(root, 2, AXIS + 4, f"+{grouped(earlier)}", ink["quiet"], anchor="start")
    for mark, place in zip(kept, places, strict=True):
        _mark(root, mark, place, ink)
    _words(root, end, AXIS - 14, pgettext("timeline", "now"), ink["quiet"], anchor="end")
    return tostring(root, encoding="unicode")


def _places(marks: Sequence[Mark], *, start: float, width: float, room: float) -> list[float]:
    if not marks:
        return []
    gaps = [
        max(0.0, (after.at - before.at).total_seconds()) / 3600
        for before, after in itertools.pairwise(marks)
    ]
    gaps.append(max(0.0, (timezone.now() - marks[-1].at).total_seconds()) / 3600)
    least = [float(room)] * (len(gaps) - 1) + [float(NOW)]
    spare = max(0.0, width - 10 - start - EDGE - sum(least))
    shares = [log1p(gap) for gap in gaps]
    total = sum(shares) or 1.0
    places, here = [], start + EDGE
    for least_room, share in zip(least, shares, strict=True):
        places.append(here)
        here += least_room + spare * share / total
    return places


def _stretches(
    root: Element, marks: Sequence[Mark], places: Sequence[float], ink: dict[str, str]
) -> None:
    """From each deployment to the next one: what was live meanwhile."""
    deployed = [place for mark, place in zip(marks, places, strict=False) if mark.deployed]
    for start, stop in zip(deployed, [*deployed[1:], places[-1]], strict=True):
        newest = start == deployed[-1]
        _line(root, start, stop, ink["live" if newest else "past"], width=6)


def _mark(root: Element, mark: Mark, place: float, ink: dict[str, str]) -> None:
    color = ink["live"] if mark.live else ink["past"] if mark.deployed else ink["quiet"]
    x, y = f"{place:.1f}", str(AXIS)
    if mark.deployed:
        shape = {"cx": x, "cy": y, "r": "8" if mark.live else "7"}
        fill = color if mark.live else ink["surface"]
        SubElement(root, "circle", shape | {"fill": fill, "stroke": color, "stroke-width": "3"})
    else:
        path = f"M{place:.1f} {AXIS - 7}l7 7-7 7-7-7z"
        drawn = {"d": path, "fill": ink["surface"], "stroke": color, "stroke-width": "1.75"}
        SubElement(root, "path", drawn)
    strong = ink["live"] if mark.live else ink["strong"]
    _words(root, place, AXIS - 18, mark.version, strong, weight="650", size="13.5")
    _words(root, place, AXIS + 27, mark.what, ink["text"])
    local = timezone.localtime(mark.at)
    day = f"{local.day} {date_format(local, 'b')}"
    if local.year != timezone.localdate().year:
        day = date_format(local, "SHORT_DATE_FORMAT")
    _words(root, place, AXIS + 44, day, ink["quiet"], size="11.5")
    _words(root, place, AXIS + 59, date_format(local, "TIME_FORMAT"), ink["quiet"], size="11.5")


def _line(root: Element, start: float, stop: float, color: str, *, width: int) -> None:
    ends = {"x1": f"{start:.1f}", "x2": f"{stop:.1f}", "y1": str(AXIS), "y2": str(AXIS)}
    look = {"stroke": color, "stroke-width": str(width), "stroke-linecap": "round"}
    SubElement(root, "line", ends | look)


def _words(
    root: Element,
    x: float,
    y: float,
    words: str,
    color: str,
    *,
    anchor: str = "middle",
    weight: str = "400",
    size: str = "12",
) -> None:
    look = {"fill": color, "text-anchor": anchor, "font-weight": weight, "font-size": size}
    SubElement(root, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}"} | look).text = words
