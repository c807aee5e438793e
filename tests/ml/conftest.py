from __future__ import annotations

from pathlib import Path

import pytest

from modelops.ml.artifacts import NumericModel, read_numeric
from modelops.ml.scorer import Scorer

STARTER = Path(__file__).parents[2] / "models_store" / "starter"


@pytest.fixture(scope="session")
def starter() -> NumericModel:
    return read_numeric(STARTER)


@pytest.fixture(scope="session")
def scorer(starter: NumericModel) -> Scorer:
    return Scorer.from_numeric(starter)
