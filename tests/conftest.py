import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import build_checkpoints, build_saved_model, image_folder, n6
from carried import Carried, make_carried


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
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of checkpoints with random weights; see `builders.build_checkpoints`."""
    return build_checkpoints(tmp_path_factory.mktemp("checkpoints"))


@pytest.fixture(scope="session")
def saved_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of SavedModels that are no networks, each named for its kind; see `builders.build_saved_model`."""
    folder = tmp_path_factory.mktemp("saved models")
    for kind in ("sound", "pixels", "collapsing", "nameless"):
        build_saved_model(folder / kind, kind)
    return folder


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of four sound images."""
    return image_folder(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="session")
def exported(checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `n6studio export` leaves of a random pose model at 64 x 64: pose_64.onnx, pose_64_saved_model..."""
    folder = tmp_path_factory.mktemp("exported")
    done = n6("export", checkpoints / "pose.pt", "--imgsz", 64, "-o", folder, cwd=folder)
    assert done.code == 0, done.err
    return folder


@pytest.fixture(scope="session")
def exported_people(carried: Carried, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Likewise of a trained model at 128 x 128, which finds drawn people: n6demo-pose_128_saved_model..."""
    folder = tmp_path_factory.mktemp("exported people")
    done = n6("export", carried.checkpoint, "--imgsz", 128, "-o", folder, cwd=folder)
    assert done.code == 0, done.err
    return folder


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
