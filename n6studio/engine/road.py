"""The stages between a checkpoint and a board that runs it, in order: as the window and ``run --board`` take them."""

from n6studio.domain.stage import AnyStage
from n6studio.stages.deploy.stage import DEPLOY
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.inspect.stage import INSPECT
from n6studio.stages.quantize.stage import QUANTIZE

ROAD: tuple[AnyStage, ...] = (INSPECT, EXPORT, QUANTIZE, EVALUATE, DEPLOY)
