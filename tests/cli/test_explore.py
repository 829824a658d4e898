"""``n6studio explore``: checkpoints, sizes and schemes in one table, with the files' digests."""

import hashlib
import json
from pathlib import Path

import pytest
from builders import n6

from n6studio.cli.commands import explore

pytestmark = pytest.mark.slow


def test_a_size_and_a_scheme_end_to_end(carried, tmp_path):
    words = ["explore", carried.checkpoint, "--calibration", carried.calibration, "--data", carried.labels]
    words += ["--sizes", "96x64", "--schemes", "st", "--max-images", 5, "-o", tmp_path / "out", "--json", "--quiet"]
    done = n6(*words, cwd=tmp_path)
    assert done.code == 0
    kept = json.loads((tmp_path / "out" / "explore.json").read_text())
    assert kept == done.data["exploration"]
    (one,) = kept["candidates"]
    assert (one["model"], one["size"], one["scheme"]) == ("n6demo-pose", "96x64", "st")
    assert one["sha256"] == hashlib.sha256(Path(one["path"]).read_bytes()).hexdigest()
    assert one["source_sha256"] == hashlib.sha256(carried.checkpoint.read_bytes()).hexdigest()
    assert one["difference"] == pytest.approx(one["ap"] - one["float_ap"], abs=2e-6)
    assert one["ram_from"] == "graph"
    assert 16_000 < one["ram_bytes"] < 200_000  # at least half of the first stage's 32 x 32 x 8
    assert (tmp_path / "out" / "explore.svg").read_text().startswith("<svg")
    assert one["sha256"] in (tmp_path / "out" / "explore.html").read_text()


def test_sizes_side_by_side_give_what_one_alone_gives(carried, tmp_path):
    words = ["explore", carried.checkpoint, "--calibration", carried.calibration, "--data", carried.labels]
    words += ["--schemes", "st", "--max-images", 3, "--json", "--quiet"]
    tables = []
    for sizes, workers in (("64,96x64", 2), ("96x64", 1)):
        done = n6(*words, "--sizes", sizes, "--workers", workers, "-o", tmp_path / str(workers), cwd=tmp_path)
        assert done.code == 0
        tables.append([{**one, "path": ""} for one in done.data["exploration"]["candidates"]])
    assert [one["size"] for one in tables[0]] == [64, "96x64"]
    assert tables[0][1:] == tables[1]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--sizes", "big"),
        ("--schemes", "best"),
        ("--resize", "squeeze"),
        ("--max-images", "-1"),
        ("--workers", "-3"),
        ("--calibration", "nowhere"),
    ],
)
def test_what_cannot_be_is_refused(carried, tmp_path, option, value):
    words = ["explore", carried.checkpoint, "--calibration", carried.calibration, "--data", carried.labels]
    done = n6(*words, option, value, "--json", cwd=tmp_path)
    assert done.code in (2, 3)
    assert value in json.dumps(done.data)
    assert not (tmp_path / "n6studio-out").exists()


def test_what_is_named_twice_is_one_candidate():
    assert [str(one) for one in explore._sizes("64,96x64,64x64")] == ["64", "96x64"]
    assert explore._schemes("default, tuned,default") == ["default", "tuned"]
