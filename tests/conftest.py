import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import filelock
import pytest
from builders import Done, build_checkpoints, build_saved_model, explored, image_folder, n6
from carried import Carried, make_carried
from longest import LONGEST_FIRST

PLACES = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST_FIRST)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; inside a file, and among all others, the order stays."""
    items.sort(key=lambda item: PLACES.get(item.path, len(PLACES)))


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Return what makes a folder by name once for all workers of this run, which only read it then."""
    base = tmp_path_factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "made once"
    place.mkdir(exist_ok=True)

    def folder_of(name: str, make: Callable[[Path], object]) -> Path:
        folder, whole = place / name, place / f"{name}.whole"
        with filelock.FileLock(place / f"{name}.lock"):
            if not whole.exists():
                folder.mkdir(exist_ok=True)
                make(folder)
                whole.touch()
        return folder

    return folder_of


@pytest.fixture(scope="session")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Carried:
    """A trained model, two quantized ones and labelled drawn images; see `carried.Carried`."""
    return make_carried(tmp_path_factory.mktemp("carried"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """ST's published models and photographs of people, which are no part of the project; see CONTRIBUTING.md."""
    place = Path(os.environ.get("N6_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    if not (place / "models").is_dir():
        pytest.skip("needs ST's published models and photographs of people: set N6_SHARED, see CONTRIBUTING.md, Test")
    return place


@pytest.fixture(scope="session")
def checkpoints(made_once) -> Path:
    """Folder of checkpoints with random weights; see `builders.build_checkpoints`."""
    return made_once("checkpoints", build_checkpoints)


@pytest.fixture(scope="session")
def saved_models(made_once) -> Path:
    """Folder of SavedModels that are no networks, each named for its kind; see `builders.build_saved_model`."""

    def make(folder: Path) -> None:
        for kind in ("sound", "pixels", "collapsing", "nameless"):
            build_saved_model(folder / kind, kind)
            (folder / kind / "metadata.yaml").write_text("names: {0: person}\nkpt_shape: [17, 3]\n")

    return made_once("saved models", make)


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of four sound images."""
    return image_folder(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="session")
def exported(checkpoints: Path, made_once) -> Path:
    """What `n6studio export` leaves of a random pose model at 64 x 64: pose_64.onnx, pose_64_saved_model..."""
    return made_once("exported", lambda folder: export(checkpoints / "pose.pt", 64, folder))


@pytest.fixture(scope="session")
def exported_people(carried: Carried, made_once) -> Path:
    """Likewise of a trained model at 128 x 128, which finds drawn people: n6demo-pose_128_saved_model..."""
    return made_once("exported people", lambda folder: export(carried.checkpoint, 128, folder, PYTHONHASHSEED="1"))


@pytest.fixture(scope="session")
def quantized_people(carried: Carried, exported_people: Path, made_once) -> Path:
    """What `n6studio quantize` leaves of that model with 8 images and no guard: int8/..._quant_pc_uf_pose.tflite."""

    def make(folder: Path) -> None:
        model = exported_people / f"{carried.checkpoint.stem}_128_saved_model"
        quantize(model, carried.calibration, folder, PYTHONHASHSEED="1")

    return made_once("quantized people", make)


@pytest.fixture(scope="session")
def explored_sizes(carried: Carried, made_once) -> list[dict[str, Any]]:
    """Candidates that `n6studio explore` makes of that checkpoint at 64 and at 96x64, two at a time; see `explored`."""

    def make(folder: Path) -> None:
        said = explored(carried, folder / "out", "64,96x64", 2)
        (folder / "said.json").write_text(json.dumps(said))

    said: dict[str, Any] = json.loads((made_once("explored sizes", make) / "said.json").read_text())
    return list(said["candidates"])


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory):
    """Return what runs a command like `builders.n6`, but in this process, which takes milliseconds."""
    from n6studio import cli

    home = str(tmp_path_factory.mktemp("home"))
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, home)

    def run(*words: object, cwd: Path) -> Done:
        arguments = [str(word) for word in words]
        monkeypatch.chdir(cwd)
        capsys.readouterr()
        code = cli.main(arguments)
        out, err = capsys.readouterr()
        return Done(code, out, err, json.loads(out) if "--json" in arguments and out else {})

    return run


def export(checkpoint: Path, size: int, folder: Path, **environment: str) -> None:
    done = n6("export", checkpoint, "--imgsz", size, "-o", folder, cwd=folder, **environment)
    assert done.code == 0, done.err


def quantize(saved_model: Path, images: Path, folder: Path, **environment: str) -> None:
    words = ("quantize", saved_model, "--calibration", images, "--max-images", 8, "--guard-images", 0)
    done = n6(*words, "-o", folder / "int8", cwd=folder, **environment)
    assert done.code == 0, done.err


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 6 MiB."""
    yield from _mounted(tmp_path / "small disk", "size=6m")


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 300 KiB."""
    yield from _mounted(tmp_path / "tiny disk", "size=300k")


def _mounted(place: Path, options: str) -> Iterator[Path]:
    import subprocess

    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("this machine lets nobody mount a disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
