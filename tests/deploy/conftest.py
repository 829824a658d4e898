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


def make_model(place):
    """Write a quantized model under a name that no tool should have to like."""
    folder = place / "my models é"
    folder.mkdir()
    return write_running_tflite(folder / "jogger pose.tflite")


def make_user(place, key):
    """Return the environment of a user whose confirmations and tools are none of ours, but who signs with our key."""
    home = place / "home"
    file = home / "config" / "n6studio" / "results.key"  # what this process makes is this user's, too
    file.parent.mkdir(parents=True)
    file.write_bytes(key)
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "APPDATA": str(home / "config"),
        "LOCALAPPDATA": str(home / "data"),
    }


def run_command(place, model, user, *words):
    """Run ``n6studio deploy`` onto the virtual board of this place, as a process."""
    return n6(
        "deploy", model, "--board", "virtual", "--virtual-folder", place / "virtual board", "-o", place / "out",
        "--json", *words, cwd=place, **user,
    )  # fmt: skip


@pytest.fixture
def model(tmp_path):
    return make_model(tmp_path)


@pytest.fixture
def user(tmp_path, results_key):
    return make_user(tmp_path, results_key)


@pytest.fixture
def virtual(tmp_path):
    return VirtualBoard(tmp_path / "virtual board")


@pytest.fixture
def deploy(model, user, virtual, tmp_path):
    return lambda *words, target=model: run_command(tmp_path, target, user, *words)


@pytest.fixture(scope="session")
def finished(tmp_path_factory, results_key):
    """What a release and a deployment by the command left: `a release.zip`, `out` and `virtual board`."""
    place = tmp_path_factory.mktemp("finished")
    model, user = make_model(place), make_user(place, results_key)
    for words in (("--prepare-only", "--release", place / "a release.zip"), ()):
        done = run_command(place, model, user, *words)
        assert done.code == 0, done.err
    shutil.rmtree(model.parent)  # nobody shall need it any more
    return place


@pytest.fixture
def prepared(finished, tmp_path):
    """All images of this test's model are made already, but were never deployed."""
    shutil.copytree(finished / "out", tmp_path / "out", ignore=lambda _, names: {"deploy"} & set(names))


@pytest.fixture
def deployed(finished, virtual, tmp_path):
    """This test's model has been deployed already."""
    shutil.copytree(finished / "out", tmp_path / "out")
    shutil.copytree(finished / "virtual board", virtual.folder, dirs_exist_ok=True)


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
