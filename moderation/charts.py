"""Charts, drawn by pygal and served as `.svg` resources for `<img>`; here those of the history.

An image's figures are in its address, so it asks nothing of the database and may be cached.
pygal's script and style attributes are taken out; the style sheet that stays is allowed by its
hash, inside the image only.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from typing import Any
from xml.etree.ElementTree import Element

import pygal
from django.utils.translation import gettext as _
from pygal.style import Style

from modelops.words import grouped
from moderation.models import Category

HEIGHT = 170
Painter = Callable[[str, dict[str, str]], pygal.Graph]  # of figures and colours
FONT = 'Roboto, "Segoe UI", "Helvetica Neue", Arial, sans-serif'
_INK = {
    "light": {"text": "#45525d", "line": "#dfe4e8", "accent": "#2a8583", "good": "#3f9a68"}
    | {"bad": "#c94a43", "surface": "#ffffff", "bands": "#3f9a68 #93ab4c #d49a2c #d2703a #c94a43"},
    "dark": {"text": "#b8c3cc", "line": "#2b343c", "accent": "#4fb3ab", "good": "#4fae7c"}
    | {"bad": "#e07a70", "surface": "#191f25", "bands": "#4fae7c #9bb65c #d9a544 #dd8a55 #e07a70"},
}


class BadChart(ValueError):
    """No such chart, or figures that are none."""


@dataclass(frozen=True, slots=True)
class Chart:
    svg: str
    policy: str  # its Content-Security-Policy


def draw(
    name: str, figures: str, theme: str, *, painters: Mapping[str, Painter] | None = None
) -> Chart:
    """Draw chart `name` of `painters`, by default one of the history's. Raises BadChart.

    Theirs ("answers", "bands", "categories") take `figures` that are whole numbers with commas
    between; for "categories" each after its code and a colon: "insult:12,threat:3".
    """
    ink = _INK.get(theme)
    painter = (painters or PAINTERS).get(name)
    if ink is None or painter is None:
        raise BadChart(name)
    drawing = painter(figures, ink)
    drawing.add_xml_filter(_strip)
    svg = drawing.render(is_unicode=True)
    return Chart(svg=svg, policy=_policy(svg))


def numbers_in(figures: str, count: int) -> list[int]:
    """`count` whole numbers with commas between. Raises BadChart."""
    parts = figures.split(",")
    if len(parts) != count or not all(re.fullmatch(r"\d{1,12}", part) for part in parts):
        raise BadChart(figures)
    return [int(part) for part in parts]


def _answers(figures: str, ink: dict[str, str]) -> pygal.Graph:
    safe, toxic = numbers_in(figures, 2)
    colors = (ink["good"], ink["bad"])
    chart = pygal.Pie(
        inner_radius=0.62, show_legend=True, legend_box_size=10, **common(ink, colors, 270)
    )
    total = safe + toxic or 1
    for words, value in ((_("Not toxic"), safe), (_("Toxic"), toxic)):
        share = grouped(round(100 * value / total))
        chart.add(f"{words} {share} %", value)
    return chart


def _bands(figures: str, ink: dict[str, str]) -> pygal.Graph:
    numbers = numbers_in(figures, 5)
    colors = tuple(ink["bands"].split())
    chart = pygal.StackedBar(
        **common(ink, colors, 280),
        **bar_options(numbers),
        show_y_labels=False,
        print_values=True,
        print_values_position="top",
    )
    chart.x_labels = [f"{low}–{low + 20}" for low in range(0, 100, 20)]
    for place, number in enumerate(numbers):
        chart.add("", [number if place == i and number else None for i in range(5)])
    return chart


def _categories(figures: str, ink: dict[str, str]) -> pygal.Graph:
    pairs = [part.partition(":") for part in figures.split(",")]
    names = dict(Category.choices)
    if any(code not in names for code, _colon, _number in pairs):
        raise BadChart(figures)
    numbers = numbers_in(",".join(number for _c, _colon, number in pairs), len(pairs))
    chart = pygal.HorizontalBar(
        **common(ink, (ink["accent"],), 330),
        **bar_options(numbers),
        show_x_labels=False,
        show_x_guides=False,
    )
    chart.x_labels = [
        f"{names[code]} · {grouped(number)}"
        for (code, _colon, _n), number in zip(pairs[::-1], numbers[::-1], strict=True)
    ]
    chart.add("", numbers[::-1])
    return chart


PAINTERS: dict[str, Painter] = {"answers": _answers, "bands": _bands, "categories": _categories}


def bar_options(numbers: list[int]) -> dict[str, Any]:
    # Room above the longest bar for its number.
    return {
        "show_legend": False,
        "show_y_guides": False,
        "rounded_bars": 3,
        "range": (0, max([*numbers, 1]) * 1.18),
        "spacing": 6,
    }


def common(ink: dict[str, str], colors: tuple[str, ...], width: int) -> dict[str, Any]:
    style = Style(
        background="transparent",
        plot_background="transparent",
        foreground=ink["text"],
        foreground_strong=ink["text"],
        foreground_subtle=ink["line"],
        guide_stroke_color=ink["line"],
        major_guide_stroke_color=ink["line"],
        opacity="1",
        opacity_hover="1",
        stroke_opacity="0",
        transition="0s",
        colors=colors,
        value_colors=(ink["text"],) * len(colors),
        font_family=FONT,
        label_font_size=12,
        major_label_font_size=12,
        value_font_size=12,
        legend_font_size=12,
        no_data_font_size=13,
    )
    return {
        "width": width,
        "height": HEIGHT,
        "style": style,
        "margin": 6,
        "js": [],
        "no_prefix": True,
        "truncate_label": -1,
        "css": ["file://style.css", "file://graph.css", "inline:.axis .line{stroke:none}"],
        "disable_xml_declaration": True,
        "formatter": lambda value: grouped(round(value)) if value else "",
        "no_data_text": _("Nothing yet"),
    }


def _strip(root: Element) -> Element:
    """Leave only drawing: no script, no tooltips, no style attributes, no comments."""
    for parent in list(root.iter()):
        parent.attrib.pop("style", None)
        for child in list(parent):
            told = not isinstance(child.tag, str) or child.tag in ("script", "title", "desc")
            if told or "tooltip-overlay" in child.get("class", ""):
                parent.remove(child)
    return root


def _policy(svg: str) -> str:
    """A policy that lets in the image's own style sheets, by the hashes of their texts."""
    sheets = re.findall(r"<style\b[^>]*>(.*?)</style>", svg, flags=re.DOTALL)
    hashes = " ".join(
        f"'sha256-{b64encode(sha256(unescape(sheet).encode()).digest()).decode()}'"
        for sheet in sheets
    )
    return f"default-src 'none'; style-src {hashes}"
