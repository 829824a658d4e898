"""A user of their own for every test, with a model to deploy and a virtual board."""

import shutil

import pytest
from builders import n6
from deployments import Person
from standins.small_tflite import write_running_tflite

from n6studio.board.virtual.board import VirtualBoard
from n6studio.engine.jobs import signing

REMEMBERED = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "APPDATA", "LOCALAPPDATA")


@pytest.fixture(scope="session", autouse=True)
def results_key(tmp_path_factory):
    """The key with which all tests here sign: images that are made once are fresh for every one of them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in REMEMBERED:
            patch.setenv(name, str(tmp_path_factory.mktemp("remembered")))
        yield signing._key(make=True)


@pytest.fixture(autouse=True)
def nothing_of_the_developers(monkeypatch, tmp_path, results_key):
    """What is remembered for a user is remembered for one of the test's own."""
    for name in REMEMBERED:
        monkeypatch.setenv(name, str(tmp_path / "remembered"))
    signing.key_file().parent.mkdir(parents=True, exist_ok=True)
    signing.key_file().write_bytes(results_key)


@pytest.fixture
def model(tmp_path):
    """A quantized model under a name that no tool should have to like."""
    folder = tmp_path / "my models é"
    folder.mkdir()
    return write_running_tflite(folder / "jogger pose.tflite")


@pytest.fixture
def user(tmp_path):
    """Environment of a user whose confirmations and tools are none of ours."""
    home = tmp_path / "home"
    key = home / "config" / "n6studio" / "results.key"  # what this process makes is this user's, too
    key.parent.mkdir(parents=True)
    key.write_bytes(signing._key(make=True))
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


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """A deployment's folder in which all images are made already."""
    folder = tmp_path_factory.mktemp("images")
    model = write_running_tflite(folder / "model.tflite")
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
