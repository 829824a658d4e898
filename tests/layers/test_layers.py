import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import venv
from pathlib import Path

import pytest
from small_wheels import Index, make_wheel, sha256, write_lock

from n6studio.domain.errors.layers import (
    LayerDamaged,
    LayerHasNoWheel,
    LayerMissing,
    LayerNotInstalled,
    LayerUnreachable,
)
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.requests import InputFile, StageRequest
from n6studio.engine import layers as engine
from n6studio.layers import download
from n6studio.layers.download import Progress, Stopped, get, get_all
from n6studio.layers.index import Offer, Wheel, best, choose, from_html, in_folder, tags_of
from n6studio.layers.layer import BASE, CONVERSION, Layer, installed_version
from n6studio.layers.lock import Pin, read_lock
from n6studio.layers.places import Places, cpu_index, pip_settings, uv_index
from n6studio.stages.registry import STAGES

ROOT = Path(__file__).resolve().parents[2]
TAGS = {"py3-none-any": 5, "cp311-cp311-manylinux_2_17_x86_64": 1, "cp311-cp311-manylinux_2_5_x86_64": 2}


@pytest.fixture
def index(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "_PAUSES", (0.01, 0.01, 0.01))
    server = Index(tmp_path / "offered")
    yield server
    server.end()


@pytest.fixture
def offered(tmp_path):
    return make_wheel(tmp_path / "offered", "alpha", "1.0", padding=900_000)


def wheel_of(index, path):
    [wheel] = choose([Pin("alpha", "1.0", "", (sha256(path),))], Places(indexes=(index.address,)), TAGS)
    return wheel


def got(index, path, folder, stop=None):
    counted = []
    got = get(wheel_of(index, path), folder, "", counted.append, stop or threading.Event())
    return got, counted


# --- what is chosen ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_html", [False, True])
def test_wheel_is_found_in_an_index(index, offered, as_html):
    index.as_html = as_html
    wheel = wheel_of(index, offered)
    assert (wheel.name, wheel.sha256) == (offered.name, sha256(offered))
    assert wheel.size in (0 if as_html else offered.stat().st_size,)


def test_best_suiting_wheel_wins_and_digests_decide_what_may_be_chosen():
    def offer(tag, digest):
        return Offer(f"a-1-{tag}.whl", "", digest)

    offers = [offer("py3-none-any", "p"), offer("cp311-cp311-manylinux_2_17_x86_64.manylinux_2_5_x86_64", "q"),
              offer("cp311-cp311-win_amd64", "r")]  # fmt: skip
    assert best(Pin("a", "1", "", ("p", "q", "r")), offers, TAGS).sha256 == "q"
    assert best(Pin("a", "1", "", ("p", "r")), offers, TAGS).sha256 == "p"
    assert best(Pin("a", "1", "", ("r",)), offers, TAGS) is None


def test_wheel_with_another_digest_is_not_offered(index, offered):
    with pytest.raises(LayerHasNoWheel):
        choose([Pin("alpha", "1.0", "", ("0" * 64,))], Places(indexes=(index.address,)), TAGS)


def test_folder_comes_before_the_index(index, offered, tmp_path):
    beside = make_wheel(tmp_path / "folder", "alpha", "1.0+cpu")
    pin = Pin("alpha", "1.0", "", (sha256(offered), sha256(beside)))
    [wheel] = choose([pin], Places((tmp_path / "folder",), (index.address,)), TAGS)
    assert wheel.address == beside.as_uri()
    assert in_folder(Pin("alpha", "2.0", "", pin.hashes), tmp_path / "folder", TAGS) is None


def test_index_that_is_gone_is_unreachable_and_not_without_wheels(index, offered):
    index.end()
    with pytest.raises(LayerUnreachable):
        choose([Pin("alpha", "1.0", "", (sha256(offered),))], Places(indexes=(index.address,)), TAGS)


def test_html_without_digests_is_left_out():
    page = '<a href="a-1-py3-none-any.whl">a</a><a href="../f/b%2Bcpu.whl#sha256=' + "ab" * 32 + '">b</a>'
    assert from_html(page, "http://host/simple/a/") == (
        Offer("b+cpu.whl", "http://host/simple/f/b%2Bcpu.whl", "ab" * 32),
    )


def test_tags_of_a_name():
    assert tags_of("x-1-py2.py3-none-any.whl") == ("py2-none-any", "py3-none-any")


