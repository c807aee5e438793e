"""The team's charts, drawn as those of the history are; their figures are in the address, too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

import pygal
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from modelops.words import lasted, percent
from moderation.charts import BadChart, Painter, bar_options, common
from moderation.models import Category
from moderation.selectors_team import DAYS

WIDTH, HEIGHT = 560, 210
NARROW = 340  # for a phone, so that the words stay readable
MOST_BARS = 10
SHARES = ("versions", "overturns")  # charts with a bar for each name
APPROVED = "approved"  # how approvals are called where the others have a category
_NUMBER = re.compile(r"\d{0,9}")  # nothing: not known on that day


def written(day: date, *series: Iterable[float | None]) -> str:
    """The figures of a chart by day: its last day, then each series' numbers, oldest first."""
    rows = (",".join("" if n is None else str(round(n)) for n in numbers) for numbers in series)
    return "|".join([day.isoformat(), *rows])


def written_shares(shares: Iterable[tuple[str, int, int]]) -> str:
    """The figures of a chart of shares: name, part and whole of each."""
    return ",".join(f"{name}:{part}/{whole}" for name, part, whole in shares)


def height_of(name: str, figures: str) -> int:
    """How high a chart will be drawn, in pixels, so that its place is kept while it loads."""
    return _height_of(figures.count(",") + 1) if name in SHARES else HEIGHT


def _height_of(bars: int) -> int:
    return 40 + 26 * bars


def _by_day(figures: str, series: int) -> tuple[list[date], list[list[int | None]]]:
    last, *rows = figures.split("|")
    try:
        end = date.fromisoformat(last)
        days = [end - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    except (ValueError, OverflowError):
        raise BadChart(figures) from None
    cells = [row.split(",") for row in rows]
    good = len(cells) == series and all(len(row) == DAYS for row in cells)
    if not good or not all(_NUMBER.fullmatch(cell) for row in cells for cell in row):
        raise BadChart(figures)
    return days, [[int(cell) if cell else None for cell in row] for row in cells]


def _throughput(figures: str, ink: dict[str, str], *, width: int) -> pygal.Graph:
    days, series = _by_day(figures, 3)
    colors = (ink["good"], ink["bad"], ink["bands"].split()[2])
    totals = [sum(n or 0 for n in day) for day in zip(*series, strict=True)]
    top = max([4, *totals])
    options = common(ink, colors, width) | bar_options(totals) | _time_axis(days, width)
    options |= {"spacing": 2, "rounded_bars": 0, "show_y_guides": True}
    options |= {"range": (0, top), "y_labels": _ticks(top, _COUNTS)}
    chart = pygal.StackedBar(**options)
    for numbers in series:
        chart.add("", numbers)
    return chart


def _waiting(figures: str, ink: dict[str, str], *, width: int) -> pygal.Graph:
    days, series = _by_day(figures, 2)
    longest = max([60, *(n for row in series for n in row if n is not None)])
    ticks = [
        {"value": tick, "label": lasted(tick) if tick else "0"} for tick in _ticks(longest, _TIMES)
    ]
    chart = pygal.Line(
        **_lines(ink, (ink["accent"], ink["bands"].split()[2]), days, width),
        range=(0, longest),
        y_labels=ticks,
    )
    for numbers in series:
        chart.add("", numbers)
    return chart


def _agreement(figures: str, ink: dict[str, str], *, width: int) -> pygal.Graph:
    days, [shares] = _by_day(figures, 1)
    ticks = [{"value": tick, "label": f"{tick} %"} for tick in range(0, 101, 25)]
    chart = pygal.Line(**_lines(ink, (ink["accent"],), days, width), range=(0, 100), y_labels=ticks)
    # in per mille, since the address has whole numbers only
    chart.add("", [None if share is None else share / 10 for share in shares])
    return chart


def _shares(
    figures: str, names: dict[str, str] | None, ink: dict[str, str], width: int
) -> pygal.Graph:
    found = [re.fullmatch(r"([\w.+-]{1,24}):(\d{1,9})/(\d{1,9})", p) for p in figures.split(",")]
    if len(found) > MOST_BARS:
        raise BadChart(figures)
    bars: list[tuple[str, float]] = []
    for match in found[::-1]:  # pygal draws from the bottom
        if match is None or (names is not None and match[1] not in names):
            raise BadChart(figures)
        share = int(match[2]) / max(int(match[3]), 1)
        words = names[match[1]] if names is not None else match[1]
        bars.append((f"{words} · {percent(share)} %", 100 * share))
    options = common(ink, (ink["accent"],), width) | bar_options([100])
    options |= {"show_x_labels": False, "show_x_guides": False, "range": (0, 100)}
    options["height"] = _height_of(len(bars))
    chart = pygal.HorizontalBar(**options)
    chart.x_labels = [words for words, _share in bars]
    chart.add("", [share for _words, share in bars])
    return chart


def _versions(figures: str, ink: dict[str, str], *, width: int) -> pygal.Graph:
    return _shares(figures, None, ink, width)


def _overturns(figures: str, ink: dict[str, str], *, width: int) -> pygal.Graph:
    return _shares(figures, {APPROVED: _("Approved"), **named_categories()}, ink, width)


def named_categories() -> dict[str, str]:
    return {code: str(name) for code, name in Category.choices}


PAINTERS: dict[str, Painter] = {
    f"{painter.__name__.strip('_')}{suffix}": partial(painter, width=width)
    for painter in (_throughput, _waiting, _agreement, _versions, _overturns)
    for suffix, width in (("", WIDTH), ("-narrow", NARROW))
}


def _time_axis(days: Sequence[date], width: int) -> dict[str, Any]:
    month = "b" if get_language() == "es" else "M"  # nov, Nov
    words = [f"{day.day} {date_format(day, month)}" for day in days]
    return {
        "height": HEIGHT,
        "x_labels": words,
        # once a week, the last day among them
        "x_labels_major": words[:: -14 if width == NARROW else -7],
        "show_minor_x_labels": False,
        "margin_right": 18,
    }


def _lines(
    ink: dict[str, str], colors: tuple[str, ...], days: Sequence[date], width: int
) -> dict[str, Any]:
    options = common(ink, colors, width) | _time_axis(days, width)
    options["style"].stroke_opacity = "1"
    options["style"].stroke_width = "2"
    return options | {
        "show_legend": False,  # the page has it, in its own words and colours
        "show_dots": True,
        "dots_size": 2.5,
        "show_x_guides": False,
        "show_y_guides": True,
        "allow_interruptions": True,
    }


_COUNTS = [m * 10**power for power in range(9) for m in (1, 2, 5)]
_TIMES = [15, 60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600] + [
    days * 86400 for days in _COUNTS
]


def _ticks(top: float, steps: Sequence[int]) -> list[int]:
    """A few round values from 0 to `top`."""
    step = next((step for step in steps if top / step <= 5), steps[-1])
    return list(range(0, int(top) + 1, step))
