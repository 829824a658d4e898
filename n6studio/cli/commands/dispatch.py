"""What each command does: build requests, hand them to the engine, print what came back."""

import argparse
import contextlib
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from n6studio.cli import texts
from n6studio.cli.parser import chosen_settings, settings_table
from n6studio.cli.progress import Progress
from n6studio.domain.encoding import plain_values_of
from n6studio.domain.errors.base import ExitCode
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.file_names import short_stem
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.domain.results import AnyResult, F, StageResult
from n6studio.domain.settings import from_mapping
from n6studio.domain.stage import Stage
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import holding, make_request, run_stage
from n6studio.engine.project.skeletons import read_skeleton, save_skeleton, skeleton_input
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.inspect.stage import INSPECT
from n6studio.stages.quantize.stage import QUANTIZE, QuantizeSettings
from n6studio.system.files import make_folder


def run(options: argparse.Namespace) -> int:
    """Run the command that was typed."""
    handlers: dict[str, Callable[[argparse.Namespace], int]] = {
        "inspect": _inspect,
        "export": _export,
        "quantize": _quantize,
        "evaluate": _evaluate,
        "run": _run,
        "demo": _demo,
        "virtual-board": _virtual_board,
        "live": _live,
        "deploy": _deploy,
        "flash": _flash,
        "board": _board,
        "doctor": _doctor,
        "tools": _tools,
        "settings": _settings,
    }
    return handlers[options.command](options)


@contextlib.contextmanager
def cancelling() -> Iterator[threading.Event]:
    """Let Ctrl-C (and a polite end from outside) stop the running stage cleanly; a second Ctrl-C at once.

    Further ones must not interrupt the tidying up.
    """
    cancel = threading.Event()
    hurried = threading.Event()

    def stop(number: int, frame: Any) -> None:
        if cancel.is_set() and not hurried.is_set():
            hurried.set()
            raise KeyboardInterrupt
        cancel.set()

    known = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield cancel
    finally:
        for number, handler in known.items():
            signal.signal(number, handler)


def stage(
    made: Stage[Any, F],
    settings: dict[str, Any],
    inputs: dict[str, list[Path]],
    folder: Path,
    options: argparse.Namespace,
    pictures: tuple[str, ...] = (),
    skeleton: Skeleton | None = None,
) -> StageResult[F]:
    """Run one stage into `folder` and return its result.

    Args:
        made: the stage.
        settings: what was typed; the rest are defaults.
        inputs: role -> paths.
        folder: where its outputs go.
        options: --quiet and --force count.
        pictures: roles of which only pictures count.
        skeleton: the network's keypoints, where somebody described them.
    """
    hashes = HashCache()
    files = {role: tuple(input_of(path, hashes, role in pictures) for path in paths) for role, paths in inputs.items()}
    if skeleton is not None:
        save_skeleton(folder.absolute(), skeleton)
        files["skeleton"] = (skeleton_input(folder.absolute(), skeleton),)
    request = make_request(made, from_mapping(made.settings, settings), files)
    progress = Progress(options.quiet)
    make_folder(folder)
    try:
        with cancelling() as cancel, holding(folder):
            return run_stage(made, request, folder, progress, cancel, hashes, getattr(options, "force", False))
    finally:
        progress.clear()


def _print(options: argparse.Namespace, data: dict[str, Any], text: str) -> int:
    if options.json:
        sys.stdout.write(json.dumps(plain_values_of({"ok": True, "command": options.command, **data}), indent=1) + "\n")
    else:
        sys.stdout.write(text.rstrip("\n") + "\n")
    return ExitCode.OK


def result_data(result: AnyResult) -> dict[str, Any]:
    """Return a stage's result as plain values."""
    return {
        "folder": str(result.folder),
        "fresh": result.fresh,
        "outputs": {role: str(path) for role, path in result.outputs.items()},
        "figures": result.figures,
        "warnings": list(result.warnings),
        "versions": result.versions,
    }


def _inspect(options: argparse.Namespace) -> int:
    import tempfile

    if not options.model.exists():
        raise FileMissing(path=options.model)
    with tempfile.TemporaryDirectory(prefix="n6studio-") as folder:
        result = stage(INSPECT, {}, {"model": [options.model]}, Path(folder), options)
    return _print(options, {"figures": result.figures, "warnings": list(result.warnings)}, texts.inspect(result))


def _export(options: argparse.Namespace) -> int:
    folder = options.output or Path("n6studio-out") / short_stem(options.model)
    inputs = {"model": [options.model]}
    if options.images is not None:
        inputs["images"] = [options.images]
    result = stage(EXPORT, chosen_settings(options, "export"), inputs, folder, options, ("images",))
    return _print(options, result_data(result), texts.export(result))


def _quantize(options: argparse.Namespace) -> int:
    settings = chosen_settings(options, "quantize")
    model, calibration, folder = options.model, options.calibration, options.output
    progress = Progress(options.quiet)
    if options.config is not None:
        from n6studio.engine.st_files.quantize_yaml import read_st_config

        config = read_st_config(options.config)
        for note in config.notes:
            progress.say(f"Note: {note}", always=True)
        width, height = config.size
        settings = {**_differing(config.settings), "expect_width": width, "expect_height": height, **settings}
        model, calibration = model or config.model_path, calibration or config.calibration
        folder = folder or config.export_path
    if model is None:
        raise SettingInvalid(name="SAVEDMODEL", value="empty", allowed="a SavedModel folder, or --config YAML")
    chosen: QuantizeSettings = from_mapping(QuantizeSettings, settings)
    if calibration is None and not chosen.fake:
        raise SettingInvalid(name="calibration", value="empty", allowed="--calibration FOLDER, or --fake")
    inputs = {"model": [model]}
    if not chosen.fake:
        inputs["calibration"] = [calibration]
    result = stage(QUANTIZE, settings, inputs, folder or model.absolute().parent, options, ("calibration",))
    notes = _write_config(options, chosen, model, calibration, result)
    return _print(options, result_data(result), texts.quantize(result) + notes)


