"""Frames that were kept of the live view: found, filtered, tagged, added to the calibration set."""

import json

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from n6studio.domain.project import Project
from n6studio.engine.project.tags import TAGS_FILE, read_tags
from n6studio.ui.context import Context
from n6studio.ui.pages.live.stills import EXAMPLE, WORDS, StillsDialog, find_stills
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.image_filter import parsed


def keep(folder, name, *scores, facts=True):
    folder.mkdir(parents=True, exist_ok=True)
    image = QImage(64, 48, QImage.Format.Format_RGB32)
    image.fill(len(scores) * 40)
    path = folder / name
    image.save(str(path))
    people = [{"box": [0, 0, 1, 1], "score": score, "keypoints": [[0.5, 0.5, 1.0]] * 17} for score in scores]
    if facts:
        content = {"number": 1, "width": 64, "height": 48, "results": {"people": people, "model": "x"}}
        path.with_suffix(".json").write_text(json.dumps(content))
    return path


@pytest.fixture
def project(tmp_path):
    keep(tmp_path / "live", "snapshot-20261126-120000-000.png", 0.9, 0.3)
    keep(tmp_path / "live", "snapshot-20261126-120000-000-drawn.png", facts=False)
    keep(tmp_path / "worst cases", "live-20261126-130000-000-ab.jpg")
    keep(tmp_path / "live calibration", "live-20261126-140000-000-cd.jpg", facts=False)
    (tmp_path / "live" / "snapshot-20261126-110000-000.json").write_text("[")
    keep(tmp_path / "live", "snapshot-20261126-110000-000.png", facts=False)
    return Project(tmp_path, tmp_path / "a.pt")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ["calibration", "worst", "snapshot", "snapshot"]),
        ("people>=1", ["snapshot"]),
        ("people=0", ["worst"]),
        ("conf=0.2..0.4", ["snapshot"]),
        ("in:calibration", ["calibration"]),
        ("-in:snapshot width>0", ["worst"]),
        ("120000", ["snapshot"]),
    ],
)
def test_kept_frames_are_found_and_filtered(project, text, shown):
    stills = find_stills(project.folder / "live", project)
    found = parsed(text, WORDS)
    assert [one.kind for one in stills if found.accepts(one, {})] == shown


def test_the_example_is_a_filter_of_kept_frames_and_nothing_kept_is_no_problem(application, tmp_path, wait):
    context, parent = Context(), QWidget()
    context.set_project(Project(tmp_path, tmp_path / "a.pt"))
    dialog = StillsDialog(context, parent)
    wait(dialog.filter.count.text, "what is said")
    assert dialog.filter.count.property("role") == TextRole.MUTED.value
    assert dialog.filter.line.placeholderText() == f"Filter: {EXAMPLE} …"
    dialog.filter.show_filter(EXAMPLE)
    assert dialog.filter.count.property("role") == TextRole.MUTED.value
    dialog.close()
    parent.deleteLater()


def test_the_dialog_filters_tags_and_passes_on(application, project, wait):
    context, parent = Context(), QWidget()
    context.set_project(project)
    dialog = StillsDialog(context, parent)
    dialog.show()
    wait(lambda: dialog.gallery.rowCount() == 4, "the frames")
    dialog.filter.show_filter("in:worst")
    assert dialog.gallery.rowCount() == 1
    assert not dialog.calibrate.isEnabled()
    assert not dialog.filter.tag.isEnabled()
    dialog.view.selectAll()
    assert dialog.calibrate.isEnabled()
    assert dialog.filter.tag.isEnabled()
    dialog.filter.tags_wanted.emit("blurred, night")
    wait(lambda: list(read_tags(project.folder).values()) == [("blurred", "night")], "the tags")
    wait(lambda: dialog._tags, "the tags in the dialog")
    dialog.filter.show_filter("tag:night")
    assert "#night" in dialog.gallery.entry(0).caption
    assert not dialog.calibrate.isEnabled()  # other entries, of which none is selected
    dialog.view.selectAll()
    dialog.add_to_calibration()
    wait(lambda: context.project.calibration is not None, "the calibration set")
    assert len(list((context.project.calibration / "added").iterdir())) == 1
    dialog.close()
    parent.deleteLater()


def test_what_cannot_be_written_is_said_in_words(application, project, wait):
    context, parent = Context(), QWidget()
    context.set_project(project)
    (project.folder / TAGS_FILE).mkdir()
    dialog = StillsDialog(context, parent)
    wait(lambda: dialog.gallery.rowCount() == 4, "the frames")
    dialog.view.selectAll()
    dialog.tag("night")
    wait(lambda: dialog.filter.count.property("role") == TextRole.BAD.value, "why there are no tags")
    assert TAGS_FILE in dialog.filter.count.text()
    assert "path=" not in dialog.filter.count.text()
    dialog.close()
    parent.deleteLater()
