import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """Models and pictures for testing that are no part of the project; tests that need them skip without."""
    place = Path(os.environ.get("N6_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    if not (place / "models").is_dir():
        pytest.skip("no shared models and pictures here")
    return place
