"""Images for ST's boards: ST's compiler, ST's application in a copy, and the header, step by step."""

import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

from n6studio.board.application.build import BuildRequest
from n6studio.board.application.config import AppConfig, Aspect, Flip, Screen, bindings
from n6studio.board.application.gates import boot_loader_of, check_tree, runtime_problem
from n6studio.board.application.live.model_card import with_model
from n6studio.board.application.live.stream import (
    HEADER,
    MAKE,
    LiveStream,
    firmware_files,
    header,
    make_variables,
)
from n6studio.board.application.live.tree import LiveTree, live_tree
from n6studio.board.application.modified import modifications
from n6studio.board.application.recognise import Application
from n6studio.board.compiler.fit import Demand, Use, size_that_saves
from n6studio.board.compiler.model_check import check_model, demand_of
from n6studio.board.compiler.mpool import pools_for, to_json
from n6studio.board.compiler.pairs import Pair, Version, with_live_stream
from n6studio.board.compiler.report import CompileReport
from n6studio.board.compiler.stedgeai import CompileRequest, generate
from n6studio.board.cube.signing_tool import sign_with_tool
from n6studio.board.description import Board, Linker
from n6studio.board.images.flash_plan import Build, FlashPlan, make_plan
from n6studio.board.images.header import ImageType, require, sign
from n6studio.board.images.image import load_image
from n6studio.board.running.banner import announces
from n6studio.board.tools.discovery import FoundTool
from n6studio.domain.deploy import Role, Step
from n6studio.domain.errors.application import RegionOverflow
from n6studio.domain.errors.fit import ModelLayoutUnsupported
from n6studio.domain.errors.tree import OutputTypeMismatch
from n6studio.domain.model.memory_map import MemoryRegion
from n6studio.domain.pose.skeleton import Skeleton, for_keypoints
from n6studio.domain.pose.split_head import places_of
from n6studio.domain.results import StageOutcome
from n6studio.domain.texts import listed
from n6studio.engine.deploy.making import Making, Part, flash_region
from n6studio.engine.deploy.order import DeployOrder
from n6studio.engine.deploy.proof import Expected
from n6studio.engine.deploy.small_memory import NO_EXACT, built_with_room, has_room
from n6studio.engine.deploy.talk import Talk
from n6studio.engine.deploy.tools import application_of, tool_box
from n6studio.engine.jobs.hashing import HashCache
from n6studio.gates.files import read_bytes
from n6studio.stages.deploy.figures import BuiltApplication
from n6studio.stages.deploy.stage import DeploySettings
from n6studio.system.files import replace_bytes

_FILLER = bytes(408)  # the same program makes the same image
_SOURCES = (".c", ".h")
_REPORTED = {"float": "float32", "int8": "int8"}  # output types, as the compiler's report says them


@dataclass(frozen=True)
class Compiled:
    """What compiling left besides its files.

    Attributes:
        report: the compiler's figures.
        runtime: version of the NPU runtime that the model's code expects, None where it does not say.
        weights: name of the file with the weights.
    """

    report: CompileReport
    runtime: Version | None
    weights: str


@dataclass(frozen=True)
class Linked:
    """What building left besides its files; see `BuiltApplication`."""

    size: int
    entry: int
    regions: tuple[Use, ...]
    changes: tuple[str, ...]
    toolchain: str


