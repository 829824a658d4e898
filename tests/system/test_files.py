"""Writing, hashing and projects."""

import errno
import json
import os

import pytest
import yaml
from builders import assert_tidy

from n6studio.domain.errors.files import (
    DiskFull,
    FileMissing,
    FileUnreadable,
    NotAProject,
    ProjectDamaged,
    ProjectNewer,
    WriteFailed,
)
from n6studio.domain.errors.foreign import is_full
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.project import PROJECT_FILE, Project
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.project.project import load_project, save_project
from n6studio.engine.project.runs import runs
from n6studio.stages.export.stage import EXPORT, ExportSettings
from n6studio.stages.quantize.stage import QUANTIZE, QuantizeSettings
from n6studio.system.files import make_folder, move_into_place, replace_text


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# --- writing ---------------------------------------------------------------------------------------------------------


def test_text_is_replaced_whole(tmp_path):
    path = tmp_path / "new" / "ä.txt"
    replace_text(path, "one")
    replace_text(path, "two \N{SNOWMAN}")
    assert path.read_text(encoding="utf-8") == "two \N{SNOWMAN}"
    assert names(path.parent) == ["ä.txt"]


def test_full_disk_keeps_the_old_text(tiny_disk):
    path = tiny_disk / "kept.txt"
    replace_text(path, "old")
    with pytest.raises(DiskFull):
        replace_text(path, "x" * 1_000_000)
    assert path.read_text() == "old"
    assert names(tiny_disk) == ["kept.txt"]


def test_probe_of_a_full_disk_leaves_nothing(tiny_disk):
    with pytest.raises(OSError, match="No space"):
        (tiny_disk / "filler").write_bytes(bytes(1_000_000))
    assert is_full(tiny_disk)
    with pytest.raises(DiskFull):
        make_folder(tiny_disk / "out")
    assert names(tiny_disk / "out") == []


def test_room_is_noticed(tmp_path):
    assert not is_full(tmp_path)
    assert not is_full(tmp_path / "nowhere")


def test_folder_is_put_back_when_the_new_one_cannot_be_moved(tmp_path):
    target = tmp_path / "target"
    target.mkdir()
    (target / "old").write_text("old")
    with pytest.raises(WriteFailed):
        move_into_place(tmp_path / "nowhere", target)
    assert (target / "old").read_text() == "old"
    assert_tidy(tmp_path)


# --- hashing ---------------------------------------------------------------------------------------------------------


def test_folder_digest_counts_names_and_contents_but_not_place(tmp_path):
    def folder(name, **files):
        for file, text in files.items():
            path = tmp_path / name / file.replace("_", ".")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return input_of(tmp_path / name, HashCache()).sha256

    same = folder("a", x_txt="1", y_txt="2")
    assert folder("b", x_txt="1", y_txt="2") == same
    assert folder("c", x_txt="2", y_txt="1") != same
    assert folder("d", x_txt="1", z_txt="2") != same


def test_only_images_count_where_asked(tmp_path):
    (tmp_path / "a.JPG").write_text("1")
    before = input_of(tmp_path, HashCache(), images_only=True)
    (tmp_path / "notes.txt").write_text("2")
    (tmp_path / "._a.jpg").write_text("hidden")
    assert input_of(tmp_path, HashCache(), images_only=True) == before
    assert input_of(tmp_path, HashCache()) != before


def test_name_that_is_not_utf8(tmp_path):
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.jpg")).write_text("1")
    except OSError:
        pytest.skip("this file system takes no such names")
    assert len(input_of(tmp_path, HashCache()).sha256) == 64


def test_change_is_seen_through_the_cache(tmp_path):
    path, store = tmp_path / "a", tmp_path / "store.json"
    path.write_text("one")
    cache = HashCache(store)
    first = cache.file(path)
    cache.save()
    assert HashCache(store).file(path) == first
    path.write_text("other")
    assert HashCache(store).file(path) != first


@pytest.mark.parametrize("text", ["", "{", "[1]", "5", "null", '"ab"'])
def test_damaged_cache_is_forgotten(tmp_path, text):
    (tmp_path / "store.json").write_text(text)
    path = tmp_path / "a"
    path.write_text("one")
    assert len(HashCache(tmp_path / "store.json").file(path)) == 64


