"""Which stages run before which."""

import pytest

from n6studio.stages.calibration_health.stage import CALIBRATION_HEALTH
from n6studio.stages.deploy.stage import DEPLOY
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.inspect.stage import INSPECT
from n6studio.stages.int8_output.stage import INT8_OUTPUT
from n6studio.stages.layer_errors.stage import LAYER_ERRORS
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.stages.range_convergence.stage import RANGE_CONVERGENCE
from n6studio.stages.registry import CHAIN, through

BEFORE = {
    INSPECT: [],
    EXPORT: ["inspect"],
    QUANTIZE: ["inspect", "export"],
    DEPLOY: ["inspect", "export", "quantize"],
    LAYER_ERRORS: ["inspect", "export", "quantize"],
    RANGE_CONVERGENCE: ["inspect", "export"],
    INT8_OUTPUT: ["inspect", "export", "quantize"],
    CALIBRATION_HEALTH: [],
}


@pytest.mark.parametrize("stage", BEFORE, ids=lambda stage: stage.name)
def test_a_stage_runs_after_all_that_it_needs(stage):
    assert [one.name for one in through(stage)] == [*BEFORE[stage], stage.name]


def test_the_chain_is_run_whole_and_in_order():
    assert [stage.name for stage in through(*CHAIN)] == ["inspect", "export", "quantize", "evaluate"]