class StMaking(Making):
    """Uses the user's own copies of ST's software; never changes them."""

    def __init__(self, order: DeployOrder, talk: Talk, hashes: HashCache) -> None:
        super().__init__(order, talk, hashes)
        self.box = tool_box(order.settings)
        self.sources: Application = application_of(order.settings, order.board, self.box)
        self._compiled: Compiled

    @property
    def pair(self) -> Pair:
        """The application's release with the compiler that it wants, as its tree says for the board."""
        split = self.facts.split is not None
        return wanted_pair(self.sources, self.order.board, self.order.settings, split)

    def require_deployable(self) -> None:
        """Refuse model, board and releases that cannot work together, before anything takes long."""
        settings, target = self.order.settings, self.order.board
        check_tree(self.sources, target, settings.enlarge_region, settings.allow_newer)
        fit = check_model(self.facts, self.order.model, self.pair, target, settings.enlarge_region)
        compiler = self.box.compiler_for(self.pair)
        version = compiler.version.version if compiler.version else ()
        if not settings.replace_runtime and (problem := runtime_problem(self.sources, version, compiler.root)):
            raise problem
        self._require_toolchain()
        if self.order.adds_stream:
            self._live_tree()
        if modified := modifications(self.sources).text:
            self.warnings.append(modified)
            self.talk.warn(modified)
        if fit.caution:
            self.talk.warn(f"The application's RAM region is enlarged: {fit.caution}.")

    def compile(self) -> None:
        """Compile the model with ST Edge AI Core."""
        compiler, settings = self.box.compiler_for(self.pair), self.order.settings
        version = compiler.version
        assert version is not None  # `compiler_for` chose it by its version

        def generated(folder: Path, log: Path, cancel: threading.Event) -> StageOutcome[Compiled]:
            request = CompileRequest(
                self.order.model, self.pair, self.order.board, compiler.path, version.version, folder,
                settings.enlarge_region,
            )  # fmt: skip
            made = generate(request, self.tell, cancel)
            self._require_output_type(made.report)
            files = (*made.sources, made.weights, made.c_info, made.report_file, made.log)
            figures = Compiled(made.report, made.runtime, made.weights.name)
            return StageOutcome({path.name: path.name for path in files}, figures, made.warnings)

        wanted = {
            "pair": self.pair.key,
            "board": self.order.board.key,
            "enlarged": settings.enlarge_region,
            "options": self.pair.options,
            "words": list(self.pair.generate),
            "pools": to_json(pools_for(self.pair, self.order.board, settings.enlarge_region), self.order.board),
        }
        model = {"model": self.hashed(self.order.model)}
        result = self.do(
            Step.COMPILE, Part("deploy-compile", Compiled), wanted, model, {compiler.title: version.line}, generated
        )
        self._compiled = result.figures
        report = self._compiled.report
        self.compiled = report.summary
        self.regions += [
            MemoryRegion(pool.name, pool.start, pool.end - pool.start, {"activations": pool.activations})
            for pool in report.pools
            if pool.end > pool.start and not pool.weights
        ]

    def add_stream(self) -> None:
        """Write what the live stream is told of model, board and link; the build puts it into the copy."""
        tree = self._live_tree()
        stream = self._stream(tree)
        told = asdict(stream)
        if stream.split is None:  # what results of earlier releases have
            del told["split"], told["places"]

        def made(folder: Path, log: Path, cancel: threading.Event) -> StageOutcome[LiveTree]:
            for name, text in ((HEADER, header(stream, tree)), (MAKE, make_variables(stream, tree))):
                replace_bytes(folder / name, text.encode())
            return StageOutcome({name: name for name in (HEADER, MAKE)}, tree, () if stream.exact else (NO_EXACT,))

        inputs = {
            "application": self.hashed(self.sources.root),
            "firmware": tuple(self.hashed(path)[0] for path in firmware_files()),
        }
        self.do(Step.LIVE, Part("deploy-live-stream", LiveTree), told, inputs, {}, made)

    def build(self) -> None:
        """Configure and build the application in a copy."""
        compiled, settings = self.results[Step.COMPILE], self.order.settings
        tree = self._live_tree() if self.order.adds_stream else None
        live = (self._stream(tree), tree) if tree is not None else None
        gcc, make = self._toolchain()
        sources = tuple(path for path in compiled.outputs.values() if path.suffix in _SOURCES)
        config = self._config()
        new_runtime = self.box.compiler_for(self.pair).root if settings.replace_runtime else None

        def built(folder: Path, log: Path, cancel: threading.Event) -> StageOutcome[Linked]:
            request = BuildRequest(
                self.sources, self.order.board, sources, self._compiled.runtime, config,
                gcc.folder, make.path, folder, settings.enlarge_region, new_runtime, live,
            )  # fmt: skip
            try:
                made, warnings = built_with_room(request, self.tell, cancel)
            except RegionOverflow as error:
                raise self._overflow(error, config.demand) from error
            files = {"program": made.image, "elf": made.elf, "config": made.config, "log": made.log}
            linked = Linked(made.size, made.entry, made.regions, made.changes, made.toolchain)
            return StageOutcome({role: path.name for role, path in files.items()}, linked, warnings)

        wanted: dict[str, Any] = {
            "board": self.order.board.key,
            "config": self.config_values(),
            "enlarged": settings.enlarge_region,
            "runtime": str(new_runtime or ""),
        }
        inputs = {
            "application": self.hashed(self.sources.root),
            "sources": tuple(self.hashed(path)[0] for path in sources),
        }
        if live is not None:
            added = (*self.results[Step.LIVE].outputs.values(), *firmware_files())
            inputs["live stream"] = tuple(self.hashed(path)[0] for path in added)
        tools = {tool.title: tool.version.line if tool.version else "" for tool in (gcc, make)}
        result = self.do(Step.BUILD, Part("deploy-build", Linked), wanted, inputs, tools, built)
        linked = result.figures
        self.application = BuiltApplication(self.sources.name, linked.size, linked.changes)
        name, _, release = self.sources.name.rpartition(" ")
        self.versions[name] = release
        self.regions += _regions_of(linked.regions, self.order.board.chip.linker)

    def _overflow(self, error: RegionOverflow, demand: Demand) -> RegionOverflow:
        """Return the linker's finding with the input size that would help."""
        size = size_that_saves(self.pair, self.order.board, demand, error.overflow, self.order.settings.screen)
        smaller = (
            f"Export at {size.text} or smaller: the post-processing arrays grow with the input."
            if size
            else "A smaller input does not help: no size saves that much. Choose another release of the application."
        )
        return RegionOverflow(
            region=error.region, overflow=error.overflow, size=error.size, smaller=smaller, log=error.log
        )

    def header(self) -> None:
        """Put the header in front of the program, by ourselves or by ST's tool; either is checked the same way."""
        self.sign(self.results[Step.BUILD].outputs["program"])

    def sign(self, program: Path, model: tuple[str, str] | None = None) -> None:
        """Put the header in front of a program.

        Args:
            program: as it was linked.
            model: digest and name of another model that its live stream shall tell; None for the one it was built with.
        """
        settings, target = self.order.settings, self.order.board
        tool = self.box.require("signing") if settings.header == "tool" else None

        def signed(folder: Path, log: Path, cancel: threading.Event) -> StageOutcome[Any]:
            image, payload = folder / "application_signed.bin", read_bytes(program)
            if model is not None:
                payload = with_model(payload, *model)
            if tool is None:
                replace_bytes(image, sign(payload, ImageType.APPLICATION, _FILLER))
                require(read_bytes(image), Role.APPLICATION, image, target, payload=payload)
            else:
                replace_bytes(folder / "program.bin", payload)
                attendant = self.talk.attendant(lambda reason: False, log)
                sign_with_tool(tool.path, folder / "program.bin", image, Role.APPLICATION, target, attendant)
            return StageOutcome({"application": image.name}, {})

        tools = {tool.title: tool.version.line if tool.version else ""} if tool else {}
        self.do(
            Step.HEADER,
            Part("deploy-header", dict),
            {"by": settings.header, **({"model": list(model)} if model is not None else {})},
            {"program": self.hashed(program)},
            tools,
            signed,
        )

    def plan(self) -> FlashPlan:  # noqa: D102
        target, compiled = self.order.board, self.results[Step.COMPILE]
        report = self._compiled.report
        address = report.weights_address
        weights = load_image(Role.WEIGHTS, compiled.outputs[self._compiled.weights], address)
        signed = self.signed_application()
        images = [
            load_image(Role.FSBL, boot_loader_of(self.sources), target.slot(Role.FSBL).address),
            weights,
            load_image(Role.APPLICATION, signed, target.slot(Role.APPLICATION).address),
        ]
        build_facts = Build(
            board=target.key,
            weights_address=address,
            weights_source="network_generate_report.txt",
            weights_sha256=weights.sha256,
            burns_fuses=True,
            network=report.signature,
            model_sha256=self.hashed(self.order.model)[0].sha256,
            application=self.sources.name,
        )
        plan = make_plan(target, images, build_facts)
        self.regions.append(flash_region(plan, target))
        return plan

    def signed_application(self) -> Path:
        """Return the application with its header."""
        return self.results[Step.HEADER].outputs["application"]

    def expected(self) -> Expected:  # noqa: D102
        target, live = self.order.board, self.order.settings.live_stream
        return Expected(
            model=self._compiled.report.model,
            banner=announces(self.sources.root, target),
            video=not live and "UVCL" in target.st.screens and self.order.settings.screen == "UVCL",
            stream=live,
        )

    # --- parts

    def _require_output_type(self, report: CompileReport) -> None:
        """Refuse a compiled model whose output the application would misread."""
        found = ", ".join(sorted({output.type for output in report.outputs}))
        wanted = _REPORTED[self.pair.output_type]
        if self.facts.split is not None and found == wanted and not self._places(report):
            found = listed([str(list(output.shape)) for output in report.outputs])
        if report.outputs and found != wanted:
            raise OutputTypeMismatch(
                application=self.sources.name,
                post_processing=self.pair.post_processing,
                wanted=wanted,
                found=found,
            )

    def _places(self, report: CompileReport) -> tuple[int, ...]:
        """Return where the compiled model has which output of a split head; () without one, or where it does not."""
        split = self.facts.split
        if split is None:
            return ()
        return places_of([output.shape for output in report.outputs], split.size, split.channels)

    def _require_toolchain(self) -> None:
        self._toolchain()

    def _toolchain(self) -> tuple[FoundTool, FoundTool]:
        return self.box.require("gcc"), self.box.require("make")

    def config_values(self) -> dict[str, Any]:
        """Return the application's configuration as plain values, as builds record them."""
        return _plain(self._config())

    def _live_tree(self) -> LiveTree:
        settings = self.order.settings
        return live_tree(self.sources, self.order.board, settings.live_link, settings.live_jpeg, settings.screen)

    def _stream(self, tree: LiveTree) -> LiveStream:
        config, settings = self._config(), self.order.settings
        stream = LiveStream(
            link=settings.live_link,
            image=settings.live_image,
            jpeg=settings.live_jpeg,
            quality=settings.live_quality,
            board=self.order.board.name,
            firmware=self.sources.name,
            model=self.order.model.name,
            model_sha256=self.hashed(self.order.model)[0].sha256,
            size=config.demand.size,
            candidates=config.demand.candidates,
            classes=config.classes,
            keypoints=config.demand.keypoints,
            confidence=config.confidence,
            iou=config.iou,
            average=settings.average,
            most=config.most,
            split=self.facts.split,
            places=self._places(self._compiled.report),
        )
        demand = replace(config.demand, blobs=self._compiled.report.blobs_bytes)
        exact = tree.psram or has_room(stream, self.pair, self.order.board, demand, settings)
        return replace(stream, exact=exact)

    def _config(self) -> AppConfig:
        facts, settings = self.facts, self.order.settings
        demand = demand_of(facts)
        if demand is None or facts.strips is None:  # `check_model` has refused it already
            raise ModelLayoutUnsupported(path=self.order.model, found="not that of a pose model", wanted="pose")
        skeleton = self.order.skeleton
        if skeleton is None or len(skeleton) != demand.keypoints:
            skeleton = for_keypoints(demand.keypoints)
        classes = facts.strips.scores[1] - facts.strips.scores[0]
        return app_config(settings, demand, skeleton, classes, self.order.model.stem)


