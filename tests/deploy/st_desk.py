"""A desk with ST's tools (stand-ins), an application in the shape of ST's, and boards on the bench."""

import shutil
import threading
from dataclasses import replace

from firmware import loader
from standins.bench import Bench
from standins.small_application import write_application
from standins.stedgeai import install

from n6studio.board.images.header import ImageType, sign
from n6studio.board.images.intel_hex import Segment, write_hex
from n6studio.domain.deploy import Instruction
from n6studio.engine.deploy.flow import run_deploy
from n6studio.engine.deploy.order import DeployOrder
from n6studio.engine.deploy.talk import Talk
from n6studio.stages.deploy.stage import DeploySettings

SERIAL = "0042003A3137511333333639"
RISKS = frozenset({"otp-hslv", "loader-overwrite"})


class Desk:
    """Everything that a deployment to one of ST's boards needs, and a person who does what they are told.

    Args:
        folder: where; may have spaces and letters beyond ASCII in its name.
        model: quantized .tflite.
        key: release of the application.
        board: key of the board on the bench.
        release: of the compiler.
        live: whether the application can carry the live stream, and gets it.
    """

    def __init__(self, folder, model, key="getting-started-2.0", board="stm32n6570-dk", release="2.1", live=False):
        self.bench = Bench(folder / "Prüf stand")
        self.board = self.bench.connect(board, SERIAL)
        self.compiler = install(folder / "Edge AI", release)
        self.application = write_application(folder / "Anwendung é" / "app", key, live=live)
        boot_loader = sign(loader(), ImageType.FSBL, bytes(408))
        write_hex(next(self.application.glob("*/ai_fsbl.hex")), [Segment(0x70000000, boot_loader)])
        self.settings = DeploySettings(
            board=board,
            live_stream=live,
            application=str(self.application),
            compiler=str(self.compiler),
            programmer=str(self.bench.programmer),
            signing_tool=str(self.bench.signing_tool),
            gcc=shutil.which("arm-none-eabi-gcc") or "",
            make=shutil.which("make") or "",
        )
        self.order = DeployOrder(model, folder / "out", self.settings, RISKS, notice=True)
        self.told, self.messages = [], []
        self.cancel, self.done = threading.Event(), threading.Event()
        self.willing, self.on_message = True, lambda message: None

    def choose(self, **changes):
        """Change the order or, by the names of settings, its settings."""
        settings = {name: changes.pop(name) for name in list(changes) if hasattr(self.settings, name)}
        self.order = replace(self.order, settings=replace(self.order.settings, **settings), **changes)

    def deploy(self):
        self.cancel.clear()
        self.messages.clear()
        talk = Talk(self._message, self.cancel, self.done, present=self.willing, patience=0.0)
        return run_deploy(self.order, talk)

    def _message(self, message):
        self.messages.append(message)
        if isinstance(message, Instruction):
            self.told.append((message.kind, message.position))
            if self.willing:
                self.obey(message)
        self.on_message(message)

    def obey(self, message):
        """Move switches and cable, and say so."""
        if message.position:
            self.board.set_switches(message.position)
        self.board.unplug()
        self.board.power_cycle()
        self.done.set()

    def flash(self, address, size):
        return self.board.read_flash(address, size)
