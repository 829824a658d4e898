import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def _memory_is_looked_through_as_seldom_as_in_a_stage() -> Iterator[None]:
    """Spare what runs of a stage in this process what its own process is spared: see `NEW_OBJECTS`."""
    from n6studio.stages.__main__ import NEW_OBJECTS

    usual = gc.get_threshold()
    gc.set_threshold(NEW_OBJECTS, 20, 20)
    yield
    gc.set_threshold(*usual)
