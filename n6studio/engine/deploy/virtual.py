"""Images for the virtual board: the .tflite is the weights, and the application says which weights it wants."""

import dataclasses
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.board.compiler.model_check import refusals
from n6studio.board.compiler.pairs import PAIRS, with_live_stream
from n6studio.board.description import Board
from n6studio.board.images.flash_plan import Build, FlashPlan, make_plan
from n6studio.board.images.header import ImageType, sign
from n6studio.board.images.image import load_image
from n6studio.board.images.virtual import Manifest, virtual_application, virtual_loader
from n6studio.domain.deploy import Role, Step
from n6studio.domain.errors.foreign import writing
from n6studio.domain.model.compiled import CompiledModel
from n6studio.domain.results import StageOutcome
from n6studio.domain.settings import recorded_values
from n6studio.engine.deploy.making import Making, Part, flash_region
from n6studio.engine.deploy.reach import averages
from n6studio.stages.deploy.figures import BuiltApplication, Tuned
from n6studio.stages.deploy.stage import DeploySettings
from n6studio.system.files import replace_bytes

# It runs like this application of ST's, reads any skeleton and classes, and takes the network's output as it is.
_MODEL = next(pair for pair in PAIRS if pair.key == "getting-started-2.0")
_LIKE = dataclasses.replace(_MODEL, skeleton="table", classes=True)
_FILLER = bytes(408)  # the same network makes the same image
# Settings of a deployment that the running application takes; changing another builds nothing anew.
_TUNED = ("aspect", "camera_flip", "confidence", "iou", "keypoint_confidence", "boxes_limit")


def tuned_values(settings: DeploySettings) -> Tuned:
    """Return what the application is compiled with, under the names that manifests and releases keep."""
    recorded = recorded_values(settings)
    return {**{name: recorded[name] for name in _TUNED}, "average": averages(settings)}


@dataclass(frozen=True)
class Packed:
    """What packing left besides its file: bytes of weights."""

    weights: int


class VirtualMaking(Making):
    """Needs no software of anybody else's."""

    def require_deployable(self) -> None:  # noqa: D102
        like = with_live_stream(_LIKE)
        for refusal in refusals(self.facts, self.order.model, like, self.order.board, compiled=False):
            raise refusal

    def compile(self) -> None:
        """Pack the .tflite as it is: the virtual board runs it on this computer."""

        def pack(folder: Path, log: Path, cancel: threading.Event) -> StageOutcome[Packed]:
            target = folder / "weights.bin"
            with writing(target):
                shutil.copyfile(self.order.model, target)
            return StageOutcome({"weights": target.name}, Packed(target.stat().st_size))

        model = self.hashed(self.order.model)
        packed = self.do(Step.COMPILE, Part("deploy-pack", Packed), {}, {"model": model}, {}, pack)
        self.compiled = CompiledModel(
            compiler="none (the .tflite is packed unchanged)",
            macc=self.facts.macs,
            weights_bytes=packed.figures.weights,
            activations_bytes=None,
            epochs=None,
        )

    def add_stream(self) -> None:
        """Add nothing: this application sends the live stream anyway."""

    def build(self) -> None:
        """Write the application's program around a manifest."""
        weights = self.results[Step.COMPILE].outputs["weights"]
        tuned = tuned_values(self.order.settings)
        tuned["most"] = tuned["boxes_limit"]  # as the live stream's virtual board calls it
        digest = self.hashed(weights)[0].sha256

        def program(folder: Path, log: Path, cancel: threading.Event) -> StageOutcome[Any]:
            manifest = Manifest(
                weights_address=_address(self.order.board),
                weights_size=weights.stat().st_size,
                weights_sha256=digest,
                model_sha256=self.hashed(self.order.model)[0].sha256,
                name=self.order.model.stem,
                settings=tuned,
            )
            replace_bytes(folder / "application.bin", virtual_application(manifest, self.order.board.chip))
            return StageOutcome({"program": "application.bin"}, {})

        settings = {**tuned, "name": self.order.model.stem}
        self.do(
            Step.BUILD, Part("deploy-build-virtual", dict), settings, {"weights": self.hashed(weights)}, {}, program
        )
        self.application = BuiltApplication("application of the virtual board", settings=tuned)

    def header(self) -> None:
        """Sign the program and lay the boot loader beside it."""
        program = self.results[Step.BUILD].outputs["program"]

        def signed(folder: Path, log: Path, cancel: threading.Event) -> StageOutcome[Any]:
            replace_bytes(folder / "application_signed.bin", sign(program.read_bytes(), ImageType.APPLICATION, _FILLER))
            replace_bytes(folder / "boot_loader.bin", virtual_loader(self.order.board.chip))
            return StageOutcome({"application": "application_signed.bin", "fsbl": "boot_loader.bin"}, {})

        self.do(Step.HEADER, Part("deploy-header-virtual", dict), {}, {"program": self.hashed(program)}, {}, signed)

    def plan(self) -> FlashPlan:  # noqa: D102
        target, signed = self.order.board, self.results[Step.HEADER].outputs
        weights = load_image(Role.WEIGHTS, self.results[Step.COMPILE].outputs["weights"], _address(target))
        images = [
            load_image(Role.FSBL, signed["fsbl"], target.slot(Role.FSBL).address),
            weights,
            load_image(Role.APPLICATION, signed["application"], target.slot(Role.APPLICATION).address),
        ]
        build = Build(
            board=target.key,
            weights_address=weights.address,
            weights_source="the application's manifest",
            weights_sha256=weights.sha256,
            burns_fuses=False,
            network=self.order.model.stem,
            model_sha256=self.hashed(self.order.model)[0].sha256,
            application="virtual",
        )
        plan = make_plan(target, images, build)
        self.regions.append(flash_region(plan, target))
        return plan


def _address(target: Board) -> int:
    return target.slot(Role.WEIGHTS).address