def test_settings_of_pip_are_taken():
    listed = (
        "global.index-url='https://one/simple'\n:env:.find-links='/a /b'\ninstall.no-clean='true'\nlist.format='x'\n"
    )
    assert pip_settings(listed) == {
        "index-url": ("https://one/simple",), "find-links": ("/a", "/b"), "no-clean": ("true",)
    }  # fmt: skip
    assert uv_index({"UV_INDEX_URL": "https://two"}) == ("https://two",)
    assert uv_index({}) == ()


def test_place_of_cpu_builds_is_what_uv_says(tmp_path):
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\ncat >/dev/null; echo 'torch==2.13.0+cpu'; echo '    # from https://there/whl/cpu/'\n")
    uv.chmod(0o755)
    assert cpu_index(uv, "torch==2.13.0") == "https://there/whl/cpu"
    uv.write_text("#!/bin/sh\nexit 1\n")
    assert cpu_index(uv, "torch==2.13.0") == ""
    assert cpu_index(tmp_path / "none", "torch==2.13.0") == ""


# --- how it comes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size_known", [True, False])
def test_download_that_is_cut_goes_on_where_it_was(index, offered, tmp_path, size_known):
    index.cut_after, index.as_html = 100_000, not size_known
    path, counted = got(index, offered, tmp_path / "got")
    assert sha256(path) == sha256(offered)
    assert sum(counted) == offered.stat().st_size
    firsts = [first for _, first in index.asked]
    assert firsts == sorted(set(firsts))
    assert len(firsts) >= 9
    assert not list((tmp_path / "got").glob("*.part"))


def test_server_that_cannot_go_on_in_the_middle_begins_anew(index, offered, tmp_path):
    index.ranges = False
    (tmp_path / "got").mkdir()
    (tmp_path / "got" / (offered.name + ".part")).write_bytes(b"x" * 1000)
    path, counted = got(index, offered, tmp_path / "got")
    assert sha256(path) == sha256(offered)
    assert sum(counted) == offered.stat().st_size


def test_changed_file_is_refused_and_removed(index, offered, tmp_path):
    index.spoiled = True
    with pytest.raises(LayerDamaged, match=offered.name):
        got(index, offered, tmp_path / "got")
    assert not list((tmp_path / "got").iterdir())


def test_damaged_file_from_before_is_got_again(index, offered, tmp_path):
    (tmp_path / "got").mkdir()
    (tmp_path / "got" / offered.name).write_bytes(b"not it")
    path, _ = got(index, offered, tmp_path / "got")
    assert sha256(path) == sha256(offered)


def test_file_that_is_there_is_not_got_again(index, offered, tmp_path):
    got(index, offered, tmp_path / "got")
    index.asked.clear()
    _, counted = got(index, offered, tmp_path / "got")
    assert index.asked == []
    assert sum(counted) == offered.stat().st_size


def test_network_that_stays_away_is_told_and_the_part_kept(index, offered, tmp_path):
    wheel = wheel_of(index, offered)
    (tmp_path / "got").mkdir()
    part = tmp_path / "got" / (offered.name + ".part")
    part.write_bytes(offered.read_bytes()[:5000])
    index.end()
    with pytest.raises(LayerUnreachable):
        get(wheel, tmp_path / "got", "", lambda _: None, threading.Event())
    assert part.stat().st_size == 5000


def test_stopped_download_keeps_its_part(index, offered, tmp_path):
    stop = threading.Event()
    wheel = wheel_of(index, offered)
    with pytest.raises(Stopped):
        get_all([wheel], tmp_path / "got", "", lambda _: stop.set(), stop)
    assert 0 < (tmp_path / "got" / (offered.name + ".part")).stat().st_size <= offered.stat().st_size


def test_failure_of_one_is_told_and_not_that_the_others_stopped(index, offered, tmp_path):
    good, bad = wheel_of(index, offered), Wheel(Pin("b", "1"), "b.whl", "http://127.0.0.1:9/b.whl", "0" * 64, 10)
    with pytest.raises(LayerUnreachable, match="package=b"):
        get_all([good, bad], tmp_path / "got", "", lambda _: None, threading.Event())


