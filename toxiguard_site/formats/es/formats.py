"""Spanish numbers with points between thousands (10.000), as browsers and spreadsheets write them."""

from __future__ import annotations

THOUSAND_SEPARATOR = "."
