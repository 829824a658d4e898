"""``n6studio explore``: checkpoints, sizes and schemes in one table, with the files' digests."""

import hashlib
import json
import shutil
from pathlib import Path

import msgspec
import pytest
from builders import explored, n6

from n6studio.cli.commands import explore
from n6studio.domain.errors.datasets import NoImages
from n6studio.domain.exploration import SCHEMES, Candidate, Exploration
from n6studio.domain.settings import from_mapping
from n6studio.stages.quantize.stage import QuantizeSettings
from n6studio.ui.pages.explore.batch import _SCHEME_TIPS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def one_size(carried, tmp_path_factory):
    """One size and one scheme: what the command says, and its folder."""
    folder = tmp_path_factory.mktemp("one size") / "out"
    return explored(carried, folder, "96x64", 1), folder


def test_a_size_and_a_scheme_end_to_end(carried, one_size):
    said, folder = one_size
    kept = json.loads((folder / "explore.json").read_text())
    assert kept == said
    (one,) = kept["candidates"]
    assert (one["model"], one["size"], one["scheme"]) == ("n6demo-pose", "96x64", "st")
    assert one["sha256"] == hashlib.sha256(Path(one["path"]).read_bytes()).hexdigest()
    assert one["source_sha256"] == hashlib.sha256(carried.checkpoint.read_bytes()).hexdigest()
    assert one["difference"] == pytest.approx(one["ap"] - one["float_ap"], abs=2e-6)
    assert one["ram_from"] == "graph"
    assert 16_000 < one["ram_bytes"] < 200_000  # at least half of the first stage's 32 x 32 x 8
    assert (folder / "explore.svg").read_text().startswith("<svg")
    assert one["sha256"] in (folder / "explore.html").read_text()


def test_keypoints_are_averaged_where_that_is_asked_for(carried, one_size, tmp_path):
    plain, folder = one_size
    averaged = explored(carried, shutil.copytree(folder, tmp_path / "out"), "96x64", 1, "--average")
    assert (plain["average"], averaged["average"]) == (False, True)
    evaluated = json.loads((tmp_path / "out" / "1-n6demo-pose-96x64" / "st-evaluation" / "results.json").read_text())
    assert evaluated["settings"]["average"] is True


def test_sizes_side_by_side_give_what_one_alone_gives(one_size, explored_sizes):
    both, alone = ([{**one, "path": ""} for one in found] for found in (explored_sizes, one_size[0]["candidates"]))
    assert [one["size"] for one in both] == [64, "96x64"]
    assert both[1:] == alone


def test_a_model_that_is_only_named_is_built_and_has_no_ap(carried, tmp_path):
    words = ["explore", "yolo26n-pose", "--calibration", carried.calibration, "--sizes", "64", "--schemes", "st"]
    done = n6(*words, "--json", "--quiet", "-o", tmp_path / "out", cwd=tmp_path)
    assert done.code == 0, done.err
    (one,) = done.data["exploration"]["candidates"]
    assert (one["model"], one["untrained"], one["ap"], one["float_ap"]) == ("yolo26n-pose", True, None, None)
    assert min(one["ms"], one["ram_bytes"], one["weights_bytes"], one["macs"]) > 0
    built = tmp_path / "out" / "1-yolo26n-pose" / "yolo26n-pose.pt"
    assert one["source_sha256"] == hashlib.sha256(built.read_bytes()).hexdigest()
    assert "unknown: untrained" in (tmp_path / "out" / "explore.html").read_text()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--sizes", "big"),
        ("--schemes", "best"),
        ("--resize", "squeeze"),
        ("--max-images", "-1"),
        ("--workers", "-3"),
        ("--calibration", "nowhere"),
        ("--calibration", "empty"),
        ("--data", "empty"),
    ],
)
def test_what_cannot_be_is_refused(carried, tmp_path, option, value):
    words = ["explore", carried.checkpoint, "--calibration", carried.calibration, "--data", carried.labels]
    (tmp_path / "empty").mkdir()
    done = n6(*words, option, value, "--json", cwd=tmp_path)
    assert done.code in (2, 3)
    assert value in json.dumps(done.data)
    assert not (tmp_path / "n6studio-out").exists()


def test_data_is_needed_where_a_model_is_trained(carried, tmp_path):
    done = n6(
        "explore", carried.checkpoint, "yolov8n-pose", "--calibration", carried.calibration, "--json", cwd=tmp_path
    )
    assert done.code == 2
    assert done.data["error"]["fields"]["name"] == "--data"


def test_what_is_named_twice_is_one_candidate():
    assert [str(one) for one in explore._sizes("64,96x64,64x64")] == ["64", "96x64"]
    assert explore._schemes("default, tuned,default") == ["default", "tuned"]
    assert explore._schemes(",".join(SCHEMES)) == [*SCHEMES]


def test_every_scheme_is_one_that_quantization_takes_and_that_the_window_explains():
    assert {"weights": "int4"} in SCHEMES.values()
    for name, settings in SCHEMES.items():
        from_mapping(QuantizeSettings, settings)
        assert name in _SCHEME_TIPS


def test_without_labels_the_table_says_why_it_has_no_ap():
    one = Candidate(
        model="a", size=64, scheme="st", path="", sha256="", source_sha256="", megabytes=1.0, ms=2.0, ap=None,
        float_ap=None, difference=None, interval=None, agreement=0.9,
    )  # fmt: skip
    bare = Exploration(schema=1, command="", candidates=(one,), front=())
    assert "the data has no labelled people" in explore.text(bare)
    judged = Exploration(schema=1, command="", candidates=(msgspec.structs.replace(one, ap=0.5),), front=(0,))
    assert "no labelled people" not in explore.text(judged)


def test_images_in_a_folder_behind_a_link_are_images(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.jpg").touch()
    (tmp_path / "set").mkdir()
    with pytest.raises(NoImages):
        explore._require_image(tmp_path / "set")
    (tmp_path / "set" / "train").symlink_to(tmp_path / "images", target_is_directory=True)
    explore._require_image(tmp_path / "set")