def _differing(settings: QuantizeSettings) -> dict[str, Any]:
    defaults = vars(QuantizeSettings())
    return {name: value for name, value in vars(settings).items() if value != defaults[name]}


def _write_config(
    options: argparse.Namespace,
    settings: QuantizeSettings,
    model: Path,
    calibration: Path | None,
    result: AnyResult,
) -> str:
    if options.write_config is None:
        return ""
    from n6studio.engine.st_files.quantize_yaml import write_st_config

    width, height = result.figures.input_size
    lost = write_st_config(options.write_config, settings, model, (width, height), calibration, result.folder)
    return "".join(f"\nNote: {sentence}" for sentence in lost)


def _evaluate(options: argparse.Namespace) -> int:
    folder = options.output or Path("n6studio-out") / f"{short_stem(options.model)}-evaluation"
    skeleton = read_skeleton(options.skeleton) if options.skeleton is not None else None
    sources = [options.model, *options.against]
    models = [_runnable(path, sources, folder, options) for path in sources]
    inputs = {"models": models, "sources": sources, "data": [options.data]}
    if options.images is not None:
        inputs["images"] = [options.images]
    pictures = ("data", "images") if options.data.is_dir() else ("images",)
    result = stage(EVALUATE, chosen_settings(options, "evaluate"), inputs, folder, options, pictures, skeleton)
    data = {**result_data(result), **json.loads(result.outputs["results"].read_text(encoding="utf-8"))}
    return _print(options, data, texts.evaluate(result, data))


def _runnable(path: Path, all_paths: list[Path], folder: Path, options: argparse.Namespace) -> Path:
    """Return a network that can be run: a .pt is exchanged for its exported float .tflite."""
    if path.suffix.lower() != ".pt":
        return path
    settings = {"imgsz": options.imgsz or _size_of_others(all_paths, options)}
    exported = stage(EXPORT, settings, {"model": [path]}, folder / "exported", options)
    return exported.outputs["tflite"]


def _size_of_others(paths: list[Path], options: argparse.Namespace) -> int:
    import tempfile

    for path in paths:
        if path.suffix.lower() != ".pt" and path.exists():
            with tempfile.TemporaryDirectory(prefix="n6studio-") as folder:
                size = stage(INSPECT, {}, {"model": [path]}, Path(folder), options).figures.input_size
            if size:
                return int(size[0])
    return 256


def _run(options: argparse.Namespace) -> int:
    from n6studio.cli.commands.run import run_project

    return _print_chain(options, *run_project(options))


def _print_chain(options: argparse.Namespace, folder: Path, stages: dict[str, AnyResult]) -> int:
    data = {
        "project": str(folder),
        "stages": {name: result_data(item) for name, item in stages.items()},
        "results": json.loads(stages["evaluate"].outputs["results"].read_text(encoding="utf-8")),
    }
    return _print(options, data, texts.chain(folder, stages, data["results"]))


def _demo(options: argparse.Namespace) -> int:
    from n6studio.cli.commands import demo as demo_command

    if options.part == "dataset":
        paths = {name: str(path) for name, path in vars(demo_command.render(options)).items()}
        return _print(options, {"outputs": paths}, "Written:\n" + "\n".join(f"  {path}" for path in paths.values()))
    return _print_chain(options, *demo_command.run_demo(options))


def _virtual_board(options: argparse.Namespace) -> int:
    from n6studio.cli.commands.virtual_board import run_virtual_board

    return run_virtual_board(options)


def _live(options: argparse.Namespace) -> int:
    from n6studio.cli.commands import live as live_command

    if options.list:
        sources = live_command.list_sources()
        return _print(options, {"sources": sources}, live_command.sources_text(sources))
    data = live_command.run_live(options)
    return _print(options, data, live_command.as_text(data))


def _deploy(options: argparse.Namespace) -> int:
    from n6studio.cli.commands import deploy as deploy_command
    from n6studio.cli.commands import deploy_texts

    if options.licence_notice:
        text = deploy_command.licence_notice()
        return _print(options, {"notice": text}, text)
    result = deploy_command.run_deployment(options)
    return _print(options, result_data(result), deploy_texts.deployment(result))


def _flash(options: argparse.Namespace) -> int:
    from n6studio.cli.commands import deploy as deploy_command
    from n6studio.cli.commands import deploy_texts

    data = deploy_command.run_flash(options)
    return _print(options, data, deploy_texts.flash(data))


def _board(options: argparse.Namespace) -> int:
    from n6studio.cli.commands import deploy as deploy_command
    from n6studio.cli.commands import deploy_texts

    data = deploy_command.explain(options)
    return _print(options, data, deploy_texts.explanation(data))


def _doctor(options: argparse.Namespace) -> int:
    from n6studio.engine.doctor import examine as doctor
    from n6studio.engine.doctor.deployment import look_at_deployment

    findings = doctor.examine(deep=options.deep, more=(look_at_deployment,))
    _print(options, {"findings": doctor.to_json(findings)}, texts.doctor(findings))
    return ExitCode.OK if doctor.is_fit(findings) else ExitCode.ENVIRONMENT


def _tools(options: argparse.Namespace) -> int:
    from n6studio.cli.commands import tools as tools_command

    data = tools_command.run(options)
    return _print(options, data, tools_command.text(data))


def _settings(options: argparse.Namespace) -> int:
    table = settings_table()
    return _print(options, {"settings": table}, texts.settings(table))
