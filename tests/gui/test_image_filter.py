"""Filtering and tagging the images of an evaluation, and bars that stand for images."""

import dataclasses
import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from n6studio.domain.calibration.facts import CalibrationFacts, ImageFacts
from n6studio.domain.charts.axis import Axis
from n6studio.domain.charts.bars import Bars
from n6studio.domain.charts.calibration import brightness, heights, keypoint_map, keypoints_seen
from n6studio.domain.charts.heat_map import HeatMap
from n6studio.domain.charts.histogram import Group, Histogram
from n6studio.domain.pose.people import People
from n6studio.domain.pose.skeleton import generic
from n6studio.engine.project.tags import give_tags, read_tags, write_tags
from n6studio.ui.context import Context
from n6studio.ui.image_files import with_people
from n6studio.ui.pages.calibration.filtering import Known
from n6studio.ui.pages.calibration.filtering import vocabulary as calibration_vocabulary
from n6studio.ui.pages.evaluate.data import Group as FoundGroup
from n6studio.ui.pages.evaluate.data import Image
from n6studio.ui.pages.evaluate.filtering import VIEWS, vocabulary
from n6studio.ui.widgets.filter_bar import FilterBar
from n6studio.ui.widgets.gallery import Entry, Gallery, GalleryView
from n6studio.ui.widgets.gallery_people import drawn_people
from n6studio.ui.widgets.image_filter import NoFilter, parsed

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


WORDS = vocabulary(NAMES, {Path("good.jpg")})
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
        ("in:calibration", {"good.jpg"}),
        ("oks=0.1..0.5", {"crowd.jpg"}),
        ("oks=..0.1", set()),
        ("oks=0.95..", {"far.jpg", "good.jpg", "crowd.jpg"}),
        ('hidden:"nothing hidden"', {"far.jpg", "good.jpg", "crowd.jpg"}),
        ('hidden:"more than half hidden"', set()),
        ("-tag:DARK width>=640", {"far.jpg", "crowd.jpg"}),
    ],
)
def test_what_is_typed_is_a_condition(text, shown):
    found, tags = parsed(text, WORDS), {GOOD.path: ("dark",)}
    assert {one.path.name for one in (FAR, GOOD, CROWD) if found.accepts(one, tags)} == shown


def of_classes(name, labelled, areas, errors=(3, 0, 0, 0, 0), taken=(), nobody=()):
    """An image with labelled people of these classes, and what they were taken for."""
    plain = image(name, (1.0,) * len(labelled))
    truth = dataclasses.replace(plain.truth, classes=np.array(labelled, np.int32))
    found = dataclasses.replace(plain.groups[0], errors=errors, taken=taken, nobody=nobody)
    return dataclasses.replace(plain, truth=truth, groups=(found,), areas=np.array(areas))


CATS_AND_DOGS = (
    of_classes("cat.jpg", (0,), (500.0,), taken=(0,)),
    of_classes("mixed.jpg", (0, 1), (1024.0, 20_000.0), (1, 2, 0, 0, 0), (1, None)),
    of_classes("dog.jpg", (1,), (5000.0,), (0, 0, 0, 1, 4), (1,), (0,)),
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("size:small", "cat mixed"),
        ("size:medium", "mixed dog"),  # COCO's limits belong to both sizes
        ("size:large", "mixed"),
        ("error:jitter", "mixed"),
        ("error:miss", "dog"),
        ("error:inversion", ""),
        ("class:dog", "mixed dog"),
        ('as:"cat > dog"', "mixed"),
        ("as:cat>cat", "cat"),
        ('as:"cat > another"', "mixed"),
        ('as:"Dog > nobody"', "mixed"),
        ('as:"dog > dog"', "dog"),
        ('as:"nobody > cat"', "dog"),
        ('as:"nobody > dog"', ""),
        ('as:"nobody > another"', "dog"),
    ],
)
def test_sizes_errors_and_classes(text, shown):
    found = parsed(text, vocabulary(NAMES, (), ("cat", "dog")))
    assert " ".join(one.path.stem for one in CATS_AND_DOGS if found.accepts(one, {})) == shown


@pytest.mark.parametrize("text", ['as:"cat > cow"', "as:cat", 'as:"another > cat"', "class:cow", "size:tiny"])
def test_classes_that_are_not_known_are_told(text):
    with pytest.raises(NoFilter):
        parsed(text, vocabulary(NAMES, (), ("cat", "dog")))


@pytest.mark.parametrize(
    "text", ["colour>2", "off:tail", "people>1.2.3", "in:attic", "is:dark", "class:cat", "people=1..2.3.4"]
)
def test_what_is_no_condition_is_told(text):
    with pytest.raises(NoFilter):
        parsed(text, WORDS)


def test_tags_are_kept_by_path_and_a_broken_file_has_none(tmp_path):
    inside, outside = tmp_path / "images" / "a.jpg", Path("/elsewhere/b.jpg")
    write_tags(tmp_path, {inside: ["dark", "dark", "blurred"], outside: ["x"], tmp_path / "none.jpg": []})
    assert read_tags(tmp_path) == {inside: ("blurred", "dark"), outside: ("x",)}
    (tmp_path / "tags.json").write_text("[]")
    assert read_tags(tmp_path) == {}


