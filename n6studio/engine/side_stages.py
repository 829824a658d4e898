"""Stages that are run when somebody asks for them: they explain results of the chain, and nothing depends on them."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.domain.errors.base import InputError
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.requests import InputFile, StageRequest
from n6studio.domain.settings import (
    SIDE_STAGE_SETTINGS,
    CalibrationHealthSettings,
    Int8OutputSettings,
    LayerErrorsSettings,
    QuantizeSettings,
    RangeConvergenceSettings,
    from_mapping,
    plain_values,
)
from n6studio.engine.chain import Announce, Finished, StageState, calibration_of, data_of, run_chain, status
from n6studio.engine.jobs.child import MessageSink
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import StageResult, find_fresh, holding, load_result, make_request, run_stage
from n6studio.engine.project.project import Project, save_project
from n6studio.engine.project.skeletons import skeleton_input
from n6studio.engine.project.staleness import why_stale

SIDE_STAGES = tuple(SIDE_STAGE_SETTINGS)
ASKED = ("video_frames",)  # run with what somebody chose for this one time
_UNTIL = {
    "layer_errors": "quantize",
    "range_convergence": "export",
    "int8_output": "quantize",
}  # how far the chain must be


@dataclass(frozen=True)
class SideAsk:
    """What one of `ASKED` is asked for.

    Attributes:
        settings: of the stage's class.
        inputs: role -> files.
    """

    settings: Any
    inputs: Mapping[str, tuple[Path, ...]]

    def request(self, stage: str, hashes: HashCache) -> StageRequest:
        """Return the complete request.

        Raises:
            FileMissing, FileUnreadable: an input is not there.
        """
        files = {role: tuple(input_of(path, hashes) for path in paths) for role, paths in self.inputs.items()}
        return make_request(stage, self.settings, files)


def run_side_stage(
    project: Project,
    stage: str,
    on_message: MessageSink,
    cancel: threading.Event,
    announce: Announce = lambda stage, fresh, why: None,
    ask: SideAsk | None = None,
    force: bool = False,
    finished: Finished = lambda stage, result: None,
) -> StageResult:
    """Run one of `SIDE_STAGES` unless its result is fresh; what it needs of the chain runs first (`_UNTIL`).

    Those of `ASKED` follow from nothing in the project and need an `ask`.

    Raises:
        StudioError: what stopped it.
    """
    save_project(project)
    hashes = project.hashes()
    if stage in _UNTIL:
        done = run_chain(project, on_message, cancel, announce, until=_UNTIL[stage], finished=finished).stages
        hashes = project.hashes()
    else:  # what was asked for once needs nothing of the chain, whose state takes long to tell
        done = fresh_results(status(project, hashes)) if ask is None else {}
    with holding(project.folder):
        request = ask.request(stage, hashes) if ask is not None else side_request(project, stage, done, hashes)
        folder = project.run_folder(stage, request.fingerprint())
        known = None if force else find_fresh(request, folder, hashes)
        last = next((load_result(stage, path) for path in project.runs(stage)), None)
        announce(stage, known is not None, () if known else why_stale(request, last))
        result = run_stage(request, folder, on_message, cancel, hashes, force)
        hashes.save()
    finished(stage, result)
    return result


def fresh_results(states: Mapping[str, StageState]) -> dict[str, StageResult]:
    """Return the results that still answer the project."""
    return {stage: state.result for stage, state in states.items() if state.result is not None and not state.stale}


def side_request(project: Project, stage: str, done: Mapping[str, StageResult], hashes: HashCache) -> StageRequest:
    """Return the request of a side stage, given the fresh results of the chain.

    Raises:
        FileMissing, FileUnreadable: an input is not there.
        SettingInvalid: there are no calibration pictures.
    """
    if stage == "int8_output":
        return _int8_output_request(project, done, hashes)
    quantize: QuantizeSettings = project.stage_settings("quantize")
    inputs: dict[str, tuple[InputFile, ...]] = {"calibration": (calibration_of(project, hashes),)}
    if stage == "calibration_health":
        if "export" in done:
            inputs["network"] = (input_of(done["export"].outputs["tflite"], hashes),)
        if project.data is not None and project.data != project.calibration:
            inputs["data"] = (input_of(project.data, hashes, pictures_only=project.data.is_dir()),)
            if project.images is not None:
                inputs["images"] = (input_of(project.images, hashes, pictures_only=True),)
        return make_request(stage, CalibrationHealthSettings(resize=quantize.resize), inputs)
    inputs["reference"] = (input_of(done["export"].outputs["tflite"], hashes),)
    as_calibrated = {name: getattr(quantize, name) for name in ("seed", "exclude", "resize", "scale", "offset")}
    if stage == "range_convergence":
        return make_request(stage, RangeConvergenceSettings(**as_calibrated), inputs)
    inputs["quantized"] = (input_of(done["quantize"].outputs["tflite"], hashes),)
    return make_request(stage, LayerErrorsSettings(**as_calibrated), inputs)


def _int8_output_request(project: Project, done: Mapping[str, StageResult], hashes: HashCache) -> StageRequest:
    """Return the request that judges as the project's evaluation does; Ultralytics' own validation adds nothing."""
    judging = plain_values(project.stage_settings("evaluate"))
    settings = from_mapping(Int8OutputSettings, {**judging, "worst": 0, "with_ultralytics": False})
    inputs: dict[str, tuple[InputFile, ...]] = {
        "models": (input_of(done["quantize"].outputs["tflite"], hashes),),
        "data": (data_of(project, hashes),),
    }
    if project.images is not None:
        inputs["images"] = (input_of(project.images, hashes, pictures_only=True),)
    if project.skeleton is not None:
        inputs["skeleton"] = (skeleton_input(project.folder, project.skeleton),)
    return make_request("int8_output", settings, inputs)


def side_status(project: Project, states: Mapping[str, StageState], hashes: HashCache) -> dict[str, StageState]:
    """Return the state of every side stage, as `chain.status` does for the chain's."""
    done, found = fresh_results(states), {}
    for stage in SIDE_STAGES:
        last = next((load_result(stage, path) for path in project.runs(stage)), None)
        if stage in ASKED:
            found[stage] = StageState(last)
            continue
        if stage in _UNTIL and _UNTIL[stage] not in done:
            found[stage] = StageState(last, (f"{_UNTIL[stage]} must run first",))
            continue
        try:
            request = side_request(project, stage, done, hashes)
            known = find_fresh(request, project.run_folder(stage, request.fingerprint()), hashes)
        except (InputError, SettingInvalid):
            found[stage] = StageState(last, ("its inputs are missing",))
            continue
        reasons = () if known else why_stale(request, last) or ("its outputs were changed or removed",)
        found[stage] = StageState(known or last, reasons)
    return found
