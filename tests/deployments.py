"""What tests of deployment are made of: a person beside the board, and a project with a quantized model."""

import dataclasses
import io
import shutil
import threading
from pathlib import Path

from builders import image_folder
from figures import exported, quantized
from standins.small_tflite import write_running_tflite

from n6studio.domain.deploy import Instruction
from n6studio.domain.project import Project
from n6studio.domain.requests import InputFile
from n6studio.domain.results import StageOutcome
from n6studio.engine.chain.requests import request_for
from n6studio.engine.deploy.flow import run_deploy
from n6studio.engine.deploy.order import DeployOrder
from n6studio.engine.deploy.reach import follow
from n6studio.engine.deploy.talk import Talk
from n6studio.engine.jobs.run import run_step
from n6studio.engine.project.project import save_project
from n6studio.engine.project.runs import hashes_of, run_folder
from n6studio.stages.deploy.stage import DEPLOY, DeploySettings
from n6studio.stages.inspect.stage import InspectSettings
from n6studio.stages.registry import STAGES


class Person:
    """A deployment in this process, with a person beside it who does what they are told, or does not.

    Attributes:
        told: titles of the instructions so far.
        messages: all messages.
    """

    def __init__(self, model, folder, virtual):
        self.virtual, self.told, self.messages = virtual, [], []
        self.cancel = threading.Event()
        self.willing, self.on_message = True, lambda message: None
        self.settings = DeploySettings(board="virtual", virtual_folder=str(virtual.folder))
        self.order = DeployOrder(model, folder, self.settings)

    def deploy(self):
        self.cancel.clear()
        self.messages.clear()
        return run_deploy(self.order, Talk(self._message, self.cancel, present=False, patience=0.0))

    def _message(self, message):
        self.messages.append(message)
        if isinstance(message, Instruction):
            self.told.append(message.title)
            if self.willing:
                follow(self.virtual, message)
        self.on_message(message)


def quantized_project(folder: Path, **settings) -> Project:
    """Make a project whose quantized model is a small one, as if the chain had just been run.

    Every result answers its stage's request, so the chain finds it fresh; what export and quantize would have
    written besides is not there.
    """
    from n6studio.stages.inspect import run as inspect_model
    from n6studio.stages.process.reporter import Reporter

    model = write_running_tflite(folder.parent / "jogger.tflite")
    checkpoint = folder.parent / "jogger.pt"
    checkpoint.write_bytes(b"only its digest counts: the inspection's result is there")
    images = image_folder(folder.parent / "pictures")
    settings = {"deploy": DeploySettings(**settings)}
    project = Project(folder, checkpoint, calibration=images, data=images, settings=settings)
    save_project(project)
    reporter = Reporter("inspect", io.StringIO())
    facts = inspect_model.run(InspectSettings(), {"model": (InputFile(str(model), "0" * 64),)}, folder, reporter)
    left = {"inspect": _nothing(facts.figures), "export": _exported(model), "quantize": _quantized(model)}
    done, hashes = {}, hashes_of(project)
    for stage, work in left.items():
        request = request_for(project, STAGES[stage], done, hashes)
        done[stage] = run_step(STAGES[stage], request, run_folder(project, stage, request.fingerprint()), work, hashes)
    hashes.save()
    return project


def _nothing(figures):
    return lambda partial, log: StageOutcome({}, figures)


def _exported(model):
    def work(partial, log):
        (partial / "jogger_saved_model").mkdir()
        (partial / "jogger_saved_model" / "saved_model.pb").write_bytes(b"not needed any more")
        shutil.copy2(model, partial / "jogger_float32.tflite")
        return StageOutcome({"saved_model": "jogger_saved_model", "tflite": "jogger_float32.tflite"}, exported())

    return work


def _quantized(model):
    def work(partial, log):
        shutil.copy2(model, partial / "jogger_quant.tflite")
        return StageOutcome({"tflite": "jogger_quant.tflite"}, quantized(input_size=(64, 64)))

    return work


def changed(project: Project, **settings) -> Project:
    """Return the project with other deployment settings."""
    values = dataclasses.replace(project.settings_of(DEPLOY), **settings)
    return dataclasses.replace(project, settings={**project.settings, "deploy": values})