def test_a_bar_stands_for_the_images_behind_it():
    bars = Bars(title="", x=Axis("x"), y=Axis("y"), labels=NAMES, series=(), picks="off")
    assert bars.picked(0.3, 1.2) == 'off:"left_wrist"'
    assert bars.picked(0.3, 7.0) == ""
    assert dataclasses.replace(bars, picks="").picked(0.3, 1.2) == ""
    assert dataclasses.replace(bars, filters=("", "people>=2 people<=4")).picked(0.3, 1.2) == "people>=2 people<=4"
    counts = Histogram(
        title="",
        x=Axis("x"),
        y=Axis("y"),
        edges=(0.0, 0.5, 0.8, 1.0),
        groups=(Group("g", "accent", (1, 2, 1)),),
        picks="oks",
    )
    assert counts.picked(0.7, 1.0) == "oks=0.5..0.8"
    assert counts.picked(0.9, 1.0) == "oks=0.8..", "the last range holds everything above"
    assert counts.picked(0.1, 1.0) == "oks=..0.5"
    assert counts.picked(3.0, 1.0) == ""
    cells = HeatMap(title="", x=Axis("x"), y=Axis("y"), counts=((0, 1), (2, 3)), counted="points", picks="at")
    assert cells.picked(0.6, 0.2) == "at:1,0"
    assert cells.picked(1.2, 0.2) == ""


def test_every_filter_that_a_chart_gives_is_understood():
    """What the charts of evaluation and calibration pick is what the vocabularies know."""
    facts = CalibrationFacts((ImageFacts("a.jpg", people=1, heights=(0.4,), seen=(1, 0), cells=((25,), ())),), NAMES)
    charts = [
        brightness(facts.images),
        heights(facts.images),
        keypoints_seen(facts.images, NAMES),
        keypoint_map(facts.images, None),
    ]
    known = Known(Path("a.jpg"), "a.jpg", False, facts.images[0])
    words, given = calibration_vocabulary(facts), []
    for chart in charts:
        places = [
            (x, y)
            for x in np.linspace(chart.x.low, chart.x.high, 40)
            for y in np.linspace(chart.y.low, chart.y.high, 40)
        ]
        texts = {text for x, y in places if (text := chart.picked(float(x), float(y)))}
        assert texts, chart.title
        given.append([text for text in texts if parsed(text, words).accepts(known, {})])
    assert [len(texts) for texts in given] == [1, 1, 1, 1], "each counts this image once"
    assert given[2] == ['seen:"nose"']
    assert given[3] == ["at:1,1"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("people=0", set()),
        ("is:dark", {"night.jpg"}),
        ("-is:excluded", {"night.jpg", "new.jpg"}),
        ("in:evaluation", {"day.jpg"}),
        ("tall>0.3", {"day.jpg"}),
        ("is:unreadable", set()),
        ("brightness<100 -tag:done", {"night.jpg"}),
    ],
)
def test_calibration_images_are_filtered_by_what_the_check_found(text, shown):
    facts = {
        "day.jpg": ImageFacts("day.jpg", brightness=120, sharpness=300, people=1, heights=(0.5,), evaluated=True),
        "night.jpg": ImageFacts("night.jpg", brightness=20, sharpness=300),
    }
    images = [
        Known(Path(name), name, name == "day.jpg", facts.get(name)) for name in ("day.jpg", "night.jpg", "new.jpg")
    ]
    found = parsed(text, calibration_vocabulary(CalibrationFacts(tuple(facts.values()), NAMES)))
    assert {one.name for one in images if found.accepts(one, {Path("day.jpg"): ("done",)})} == shown


def test_an_example_shows_a_few_people_well(tmp_path):
    for name in ("crowd.jpg", "far.jpg", "near.jpg", "empty.jpg"):
        (tmp_path / name).touch()
    found = CalibrationFacts((
        ImageFacts("crowd.jpg", people=9, heights=(0.9,) * 9), ImageFacts("empty.jpg", people=0),
        ImageFacts("far.jpg", people=1, heights=(0.1,)), ImageFacts("gone.jpg", people=1, heights=(0.95,)),
        ImageFacts("near.jpg", people=2, heights=(0.6, 0.2)),
    ))  # fmt: skip
    assert with_people(tmp_path, found) == tmp_path / "near.jpg"
    assert with_people(tmp_path, CalibrationFacts(found.images[1:2])) is None
    assert with_people(tmp_path, CalibrationFacts(found.images[:1])) == tmp_path / "crowd.jpg"


def test_skeletons_are_drawn_on_thumbnails(tmp_path):
    skeleton = dataclasses.replace(generic(2, NAMES), edges=((0, 1),))
    blank = QImage(64, 48, QImage.Format.Format_RGB32)
    blank.fill(0)
    drawn = QImage(blank)
    drawn_people(skeleton, {Path("a.jpg"): ((640, 480), people(((100, 100), (300, 100))))}, Path("a.jpg"), drawn)
    assert drawn.pixelColor(20, 10).lightness() > 60
    assert drawn.pixelColor(20, 40).lightness() == 0
    other = QImage(blank)
    drawn_people(skeleton, {}, Path("a.jpg"), other)
    assert other == blank


def test_views_are_kept_between_starts(application):
    context, asked = Context(), []
    bar = FilterBar(context, "evaluate", VIEWS, "people>2")
    bar.changed.connect(asked.append)
    bar.line.setText("tag:dark people>1")
    bar.keep_view("my view")
    again = FilterBar(context, "evaluate", VIEWS, "people>2")
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


def test_tags_that_another_page_gave_meanwhile_stay(tmp_path):
    one, other = tmp_path / "a.jpg", tmp_path / "b.jpg"
    assert give_tags(tmp_path, [one], "dark, blurred,") == {one: ("dark", "blurred")}
    assert give_tags(tmp_path, [other], "dark") == {one: ("blurred", "dark"), other: ("dark",)}
    assert set(give_tags(tmp_path, [one], "night")[one]) == {"dark", "blurred", "night"}
    give_tags(tmp_path, [one], " , ")
    assert read_tags(tmp_path) == {other: ("dark",)}
