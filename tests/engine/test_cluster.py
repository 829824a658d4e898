"""Work on a Dask cluster: a scheduler and two workers on this computer, one of which is killed."""

import csv
import hashlib
import json
import os
import signal
import sys
import time
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from builders import ROOT, Running, assert_told, explored, n6, program_environment
from dask_here import SECONDS

from n6studio.domain.errors.cluster import ClusterPackageMissing, ClusterUnreachable, ClusterWithoutWorkers
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.engine.cluster import cluster, worker, workers
from n6studio.engine.cluster.here import difference, facts
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.layers.lock import read_lock

# --- without Dask ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["", "localhost", "localhost:8786", "http://a:1", "tcp://:8786", "tcp://a", "tls://a:0"]
)
def test_what_is_no_address_is_refused(address):
    with pytest.raises(SettingInvalid, match="--cluster"):
        cluster.require_address(address)


def test_addresses_of_schedulers():
    for address in ("tcp://127.0.0.1:8786", "tls://host:8786", "tcp://[::1]:8786"):
        cluster.require_address(address)


def test_without_the_package_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterPackageMissing), cluster.connected("tcp://127.0.0.1:8786", lambda text: None):
        pass


def test_differences_are_named():
    here = {"N6 Studio": "1", "torch": "2", "dask": "3"}
    assert difference(here, dict(here)) == ""
    assert difference(here, {**here, "torch": "2.1"}) == "torch 2.1 and not 2"
    assert difference(here, {"N6 Studio": "1", "dask": "3"}) == "torch none and not 2"
    many = {str(number): "1" for number in range(9)}
    assert difference(many, {}).endswith("5 more")


def test_the_version_to_install_is_the_one_that_is_tested():
    (pin,) = (one for one in read_lock(ROOT / "packaging" / "develop.txt") if one.key == "distributed")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert [f"{pin.name}=={pin.version}"] == extras["cluster"] == [cluster.PACKAGE]


def test_facts_have_program_system_and_both_layers():
    found = facts()
    assert {"N6 Studio", "code of N6 Studio", "Python", "system", "numpy", "ultralytics", "distributed"} <= set(found)


def test_files_arrive_in_pieces_and_are_held_against_their_digests(tmp_path):
    place = SimpleNamespace(local_directory=str(tmp_path))
    whole, digest = b"first second", hashlib.sha256(b"first second").hexdigest()
    assert worker.lacking([digest], dask_worker=place) == [digest]
    assert worker.receive([(digest, 0, False, whole[:5])], dask_worker=place) == []
    assert worker.lacking([digest], dask_worker=place) == [digest], "half of it is none of it"
    assert worker.receive([(digest, 5, True, whole[5:])], dask_worker=place) == []
    assert worker.lacking([digest], dask_worker=place) == []
    assert worker.piece_of(digest, 6, 3, dask_worker=place) == b"sec"
    assert worker.receive([("0" * 64, 0, True, whole)], dask_worker=place) == ["0" * 64]
    assert worker.lacking(["0" * 64], dask_worker=place) == ["0" * 64]