def wanted_pair(application: Application, board: Board, settings: DeploySettings, split: bool = False) -> Pair:
    """Return what the model's code has to be: with the live stream its output is float, or int8 of a split head."""
    pair = application.on(board).pair
    return with_live_stream(pair, split) if settings.live_stream else pair


def app_config(settings: DeploySettings, demand: Demand, skeleton: Skeleton, classes: int, name: str) -> AppConfig:
    """Return how the application is to behave."""
    return AppConfig(
        demand=demand,
        skeleton=skeleton,
        name=name,
        classes=classes,
        confidence=settings.confidence,
        iou=settings.iou,
        most=settings.max_detections,
        keypoint_confidence=settings.keypoint_confidence,
        aspect=cast(Aspect, settings.aspect),
        flip=cast(Flip, settings.camera_flip),
        screen=cast(Screen, settings.screen),
    )


def _plain(config: AppConfig) -> dict[str, Any]:
    """Return a configuration as plain values, for the fingerprint of a build."""
    values = {name: value for name, value in vars(config).items() if name not in ("skeleton", "demand")}
    return {
        **values,
        "keypoints": config.demand.keypoints,
        "size": list(config.demand.size),
        "bindings": bindings(config.skeleton),
    }


def _regions_of(uses: tuple[Use, ...], linker: Linker) -> list[MemoryRegion]:
    """Return the linker's table; it tells names and sizes, and only the main region's address is known here."""
    main = (linker.region, linker.enlarged_region)
    return [
        MemoryRegion(use.name, linker.address if use.name in main else 0, use.have, {"program and data": use.need})
        for use in uses
        if use.have
    ]