def test_progress_tells_bytes_and_time_left(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(download.time, "monotonic", lambda: now[0])
    shown = []
    progress = Progress(1000, lambda *row: shown.append(row))
    for _ in range(5):
        now[0] += 1.0
        progress(100)
    assert shown[0] == (100, 1000, None)
    assert shown[-1] == (500, 1000, pytest.approx(5.0))


# --- an environment ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An environment with pip, whose conversion layer is one small package."""
    folder = tmp_path_factory.mktemp("environment") / "Umgebung für alle"
    venv.create(folder, with_pip=True)
    return folder


def python_of(folder):
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def test_a_layer_that_comes_while_the_program_runs_is_known_without_a_new_start(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    late = Layer("late", "late layer", "", ("n6_module_that_comes_late",), 1)
    assert not late.present
    folder = tmp_path / "layers" / "late-1"
    (tmp_path / "n6studio-late.pth").write_text(f"{folder}\n")
    assert not late.present, "the folder is gone"
    folder.mkdir(parents=True)
    (folder / "n6_module_that_comes_late.py").touch()
    assert late.present
    shutil.rmtree(folder)
    assert not late.present


# The room as it is, with one module in place of the heavy ones.
PROCESS = (
    "import dataclasses, sys; sys.path.insert(0, {root!r})\n"
    "from n6studio.layers import layer\n"
    "small = dataclasses.replace(layer.CONVERSION, modules=('alpha',), bytes_installed=1000)\n"
    "layer.CONVERSION = layer.LAYERS['conversion'] = small\n"
    "from n6studio.layers.__main__ import main\n"
    "sys.exit(main(sys.argv[1:]))\n"
)


def get_in(environment, *arguments, **settings):
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return subprocess.Popen(
        [str(python_of(environment)), "-c", PROCESS.format(root=str(ROOT)), "get", "conversion", *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=environment,
        env=variables | {"PIP_CONFIG_FILE": os.devnull} | settings,
    )  # fmt: skip


def ended(process):
    out, error = process.communicate(timeout=120)
    return [json.loads(line) for line in out.splitlines()][-1], error


def version_in(environment):
    code = "import alpha; print(alpha.VERSION)"
    done = subprocess.run([str(python_of(environment)), "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip()


@pytest.mark.slow
def test_layer_comes_whole_is_known_and_goes_with_the_next(environment, tmp_path):
    wheels = tmp_path / "wheels"
    first = make_wheel(wheels, "alpha", "1.0")
    lock = write_lock(tmp_path / "first.txt", first)
    last, error = ended(get_in(environment, "--lock", str(lock), "--from", str(wheels), "--offline"))
    assert last == {"ended": "done"}, error
    assert version_in(environment) == "1.0"
    assert ended(get_in(environment, "--lock", str(lock), "--offline"))[0] == {"ended": "there"}

    second = make_wheel(wheels, "alpha", "2.0")
    newer = write_lock(tmp_path / "second.txt", second)
    assert ended(get_in(environment, "--lock", str(newer), "--from", str(wheels), "--offline"))[0] == {"ended": "done"}
    assert version_in(environment) == "2.0"
    assert len(list((environment / "layers").iterdir())) == 1
    assert not (environment / "downloads").exists()


@pytest.mark.slow
def test_layer_that_does_not_install_leaves_the_one_before(environment, tmp_path):
    """A wheel whose digest is right and whose inside is no wheel: pip itself refuses it."""
    wheels = tmp_path / "wheels"
    bad = make_wheel(wheels, "alpha", "3.0")
    bad.write_bytes(b"PK no archive")
    before = version_in(environment)
    last, _ = ended(get_in(environment, "--lock", str(write_lock(tmp_path / "bad.txt", bad)), "--from", str(wheels),
                           "--offline"))  # fmt: skip
    assert last["ended"] == "failed"
    assert last["error"]["code"] == LayerNotInstalled.code
    assert version_in(environment) == before


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="a matter of POSIX")
def test_layer_that_is_killed_at_ten_moments_is_got_in_the_end(environment, tmp_path):
    """Whatever the moment, what Python imports is the old layer or the new one, whole."""
    site = next((environment / "lib").glob("python*/site-packages"))
    (site / "n6studio-conversion.pth").unlink(missing_ok=True)
    offered = make_wheel(tmp_path / "offered", "alpha", "4.0", padding=3_000_000)
    lock = write_lock(tmp_path / "lock.txt", offered)
    index = Index(tmp_path / "offered")
    index.cut_after = 400_000
    try:
        for moment in range(10):
            process = get_in(environment, "--lock", str(lock), PIP_INDEX_URL=index.address)
            time.sleep(0.3 + 0.35 * moment)
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert version_in(environment) in ("", "4.0")
        last, error = ended(get_in(environment, "--lock", str(lock), PIP_INDEX_URL=index.address))
    finally:
        index.end()
    assert last["ended"] in ("done", "there"), error
    assert version_in(environment) == "4.0"


@pytest.mark.slow
def test_second_process_is_told_that_another_one_works(environment, tmp_path):
    code = (
        f"import sys, time; sys.path.insert(0, {str(ROOT)!r})\n"
        "from n6studio.layers.get import only_one\nfrom n6studio.layers.layer import CONVERSION\n"
        "with only_one(CONVERSION):\n    print('held', flush=True); time.sleep(60)\n"
    )
    holder = subprocess.Popen([str(python_of(environment)), "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline().strip() == "held"
        last, _ = ended(get_in(environment, "--offline"))
        assert last["error"]["code"] == "N6S-Y07"
    finally:
        holder.kill()
        holder.wait()


# --- the engine -------------------------------------------------------------------------------------------------------


def request(stage, *paths):
    return StageRequest(stage.name, {}, {"model": tuple(InputFile(str(path), "") for path in paths)})


def test_stages_say_whether_they_convert(tmp_path):
    inspect, export = STAGES["inspect"], STAGES["export"]
    saved = tmp_path / "saved"
    saved.mkdir()
    (saved / "saved_model.pb").touch()
    assert engine.needs_conversion(export, request(export, "x.onnx"))
    assert engine.needs_conversion(inspect, request(inspect, "x.PT"))
    assert engine.needs_conversion(inspect, request(inspect, saved))
    assert not engine.needs_conversion(inspect, request(inspect, "x.tflite", "y.onnx"))


def test_absent_layer_is_told_before_the_stage_starts(monkeypatch, tmp_path):
    monkeypatch.setattr(engine, "CONVERSION", Layer("conversion", "", "", ("no_such_module_here",), 1))
    with pytest.raises(LayerMissing) as caught:
        engine.require_layers(STAGES["export"], request(STAGES["export"]))
    assert caught.value.layer == "conversion"
    assert 300 < caught.value.megabytes < 700
    engine.require_layers(STAGES["inspect"], request(STAGES["inspect"], "x.tflite"))


def play(tmp_path, text):
    path = tmp_path / "player.py"
    path.write_text(text)
    return (sys.executable, str(path))


def test_progress_of_the_process_is_told(tmp_path):
    command = play(tmp_path, "print('{\"step\": \"download\", \"done\": 3, \"total\": 9, \"left\": 2.5}')\n"
                             "print('noise')\nprint('{\"ended\": \"done\"}')\n")  # fmt: skip
    told = []
    assert engine.get_layer(CONVERSION, told.append, threading.Event(), command) is True
    assert told[0] == engine.LayerProgress("download", 3, 9, 2.5)


def test_error_of_the_process_is_raised(tmp_path):
    error = LayerDamaged(file="x.whl").to_message()
    command = play(tmp_path, f"import json\nprint(json.dumps({{'ended': 'failed', 'error': {error!r}}}))\n")
    with pytest.raises(LayerDamaged, match=r"x\.whl"):
        engine.get_layer(CONVERSION, lambda _: None, threading.Event(), command)


def test_process_that_dies_is_told(tmp_path):
    with pytest.raises(LayerNotInstalled, match="exit code 3"):
        engine.get_layer(CONVERSION, lambda _: None, threading.Event(), play(tmp_path, "raise SystemExit(3)"))


def test_cancelling_closes_the_process_input(tmp_path):
    command = play(tmp_path, 'import sys\nsys.stdin.read()\nprint(\'{"ended": "stopped"}\')\n')
    cancel = threading.Event()
    threading.Timer(0.3, cancel.set).start()
    with pytest.raises(Cancelled):
        engine.get_layer(CONVERSION, lambda _: None, cancel, command)


def test_either_build_of_a_release_counts(monkeypatch):
    import importlib.metadata as metadata

    def version(name):
        if name != "tensorflow-cpu":
            raise metadata.PackageNotFoundError(name)
        return "2.19.1"

    monkeypatch.setattr(metadata, "version", version)
    assert installed_version("tensorflow") == "2.19.1"
    with pytest.raises(metadata.PackageNotFoundError):
        installed_version("torch")


def test_room_works_without_any_package():
    """It runs before anything is installed: on nothing but Python, without even its packages in reach."""
    code = (
        "import sys; sys.path[:] = [p for p in sys.path if 'site-packages' not in p]\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "import n6studio.layers.__main__, n6studio.layers.get, n6studio.layers.places\nprint('fine')\n"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "fine", done.stderr


def test_bases_list_is_read():
    assert {"numpy", "pyside6-essentials"} <= {pin.key for pin in read_lock(ROOT / "packaging" / f"{BASE.name}.txt")}