def test_missing_and_unreadable_inputs(tmp_path, monkeypatch):
    with pytest.raises(FileMissing):
        input_of(tmp_path / "nowhere", HashCache())
    path = tmp_path / "a"
    path.write_text("one")

    def refuse(*arguments, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(FileUnreadable) as caught:
        HashCache().file(path)
    assert caught.value.values["reason"] == "Permission denied"


# --- projects --------------------------------------------------------------------------------------------------------


def test_project_round_trip(tmp_path):
    folder = tmp_path / "größe.n6"
    outside = tmp_path / "pictures"
    project = Project(
        folder,
        folder / "best.pt",
        calibration=outside,
        data=folder / "data" / "labels.yaml",
        settings={"export": ExportSettings(imgsz=InputSize.square(192)), "quantize": QuantizeSettings()},
    )
    save_project(project)
    written = yaml.safe_load((folder / PROJECT_FILE).read_text(encoding="utf-8"))
    assert written == {
        "schema": 1,
        "model": "best.pt",
        "calibration": str(outside),
        "data": "data/labels.yaml",
        "settings": {"export": {"imgsz": 192}},
    }
    back = load_project(folder)
    assert (back.model, back.calibration, back.data, back.images) == (
        project.model, outside, project.data, None,
    )  # fmt: skip
    assert back.settings_of(EXPORT).imgsz == InputSize.square(192)
    assert back.settings_of(QUANTIZE) == QuantizeSettings()


def project_file(folder, text):
    (folder / PROJECT_FILE).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


@pytest.mark.parametrize(
    "text",
    [
        "", "- 1", "schema: 1", "schema: 1\nmodel:", "a: [1", b"\xff\xfe\x00",
        "schema: 1\nmodel: a.pt\nsettings: 5", "schema: 1\nmodel: a.pt\nsettings: {export: [1]}",
        "schema: 1\nmodel: 2020-13-45", "schema: 1\nmodel: [a.pt]", "schema: 1\nmodel: ~nobodyhere/a.pt",
        "schema: 1\nmodel: /", 'schema: 1\nmodel: "\\ud800.pt"', 'schema: 1\nmodel: "a\\0.pt"',
        "schema: 1\nmodel: " + 300 * "a", "schema: 1\nmodel: a.pt\ndata: {a: 1}",
        "schema: 1\nmodel: a.pt\ncalibration_lock: [1]", "schema: 1\nmodel: a.pt\nskeleton: 1",
    ],
)  # fmt: skip
def test_damaged_project(tmp_path, text):
    with pytest.raises(ProjectDamaged) as caught:
        load_project(project_file(tmp_path, text))
    assert caught.value.values["path"] == str(tmp_path / PROJECT_FILE)


@pytest.mark.parametrize("schema", ["9", "9" * 40])
def test_project_of_a_later_schema(tmp_path, schema):
    with pytest.raises(ProjectNewer, match="this release reads up to"):
        load_project(project_file(tmp_path, f"schema: {schema}\nmodel: a.pt"))


@pytest.mark.parametrize("schema", ["schema: soon\n", "schema: [1]\n", "schema: true\n", "schema: 0\n", ""])
def test_project_of_no_schema(tmp_path, schema):
    with pytest.raises(ProjectDamaged, match="'schema: 2' is missing"):
        load_project(project_file(tmp_path, f"{schema}model: a.pt"))


@pytest.mark.parametrize(
    "settings",
    [
        "{exprt: {}}",
        "{export: {imgsz: big}}",
        "{export: {size: 1}}",
        "{quantize: {scale: .nan}}",
        "{quantize: {seed: 99999999999999999999}}",
    ],
)
def test_project_with_an_impossible_setting(tmp_path, settings):
    with pytest.raises(ProjectDamaged, match="the settings"):
        load_project(project_file(tmp_path, f"schema: 1\nmodel: a.pt\nsettings: {settings}\n"))


def test_folder_without_project(tmp_path):
    with pytest.raises(NotAProject):
        load_project(tmp_path)


def test_runs_are_listed_newest_first(tmp_path):
    project = Project(tmp_path, tmp_path / "a.pt")
    for age, name in enumerate(["new", "old"]):
        file = tmp_path / "runs" / "export" / name / "export.result.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps({}))
        os.utime(file, (1e9 - age, 1e9 - age))
    (tmp_path / "runs" / "export" / "unfinished").mkdir()
    assert [path.name for path in runs(project, "export")] == ["new", "old"]
