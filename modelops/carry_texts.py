"""What the command and the page call the thresholds that they compare."""

from __future__ import annotations

from django.utils.translation import gettext as _

from modelops.ml.carry import Carried, Switch


def named_switches(carried: Carried) -> list[tuple[str, Switch]]:
    """The thresholds here that there is something to say about, each with its name."""
    rows = (
        (_("flags as many"), carried.found),
        (_("in force now"), carried.in_force),
        (_("the same number"), carried.same_number),
    )
    return [(name, switch) for name, switch in rows if switch is not None]
