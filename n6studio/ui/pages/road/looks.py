"""States of the road page to be looked at; see `n6studio.ui.screens`."""

import dataclasses

from n6studio.domain.errors.stages import Cancelled, ConfidenceCollapse
from n6studio.domain.messages import Progressed, StepBegan
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.ui.pages.look import Look, Scene


def _run(scene: Scene) -> None:
    scene.context.job_started.emit(QUANTIZE.name)
    scene.context.job_message.emit(QUANTIZE.name, StepBegan("calibrate", 3, 5))
    scene.context.job_message.emit(QUANTIZE.name, Progressed(31, 48, "images"))
    scene.wait(0.7)


def _collapse(scene: Scene) -> None:
    scene.context.job_started.emit(QUANTIZE.name)
    error = ConfidenceCollapse(float_people=66, int8_people=0, images=32, head="int8")
    scene.context.job_failed.emit(QUANTIZE.name, error)


def _end(scene: Scene) -> None:
    scene.context.job_started.emit(QUANTIZE.name)
    scene.context.job_failed.emit(QUANTIZE.name, Cancelled(stage=QUANTIZE.name))


def _ask(scene: Scene) -> None:
    """Let the images be missing: they are put back afterwards."""
    project = scene.context.project
    if project is not None:
        scene.context.project = dataclasses.replace(project, calibration=None)
        scene.page("road").main_action()
        scene.context.project = project


LOOKS = (
    Look("running", _run, _end),
    Look("collapsed", _collapse, _end),
    Look("question", _ask, _end),
)
