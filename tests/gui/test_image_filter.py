"""Filtering and tagging the images of an evaluation, and bars that stand for images."""

import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from n6studio.domain.charts.axis import Axis
from n6studio.domain.charts.bars import Bars
from n6studio.domain.charts.histogram import Group, Histogram
from n6studio.domain.pose.people import People
from n6studio.engine.project.tags import read_tags, write_tags
from n6studio.ui.charts.view import picked_by
from n6studio.ui.context import Context
from n6studio.ui.pages.evaluate.data import Group as FoundGroup
from n6studio.ui.pages.evaluate.data import Image
from n6studio.ui.pages.evaluate.filter_bar import FilterBar
from n6studio.ui.pages.evaluate.filtering import NoFilter, parsed
from n6studio.ui.widgets.gallery import Entry, Gallery, GalleryView

NAMES = ("nose", "left_wrist")


def people(*points):
    keypoints = np.array([[[x, y, 2.0] for x, y in person] for person in points], np.float64).reshape(-1, 2, 3)
    boxes = np.tile([0.0, 0.0, 100.0, 100.0], (len(points), 1))
    return People(boxes, np.ones(len(points)), keypoints)


def image(name, oks=(1.0,), lost=0.0, moved=0.0, size=(640, 480)):
    """An image with one labelled person for each OKS; int8 puts the left wrist so many pixels off."""
    truth = people(*[((10, 10), (50, 50))] * len(oks))
    found = people(*[((10, 10), (50 + moved, 50))] * len(oks))
    who = tuple(range(len(oks)))
    return Image(Path(name), size, truth, (FoundGroup(found, tuple(oks), who),), (), lost)


FAR, GOOD, CROWD = image("far.jpg", moved=20.0), image("good.jpg"), image("crowd.jpg", (0.9, 0.2, 0.95), 0.4)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", {"far.jpg", "good.jpg", "crowd.jpg"}),
        ("go", {"good.jpg"}),
        ("people>2", {"crowd.jpg"}),
        ("people=1 -far", {"good.jpg"}),
        ("fn>0", {"crowd.jpg"}),
        ("fp=1", {"crowd.jpg"}),
        ("lost>=0.4", {"crowd.jpg"}),
        ("oks>=0.95", {"far.jpg", "good.jpg"}),
        ('off:"left wrist"', {"far.jpg"}),
        ("off:left_wrist", {"far.jpg"}),
        ("off:nose", set()),
        ("tag:dark", {"good.jpg"}),
        ("-tag:DARK width>=640", {"far.jpg", "crowd.jpg"}),
    ],
)
def test_what_is_typed_is_a_condition(text, shown):
    found, tags = parsed(text, NAMES), {GOOD.path: ("dark",)}
    assert {one.path.name for one in (FAR, GOOD, CROWD) if found.accepts(one, tags)} == shown


@pytest.mark.parametrize("text", ["colour>2", "off:tail", "people>1.2.3"])
def test_what_is_no_condition_is_told(text):
    with pytest.raises(NoFilter):
        parsed(text, NAMES)


def test_tags_are_kept_by_path_and_a_broken_file_has_none(tmp_path):
    inside, outside = tmp_path / "images" / "a.jpg", Path("/elsewhere/b.jpg")
    write_tags(tmp_path, {inside: ["dark", "dark", "blurred"], outside: ["x"], tmp_path / "none.jpg": []})
    assert read_tags(tmp_path) == {inside: ("blurred", "dark"), outside: ("x",)}
    (tmp_path / "tags.json").write_text("[]")
    assert read_tags(tmp_path) == {}


def test_a_bar_stands_for_the_images_behind_it():
    bars = Bars(title="", x=Axis("x"), y=Axis("y"), labels=NAMES, series=(), picks="off")
    assert picked_by(bars, 0.3, 1.2) == 'off:"left_wrist"'
    assert picked_by(bars, 0.3, 7.0) == ""
    counts = Histogram(
        title="", x=Axis("x"), y=Axis("y"), edges=(0.0, 0.5, 1.0), groups=(Group("g", "accent", (1, 2)),), picks="oks"
    )
    assert picked_by(counts, 0.7, 1.0) == "oks>=0.5 oks<1"
    assert picked_by(counts, 3.0, 1.0) == ""


def test_views_are_kept_between_starts(application):
    context, asked = Context(), []
    bar = FilterBar(context)
    bar.changed.connect(asked.append)
    bar.line.setText("tag:dark people>1")
    bar.keep_view("my view")
    again = FilterBar(context)
    again.changed.connect(asked.append)
    again.views.setCurrentText("my view")
    again.views.activated.emit(again.views.currentIndex())
    assert asked == ["tag:dark people>1"]
    for made in (bar, again):
        made.deleteLater()


def test_fifty_thousand_images_take_no_time_to_list_and_to_find(application):
    gallery = Gallery()
    view = GalleryView(gallery)
    view.resize(800, 600)
    view.show()
    entries = [Entry(Path(f"/none/{number}.jpg"), "OKS lost 0.10", number) for number in range(50_000)]
    began = time.process_time()
    gallery.set_entries(entries)
    assert gallery.row_of(49_999) == 49_999
    view.setCurrentIndex(gallery.index(49_999))
    QTest.keyClick(view, Qt.Key.Key_Up)
    assert time.process_time() - began < 1.0
    assert gallery.loaded < 200, "only what is seen is read"
    view.close()
    view.deleteLater()
    gallery.deleteLater()
