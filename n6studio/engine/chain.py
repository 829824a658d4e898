"""The whole chain on a project: inspect, export, quantize, evaluate; what is fresh is not run again."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import InputError
from n6studio.domain.errors.datasets import CalibrationChanged
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.file_names import short_stem
from n6studio.domain.pose.skeleton import COCO, Skeleton
from n6studio.domain.requests import InputFile, StageRequest
from n6studio.engine.jobs.child import MessageSink
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import StageResult, find_fresh, holding, load_result, make_request, run_stage
from n6studio.engine.project.project import Project, save_project
from n6studio.engine.project.skeletons import save_skeleton, skeleton_input
from n6studio.engine.project.staleness import why_stale
from n6studio.system.files import make_folder

CHAIN = ("inspect", "export", "quantize", "evaluate")

Announce = Callable[[str, bool, tuple[str, ...]], None]
Finished = Callable[[str, StageResult], None]


@dataclass(frozen=True)
class ChainResult:
    """What the chain left: stage -> result, in the order of `CHAIN`."""

    project: Project
    stages: dict[str, StageResult]


def run_chain(
    project: Project,
    on_message: MessageSink,
    cancel: threading.Event,
    announce: Announce = lambda stage, fresh, why: None,
    force: bool | str = False,
    until: str = CHAIN[-1],
    finished: Finished = lambda stage, result: None,
) -> ChainResult:
    """Run every stage that is not fresh, in order, and return all results.

    Args:
        project: its file is written first, so that a failed run can be taken up again.
        on_message: gets the stages' messages.
        cancel: stops the running stage when set.
        announce: called before each stage with its name, whether it is fresh, and why it is run if not.
        force: True runs everything again, a stage's name only that one.
        until: the last stage that is wanted.
        finished: called after each stage with its name and its result.

    Raises:
        StudioError: what stopped a stage; finished stages are kept.
    """
    make_folder(project.folder)
    with holding(project.folder):
        save_project(project)
        hashes = project.hashes()
        stages: dict[str, StageResult] = {}
        wanted = CHAIN[: CHAIN.index(until) + 1]
        for stage in wanted:
            if cancel.is_set():
                raise Cancelled(stage=stage)
            if stage == "export" and "quantize" in wanted:  # it takes long; what will lack later is better told before
                _require_pictures(project, hashes, wanted)
            again = force is True or force == stage
            if stage == "evaluate" and (skeleton := told_skeleton(project, stages.get("inspect"))) is not None:
                save_skeleton(project.folder, skeleton)
            request = chain_request(project, stage, stages, hashes)
            folder = project.run_folder(stage, request.fingerprint())
            fresh = not again and find_fresh(request, folder, hashes) is not None
            changed = why_stale(request, _nearest(project, request)) or ("files of its result or data changed",)
            announce(stage, fresh, () if fresh else ("asked for",) if again else changed)
            stages[stage] = run_stage(request, folder, on_message, cancel, hashes, again)
            hashes.save()
            finished(stage, stages[stage])
    return ChainResult(project, stages)


def _nearest(project: Project, request: StageRequest) -> StageResult | None:
    """Return the result of the same stage that differs least from what is wanted now, the newest of equals."""
    known = [result for path in project.runs(request.stage) if (result := load_result(request.stage, path))]
    return min(known, key=lambda result: len(why_stale(request, result)), default=None)


def _require_pictures(project: Project, hashes: HashCache, wanted: tuple[str, ...]) -> None:
    if not project.stage_settings("quantize").fake:
        calibration_of(project, hashes)
    if "evaluate" in wanted:
        data_of(project, hashes)


@dataclass(frozen=True)
class StageState:
    """How far a stage is.

    Attributes:
        result: its latest result, also where that no longer answers the project; None where there is none.
        stale: why it would run again; () where the result is fresh.
    """

    result: StageResult | None
    stale: tuple[str, ...] = ()


def status(project: Project, hashes: HashCache) -> dict[str, StageState]:
    """Return the state of every stage. Reads and hashes files, so it may take a while; runs nothing.

    A stage whose inputs are missing, or come from a stage that is not fresh, is judged by its latest result.
    """
    states: dict[str, StageState] = {}
    fresh: dict[str, StageResult] = {}
    for stage in CHAIN:
        last = next((load_result(stage, path) for path in project.runs(stage)), None)
        waiting = [f"{name} must run first" for name in _NEEDS[stage] if name not in fresh]
        if waiting:
            states[stage] = StageState(last, tuple(waiting))
            continue
        try:
            request = chain_request(project, stage, fresh, hashes)
            known = find_fresh(request, project.run_folder(stage, request.fingerprint()), hashes)
        except InputError as error:
            states[stage] = StageState(last, (advice(error).title,))
            continue
        if known is None:
            reasons = why_stale(request, last)
            states[stage] = StageState(last, reasons or ("its outputs were changed or removed",))
        else:
            fresh[stage] = known
            states[stage] = StageState(known)
    return states


_NEEDS: dict[str, tuple[str, ...]] = {
    "inspect": (),
    "export": (),
    "quantize": ("export",),
    "evaluate": ("inspect", "export", "quantize"),
}


def chain_request(project: Project, stage: str, done: dict[str, StageResult], hashes: HashCache) -> StageRequest:
    """Return the request for `stage`, given the results of the stages before it.

    Raises:
        FileMissing, FileUnreadable: an input is not there.
        SettingInvalid: there are no calibration pictures and calibration is not fake.
    """
    settings = project.stage_settings(stage)
    model = input_of(project.model, hashes)
    inputs: dict[str, tuple[InputFile, ...]]
    if stage == "inspect":
        inputs = {"model": (model,)}
    elif stage == "export":
        inputs = {"model": (model,)}
        if project.check_images is not None:
            inputs["images"] = (input_of(project.check_images, hashes, pictures_only=True),)
    elif stage == "quantize":
        inputs = {"model": (input_of(done["export"].outputs["saved_model"], hashes),)}
        if not settings.fake:
            inputs["calibration"] = (calibration_of(project, hashes),)
    else:
        judged, reference = done["quantize"].outputs["tflite"], done["export"].outputs["tflite"]
        inputs = {
            "models": (input_of(judged, hashes), input_of(reference, hashes)),
            "sources": (input_of(judged, hashes), model),
            "data": (data_of(project, hashes),),
        }
        if project.images is not None:
            inputs["images"] = (input_of(project.images, hashes, pictures_only=True),)
        skeleton = told_skeleton(project, done.get("inspect"))
        if skeleton is not None:
            inputs["skeleton"] = (skeleton_input(project.folder, skeleton),)
    return make_request(stage, settings, inputs)


def told_skeleton(project: Project, inspected: StageResult | None) -> Skeleton | None:
    """Return the skeleton that somebody told: edited in the project, or stored in the checkpoint by name.

    None where only the number of keypoints is known; labels then say more.
    """
    if project.skeleton is not None or inspected is None or not inspected.figures.get("keypoint_names"):
        return project.skeleton
    found = project.skeleton_of(inspected.figures)
    return None if found == COCO else found


def skeleton_of(project: Project) -> Skeleton | None:
    """Return the keypoints of the project's network, edited or not; None before the network was inspected.

    Whatever draws, names or judges keypoints outside the window takes them from here. Reads the last inspection.
    """
    inspected = next((load_result("inspect", path) for path in project.runs("inspect")), None)
    return project.skeleton_of(inspected.figures if inspected else None)


def calibration_of(project: Project, hashes: HashCache) -> InputFile:
    """Return the calibration pictures as an input.

    Raises:
        SettingInvalid: the project names none.
        CalibrationChanged: they were locked, and are others now.
    """
    if project.calibration is None:
        raise SettingInvalid(
            name="calibration", value="empty", allowed="a folder of pictures (--calibration FOLDER), or --fake"
        )
    found = input_of(project.calibration, hashes, pictures_only=True)
    lock = project.calibration_lock
    if lock is not None and found.sha256 != lock:
        raise CalibrationChanged(path=project.calibration, locked=lock[:12], found=found.sha256[:12])
    return found


def data_of(project: Project, hashes: HashCache) -> InputFile:
    """Return what to evaluate on; without labelled data the calibration pictures, on which only agreement can be told.

    Raises:
        SettingInvalid: the project names neither data nor calibration pictures.
    """
    if project.data is None:
        return calibration_of(project, hashes)
    return input_of(project.data, hashes, pictures_only=project.data.is_dir())


def project_folder_for(model: Path) -> Path:
    """Return where the project of a checkpoint goes by default: NAME.n6 in the working folder."""
    return Path.cwd() / f"{short_stem(model)}.n6"
