"""A user of their own for every test, with a network to deploy and a virtual board."""

import shutil
import threading

import pytest
from builders import n6

from n6studio.board.virtual_board import VirtualBoard
from n6studio.domain.settings import DeploySettings
from n6studio.engine.deploy import run_deploy
from n6studio.engine.deploy_board import virtual_hands
from n6studio.engine.deploy_order import Order
from n6studio.engine.deploy_talk import Talk

MODEL = "yolov8n_256_quant_pc_uf_pose_coco-st.tflite"


@pytest.fixture
def model(shared, tmp_path):
    """A quantized network under a name that no tool should have to like."""
    folder = tmp_path / "my models é"
    folder.mkdir()
    return shutil.copy2(shared / "models" / "st" / MODEL, folder / "jogger pose.tflite")


@pytest.fixture
def user(tmp_path):
    """Environment of a user whose confirmations and tools are none of ours."""
    home = tmp_path / "home"
    home.mkdir()
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "APPDATA": str(home / "config"),
        "LOCALAPPDATA": str(home / "data"),
    }


@pytest.fixture
def virtual(tmp_path):
    return VirtualBoard(tmp_path / "virtual board")


@pytest.fixture
def deploy(model, user, virtual, tmp_path):
    """Run ``n6studio deploy`` onto the virtual board, as a process."""

    def run(*words, target=model):
        return n6(
            "deploy", target, "--board", "virtual", "--virtual-folder", virtual.folder, "-o", tmp_path / "out",
            "--json", *words, cwd=tmp_path, **user,
        )  # fmt: skip

    return run


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
        self.order = Order(model, folder, self.settings)

    def deploy(self):
        self.cancel.clear()
        self.messages.clear()
        return run_deploy(self.order, Talk(self._message, self.cancel, present=False, patience=0.0))

    def _message(self, message):
        self.messages.append(message)
        if message["type"] == "instruction":
            self.told.append(message["title"])
            if self.willing:
                virtual_hands(self.virtual, message["position"])
        self.on_message(message)


@pytest.fixture(scope="session")
def images(shared, tmp_path_factory):
    """A deployment's folder in which all images are made already."""
    folder = tmp_path_factory.mktemp("images")
    model = shutil.copy2(shared / "models" / "st" / MODEL, folder / "model.tflite")
    board = VirtualBoard(folder / "board")
    person = Person(model, folder / "out", board)
    person.deploy()
    shutil.rmtree(folder / "board")
    return folder


@pytest.fixture
def person(images, virtual, tmp_path):
    """Whose images are made already."""
    shutil.copytree(images / "out", tmp_path / "out")
    return Person(images / "model.tflite", tmp_path / "out", virtual)