def test_what_is_sent_of_a_folder_is_what_its_digest_is_over(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("b.jpg", "a.png", "in/c.jpg", "notes.txt", ".hidden"):
        (tmp_path / name).write_text(name)
    for images_only, names in (
        (True, {"b.jpg", "a.png", "in/c.jpg"}),
        (False, {"b.jpg", "a.png", "in/c.jpg", "notes.txt"}),
    ):
        hashes = HashCache()
        (sent,) = cluster.sent_as([input_of(tmp_path, hashes, images_only)], hashes)
        assert {name for name, _ in sent.files} == names
        assert dict(sent.files)["b.jpg"] == hashlib.sha256(b"b.jpg").hexdigest()


def test_the_weights_beside_an_onnx_are_sent_and_laid_where_it_names_them(tmp_path):
    import onnx
    from onnx import TensorProto

    home, there = tmp_path / "home", tmp_path / "there"
    (home / "w").mkdir(parents=True)
    (home / "w" / "net.bin").write_bytes(b"1234")
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="w/net.bin")
    (home / "net.onnx").write_bytes(onnx.ModelProto(graph=onnx.GraphProto(initializer=[tensor])).SerializeToString())
    hashes = HashCache()
    asked = input_of(home / "net.onnx", hashes)
    (sent,) = cluster.sent_as([asked], hashes)
    sources = cluster._sources({"model": (sent,)})
    assert {path.relative_to(home).as_posix() for path in sources.values()} == {"net.onnx", "w/net.bin"}
    (there / "files").mkdir(parents=True)
    for digest, path in sources.items():
        (there / "files" / digest).write_bytes(path.read_bytes())
    laid = worker._laid_out(there, sent)
    assert laid.sha256 == asked.sha256 == input_of(Path(laid.path), HashCache()).sha256
    assert (Path(laid.path).parent / "w" / "net.bin").read_bytes() == b"1234"


def test_large_files_go_in_pieces_and_small_ones_together(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "_PIECE", 10)
    sources = {}
    for name, size in (("empty", 0), ("small", 4), ("exact", 20), ("large", 25)):
        (tmp_path / name).write_bytes(bytes(range(size)))
        sources[name] = tmp_path / name
    messages = list(cluster._pieces(list(sources), sources))
    assert all(sum(len(data) for *_, data in one) < 20 for one in messages)
    found, ended = dict.fromkeys(sources, b""), []
    for digest, start, last, data in [piece for one in messages for piece in one]:
        assert start == len(found[digest])
        found[digest] += data
        ended += [digest] if last else []
    assert found == {name: path.read_bytes() for name, path in sources.items()}
    assert ended == list(sources)


def test_what_happened_is_told_without_where():
    error = OSError("in <TCP (closed)  local=tcp://127.0.0.1:4 remote=tcp://127.0.0.1:5>: Connection reset by peer.")
    assert cluster._first_line(error) == "Connection reset by peer"
    assert cluster._first_line(TimeoutError()) == "TimeoutError"


# --- with Dask -------------------------------------------------------------------------------------------------------


def working(place):
    """Return whether a job runs at a worker."""
    return any(place.rglob("n6studio/jobs/*"))


def await_work(places, process):
    """Return the first of the workers that works."""
    end = time.monotonic() + 2 * SECONDS
    while time.monotonic() < end and process.poll() is None:
        for place in places:
            if working(place):
                return place
        time.sleep(0.02)
    raise AssertionError("nobody works")


def timeless(value):
    """Return results without what a clock or a path tells."""
    if isinstance(value, dict):
        left = ("ms", "images_per_second", "seconds", "workers", "speed")
        return {name: timeless(item) for name, item in value.items() if name not in left}
    return [timeless(item) for item in value] if isinstance(value, list) else value


def rows(path):
    """Return a table of images without what a clock tells."""
    with path.open(newline="") as stream:
        return [
            {name: cell for name, cell in row.items() if not name.endswith("_ms")} for row in csv.DictReader(stream)
        ]


