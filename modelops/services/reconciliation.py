from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit; `reconcile_texts` words code and outcome.

    `outcome` is empty while nothing was done, or nothing can be done.
    """

    code: str
    subject: str
    files: tuple[str, ...] = ()
    outcome: str = ""
