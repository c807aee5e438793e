"""Spanish numbers with points between thousands (10.000), as browsers write them."""

from __future__ import annotations

THOUSAND_SEPARATOR = "."