@pytest.mark.slow
def test_an_evaluation_on_two_workers_one_of_them_killed_gives_the_same_to_the_digit(carried, dask, tmp_path):
    places = [dask.worker("one"), dask.worker("two")]
    words = ["evaluate", carried.coarse, "--against", carried.fine, "--data", carried.labels, "--worst", "0"]
    running = Running(*words, "--cluster", dask.address, "-o", tmp_path / "there", "--json", cwd=tmp_path)
    killed = await_work(places, running.process).name
    dask.end(killed)
    there = running.end(300)
    assert there.code == 0, there.err
    assert f"worker {killed} (" in there.err
    assert "was lost; its work is done again" in there.err
    n6(*words, "-o", tmp_path / "here", "--json", cwd=tmp_path)
    assert (tmp_path / "there" / "people.jsonl").read_bytes() == (tmp_path / "here" / "people.jsonl").read_bytes()
    assert rows(tmp_path / "there" / "images.csv") == rows(tmp_path / "here" / "images.csv")
    results = [json.loads((tmp_path / place / "results.json").read_text()) for place in ("there", "here")]
    assert timeless(results[0]) == timeless(results[1])
    assert results[0]["models"][0]["coco"]["ap"] > 0.2
    assert not (tmp_path / "there" / "parts").exists()
    # The other worker has each image once, and this computer takes the result for its own.
    kept = list((dask.folder / {"one": "two", "two": "one"}[killed]).rglob("n6studio/files/*"))
    images = {hashlib.sha256(path.read_bytes()).hexdigest() for path in carried.images.iterdir()}
    assert len([path for path in kept if path.name in images]) >= len(images) // 2
    again = n6(*words, "-o", tmp_path / "there", "--json", cwd=tmp_path)
    assert again.data["fresh"] is True


@pytest.mark.slow
def test_a_batch_on_a_worker_gives_the_files_that_this_computer_makes(carried, dask, explored_sizes, tmp_path):
    dask.worker("one")
    there = explored(carried, tmp_path / "there", "64", 0, "--cluster", dask.address)["candidates"]
    here = [one for one in explored_sizes if one["size"] == 64]
    for candidates in (there, here):
        assert [one["sha256"] for one in candidates] == [
            hashlib.sha256(Path(one["path"]).read_bytes()).hexdigest() for one in candidates
        ]
    assert [{**one, "path": ""} for one in there] == [{**one, "path": ""} for one in here]
    assert there[0]["ap"] is not None


@pytest.mark.slow
def test_a_cancelled_evaluation_ends_at_its_workers_too_and_goes_on_later(carried, dask, tmp_path):
    place = dask.worker("one")
    words = ["evaluate", carried.coarse, "--data", carried.labels, "--worst", "0", "--cluster", dask.address]
    running = Running(*words, "-o", tmp_path / "out", "--json", cwd=tmp_path)
    await_work([place], running.process)
    running.process.send_signal(signal.SIGINT)
    assert running.end(60).code == 130
    end = time.monotonic() + 20
    while working(place) and time.monotonic() < end:
        time.sleep(0.1)
    assert not working(place)
    assert not (tmp_path / "out" / "results.json").exists()
    assert n6(*words, "-o", tmp_path / "out", "--json", cwd=tmp_path).code == 0


@pytest.mark.slow
def test_a_worker_of_another_version_is_refused_by_name(carried, dask, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "sitecustomize.py").write_text("import n6studio\nn6studio.__version__ = '0.0.1'\n")
    path = os.pathsep.join([str(other), program_environment().get("PYTHONPATH", "")])
    dask.worker("older", PYTHONPATH=path)
    words = ["evaluate", carried.coarse, "--data", carried.labels, "--max-images", "3", "--cluster", dask.address]
    done = n6(*words, "-o", tmp_path / "out", "--json", cwd=tmp_path)
    told = assert_told(done, "N6S-G04", 4)
    assert "older (tcp://" in told["differences"][0]
    assert "N6 Studio 0.0.1 and not" in told["differences"][0]
    dask.worker("right")
    done = n6(*words, "-o", tmp_path / "out", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "worker older (" in done.err
    assert "is not used" in done.err
    assert not list((tmp_path / "dask" / "older").rglob("n6studio/files/*"))


@pytest.mark.slow
def test_no_scheduler_and_no_workers_are_said(dask, monkeypatch):
    monkeypatch.setattr(workers, "PATIENCE_SECONDS", 1.0)
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    with pytest.raises(ClusterWithoutWorkers), cluster.connected(dask.address, lambda text: None):
        pass
    for address, reason in (("tcp://127.0.0.1:9", "Timed out|refused"), ("tls://127.0.0.1:9", "names no certificates")):
        with pytest.raises(ClusterUnreachable, match=reason), cluster.connected(address, lambda text: None):
            pass
