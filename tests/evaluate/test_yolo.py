"""Ultralytics' data sets and label files: what stands on a limit, and what is one value away from being right."""

from pathlib import Path

import pytest

from n6studio.domain.errors.datasets import ImagesMissing, LabelFormUnknown, LabelsFaulty, LabelsUnreadable, NoImages
from n6studio.domain.errors.files import FileMissing, FileTooLarge
from n6studio.stages.datasets.places import label_path
from n6studio.stages.datasets.yolo import read

LINE = "0 0.5 0.5 0.2 0.4 0.5 0.5 2"


def data_set(folder, labels=LINE, b_labels="", shape="[1, 3]", **more):
    """Write `pose.yaml` and, in `data`, images a and b with labels; return the YAML."""
    for name, text in (("a", labels), ("b", b_labels)):
        image, label = folder / f"data/images/val/{name}.jpg", folder / f"data/labels/val/{name}.txt"
        image.parent.mkdir(parents=True, exist_ok=True)
        label.parent.mkdir(parents=True, exist_ok=True)
        image.write_bytes(b"x")
        label.write_text(text)
    lines = {"path": "data", "val": "images/val", "kpt_shape": shape, **more}
    (folder / "pose.yaml").write_text("".join(f"{key}: {value}\n" for key, value in lines.items()))
    return folder / "pose.yaml"


def people(path):
    return [len(item.truth.people) for item in read(path, "val", False).items]


def reason(path, error=LabelsFaulty):
    with pytest.raises(error) as caught:
        read(path, "val", False)
    return caught.value.values["reason"]


# --- images ----------------------------------------------------------------------------------------------------------


def test_images_are_in_the_order_of_their_names_and_numbered_from_1(tmp_path):
    path = data_set(tmp_path, val="list.txt")
    (tmp_path / "data/list.txt").write_text("  images/val/b.jpg \n   \n\nimages\\val\\a.jpg\n")
    items = read(path, "val", False).items
    assert [(item.path.name, item.image_id) for item in items] == [("a.jpg", 1), ("b.jpg", 2)]


def test_a_part_may_be_a_single_image(tmp_path):
    path = data_set(tmp_path, val="images/val/C.JPG")
    (tmp_path / "data/images/val/C.JPG").write_bytes(b"x")
    assert [item.path.name for item in read(data_set(tmp_path, val="images/val/a.jpg"), "val", False).items] == [
        "a.jpg"
    ]
    path = data_set(tmp_path, val="images/val/C.JPG")
    (tmp_path / "data/labels/val/C.txt").write_text(LINE)
    assert people(path) == [1]


def test_a_part_without_images_is_named(tmp_path):
    (tmp_path / "data/empty").mkdir(parents=True)
    (tmp_path / "data/empty/a.txt").touch()
    with pytest.raises(NoImages) as caught:
        read(data_set(tmp_path, val="empty"), "val", False)
    assert caught.value.values == {"path": str(tmp_path / "data/empty"), "seen": 1}


def test_what_is_no_text_in_utf_8_is_told(tmp_path):
    path = data_set(tmp_path, val="list.txt")
    (tmp_path / "data/list.txt").write_bytes("images/val/a.jpg\n".encode("utf-16"))
    with pytest.raises(LabelFormUnknown, match="UTF-16"):
        read(path, "val", False)


def test_where_missing_images_should_be(tmp_path):
    path = data_set(tmp_path, val="list.txt")
    (tmp_path / "data/list.txt").write_text("images/val/a.jpg\nimages/val/gone.jpg\n")
    with pytest.raises(ImagesMissing) as caught:
        read(path, "val", False)
    told = caught.value.values
    assert (told["missing"], told["total"]) == (1, 2)
    assert told["example"] == str(tmp_path / "data/images/val/gone.jpg")
    with pytest.raises(ImagesMissing) as caught:
        read(data_set(tmp_path, val="nowhere"), "val", False)
    told = caught.value.values
    assert (told["missing"], told["total"], told["example"]) == (1, 1, str(tmp_path / "data/nowhere"))


def test_a_yaml_named_from_the_working_folder_finds_data_beside_that_folder(tmp_path, monkeypatch):
    data_set(tmp_path)
    (tmp_path / "yamls").mkdir()
    (tmp_path / "pose.yaml").rename(tmp_path / "yamls/pose.yaml")
    monkeypatch.chdir(tmp_path / "yamls")
    assert len(read(Path("pose.yaml"), "val", False).items) == 2


def test_a_list_of_images_is_not_read_beyond_256_mebibytes(tmp_path):
    path = data_set(tmp_path, val="list.txt")
    with (tmp_path / "data/list.txt").open("wb") as file:
        file.truncate(256 * 1024 * 1024 + 1)
    with pytest.raises(FileTooLarge):
        read(path, "val", False)


def test_labels_lie_beside_the_folder_called_images_be_it_the_first(tmp_path):
    assert label_path(Path("images/a.jpg")) == Path("labels/a.txt")
    assert label_path(Path("x/images")) == Path("x/images.txt")  # no folder of that name


# --- the YAML --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shape", ["[1]", "[1, 3, 3]", "[1.0, 3]", "[1, '3']", "['1', 3]", "[0, 3]", "[1001, 3]", "[1, 1]", "[1, 4]", "5"]
)
def test_shapes_that_are_none(tmp_path, shape):
    assert "kpt_shape should be" in reason(data_set(tmp_path, shape=shape), LabelsUnreadable)


def test_shapes_of_one_and_of_a_thousand_keypoints(tmp_path):
    assert people(data_set(tmp_path)) == [1, 0]
    most = data_set(tmp_path, labels=f"0 0.5 0.5 0.2 0.4{' 0 0 0' * 1000}", shape="[1000, 3]")
    assert people(most) == [1, 0]


def test_classes_are_counted_in_the_yaml_and_in_the_labels(tmp_path):
    assert read(data_set(tmp_path), "val", False).notes == ()
    assert read(data_set(tmp_path, names="[person]"), "val", False).notes == ()
    for names in ("[person, dog]", "{0: person, 1: dog}"):
        (note,) = read(data_set(tmp_path, names=names), "val", False).notes
        assert note.startswith("The labels have 2 classes.")
    (note,) = read(data_set(tmp_path, labels=f"{LINE}\n2{LINE[1:]}"), "val", False).notes
    assert note.startswith("The labels have 2 classes.")


# --- label files -----------------------------------------------------------------------------------------------------


def test_lines_of_blanks_are_no_people(tmp_path):
    assert people(data_set(tmp_path, labels=f"  \n{LINE}\n\t\n", b_labels="\n")) == [1, 0]


def test_the_first_faulty_line_is_named_with_its_file_and_the_others_counted(tmp_path):
    path = data_set(tmp_path, labels=f"\n{LINE}\n0 1", b_labels="0 2 3")
    with pytest.raises(LabelsFaulty) as caught:
        read(path, "val", False)
    assert Path(caught.value.values["path"]).name == "a.txt"
    expected = "line 3 has 2 values where 8 are needed; 1 other line of label files is faulty, too"
    assert caught.value.values["reason"] == expected
    assert reason(data_set(tmp_path, labels="0 1")) == "line 1 has 2 values where 8 are needed"


@pytest.mark.parametrize("place", [1, 2, 3, 4])
def test_boxes_may_overlap_the_image_by_a_hundredth(tmp_path, place):
    def labels(value):
        words = LINE.split()
        words[place] = value
        return data_set(tmp_path, labels=" ".join(words))

    assert people(labels("1.01")) == people(labels("-0.01")) == people(labels("0")) == [1, 0]
    for value in ("1.011", "-0.011", "nan", "inf"):
        assert reason(labels(value)) == "line 1 has coordinates that are not fractions of the image (0 to 1)"


@pytest.mark.parametrize(("place", "value"), [(5, "{}"), (6, "{}"), (5, "-{}"), (6, "-{}")])
def test_labelled_keypoints_lie_within_two_sides_of_the_corner(tmp_path, place, value):
    def labels(distance, visible):
        words = [*LINE.split()[:7], visible]
        words[place] = value.format(distance)
        return data_set(tmp_path, labels=" ".join(words))

    assert people(labels("2", "1")) == people(labels("50", "0")) == [1, 0]
    for visible in ("1", "2"):
        assert reason(labels("2.01", visible)) == "line 1 has keypoints that are not fractions of the image (0 to 1)"


def test_visibilities_are_0_to_2_and_classes_whole_numbers_from_0(tmp_path):
    for good in ("0", "1", "2"):
        assert people(data_set(tmp_path, labels=LINE[:-1] + good)) == [1, 0]
    for bad in ("-0.1", "2.1", "-1", "3"):
        assert "visibility" in reason(data_set(tmp_path, labels=LINE[:-1] + bad))
    second = data_set(tmp_path, labels=f"{LINE} 0.5 0.5 3", shape="[2, 3]")
    assert "visibility" in reason(second)
    for good in ("0", "7", "3.0"):
        assert people(data_set(tmp_path, labels=good + LINE[1:])) == [1, 0]
    for bad in ("-1", "0.5"):
        assert f"the class {bad}, and" in reason(data_set(tmp_path, labels=bad + LINE[1:]))


def test_boxes_and_keypoints_of_two_values_by_hand(tmp_path):
    path = data_set(tmp_path, labels="0 0.5 0.25 0.5 0.25 0.25 0 0 0.5 -0.1 0.5 0.5 -0.1", shape="[4, 2]")
    truth = read(path, "val", False).items[0].truth
    assert truth.people.boxes.tolist() == [[0.25, 0.125, 0.75, 0.375]]
    assert truth.people.keypoints[0, :, 2].tolist() == [2, 2, 0, 0]
    assert truth.people.keypoints[0, 0, :2].tolist() == [0.25, 0]
    far = data_set(tmp_path, labels="0 0.5 0.25 0.5 0.25 0.25 2.5", shape="[1, 2]")
    assert "keypoints that are not fractions" in reason(far)
    unlabelled = data_set(tmp_path, labels="0 0.5 0.25 0.5 0.25 -50 0.5", shape="[1, 2]")
    assert people(unlabelled) == [1, 0]


def test_repeated_lines_are_counted_over_all_files(tmp_path):
    (note,) = read(data_set(tmp_path, labels=f"{LINE}\n{LINE}\n{LINE}", b_labels=f"{LINE}\n{LINE}"), "val", False).notes
    assert note == "3 lines of labels repeat another of the same image and were left out."


# --- moved, listed, and given another folder -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "part",
    [
        "images/*",
        "[images/v*, images/val]",
        "/content/set/data/images/val",
        "'C:\\set\\images\\val'",
        "../data/images/val",
        "images\\val",
    ],
)
def test_patterns_and_parts_that_moved_are_found(tmp_path, part):
    path = data_set(tmp_path, val=part)
    assert people(path) == [1, 0]


def test_a_part_may_be_called_validation_and_a_list_may_name_moved_images(tmp_path):
    path = data_set(tmp_path)
    path.write_text(path.read_text().replace("val: images/val", "validation: list.txt"))
    (tmp_path / "data/list.txt").write_text("C:\\old\\images\\val\\a.jpg\n/old/images/val/b.jpg\n")
    assert people(path) == [1, 0]


def test_images_may_be_given_with_their_labels_or_without(tmp_path):
    path = data_set(tmp_path)
    moved = tmp_path / "elsewhere/pictures"
    moved.mkdir(parents=True)
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "data/images/val" / name).rename(moved / name)
    found = read(path, "val", False, moved)
    assert [item.path.parent for item in found.items] == [moved, moved]
    assert [len(item.truth.people) for item in found.items] == [1, 0]
    for name in ("a.txt", "b.txt"):
        (tmp_path / "data/labels/val" / name).rename(moved / name)
    assert [len(item.truth.people) for item in read(path, "val", False, moved).items] == [1, 0]
    with pytest.raises(FileMissing):
        read(path, "val", False, tmp_path / "nowhere")


# --- what Ultralytics drops ------------------------------------------------------------------------------------------


def test_an_image_with_faulty_labels_is_left_out_where_others_have_sound_ones(tmp_path):
    found = read(data_set(tmp_path, labels="0 nan 0.5 0.2 0.4 0.5 0.5 2", b_labels=LINE), "val", False)
    assert [item.path.name for item in found.items] == ["b.jpg"]
    (note,) = found.notes
    assert note.startswith("1 image was left out: its label file is faulty, for example a.txt: line 1 has coordinates")
    assert [(one.count, one.example[:13]) for one in found.left_out] == [(1, "a.txt: line 1")]
    assert (found.labels, [one.count for one in found.labels_left_out]) == (2, [1])


@pytest.mark.parametrize(
    ("labels", "more", "why"),
    [
        ("0 0.5 0.5 0.2 0.4 1.2 0.5 2", {}, "keypoints beyond the image"),
        ("0 0.5 0.5 0.2 0.4 50 0.5 0", {}, "keypoints beyond the image"),
        ("0 0.5 0.5 0.2 0.4 -0.2 0.5 2", {}, "negative values"),
        ("0 0.5 0.5 -0.005 0.4 0.5 0.5 2", {}, "negative values"),
        (f"1{LINE[1:]}", {"names": "[person]"}, "the class 1, and 1 class named"),
        (f"1{LINE[1:]}", {"nc": 1}, "the class 1, and 1 class named"),
        ("0 0.5 0.5 0.2 0.4 1.01 -0.01 2", {}, ""),
        (f"1{LINE[1:]}", {}, ""),
        (f"1{LINE[1:]}", {"names": "[person, dog]"}, ""),
    ],
)
def test_what_ultralytics_drops_is_known_and_told(tmp_path, labels, more, why):
    found = read(data_set(tmp_path, labels=labels, b_labels=LINE, **more), "val", False)
    assert [item.truth.refused for item in found.items] == [why, ""]
    assert [item.truth.in_pixels(99, 99).refused for item in found.items] == [why, ""]
    assert any("Ultralytics drops 1 image whose label file has " in note for note in found.notes) == bool(why)


def test_images_of_less_than_ten_pixels_are_dropped_by_ultralytics(tmp_path):
    truth = read(data_set(tmp_path), "val", False).items[0].truth
    assert truth.in_pixels(10, 10).refused == ""
    assert truth.in_pixels(9, 400).refused == "it is smaller than 10 pixels"


def test_classes_are_those_named_and_those_used(tmp_path):
    labels = f"{LINE}\n2{LINE[1:]}"
    found = read(data_set(tmp_path, labels=labels, names="[cat, dog]"), "val", False)
    assert found.classes == ("cat", "dog", "class 2")
    assert found.items[0].truth.people.classes.tolist() == [0, 2]
    assert found.items[1].truth.people.classes is None


def test_rows_that_are_equal_in_half_the_precision_are_one_and_the_others_are_sorted(tmp_path):
    labels = "1 0.5 0.5 0.2 0.4 0.5 0.5 2\n0 0.5 0.5 0.2 0.4 0.5 0.5 2\n0 0.50000000001 0.5 0.2 0.4 0.5 0.5 2"
    found = read(data_set(tmp_path, labels=labels), "val", False)
    assert found.items[0].truth.people.class_numbers.tolist() == [0, 1]


@pytest.mark.parametrize("labels", ["0 0.5 0.5 1.3 0.4 0.5 0.5 2", f"{LINE[:-1]}3"])
def test_what_ultralytics_takes_all_the_same_is_taken_where_others_are_sound(tmp_path, labels):
    found = read(data_set(tmp_path, labels=labels, b_labels=LINE), "val", False)
    assert [len(item.truth.people) for item in found.items] == [1, 1]
    assert found.items[0].truth.refused == ""
    (note,) = found.notes
    assert note.startswith("1 label file has odd values, which are taken as Ultralytics takes them, for example a.txt")


# --- patterns, links and what is no file ------------------------------------------------------------------------------


@pytest.mark.parametrize("val", ["images/**.jpg", "images/*/**/*.jpg", "**", "images/[v-a]*", "*/val", "**/val/**/*"])
def test_no_pattern_is_an_error_of_ours(tmp_path, val):
    path = data_set(tmp_path, val=f"'{val}'")
    try:
        assert people(path) == [1, 0]
    except ImagesMissing:
        assert val in ("images/**.jpg", "images/[v-a]*")


def test_a_pattern_of_more_folders_than_there_are_finds_nothing(tmp_path):
    with pytest.raises(ImagesMissing):
        read(data_set(tmp_path, val="'" + "*/" * 40 + "x'"), "val", False)


def test_a_pattern_passes_over_files_that_are_no_images(tmp_path):
    path = data_set(tmp_path, path="data/images", val="'*'")
    (tmp_path / "data/images/read.me").write_text("no list of images")
    assert people(path) == [1, 0]


@pytest.mark.parametrize(
    ("kind", "words"), [("link", "it is a link to gone.txt, which is missing"), ("folder", "it is a folder")]
)
def test_a_label_file_that_is_none_is_not_taken_for_an_image_without_people(tmp_path, kind, words):
    path = data_set(tmp_path, b_labels=LINE)
    label = tmp_path / "data/labels/val/a.txt"
    label.unlink()
    label.symlink_to("gone.txt") if kind == "link" else label.mkdir()
    dataset = read(path, "val", False)
    assert [item.path.name for item in dataset.items] == ["b.jpg"]
    assert words in dataset.left_out[0].example


def test_what_lies_in_an_image_s_place_is_told(tmp_path):
    path = data_set(tmp_path)
    image = tmp_path / "data/images/val/b.jpg"
    image.unlink()
    image.symlink_to(image.name)
    with pytest.raises(ImagesMissing) as caught:
        read(path, "val", False)
    assert caught.value.example == f"{image} (a link that leads to itself)"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("kpt_shape", "[1.0, 3]", "is [1.0, 3]"),
        ("kpt_shape", "[true, 3]", "is [True, 3]"),
        ("kpt_oks_sigmas", "[0.1, 0.1]", "1 numbers above 0"),
        ("kpt_oks_sigmas", "[0]", "1 numbers above 0"),
        ("val", "[images/val, null]", "'val' is empty where a path is needed"),
    ],
)
def test_the_value_that_is_wrong_is_shown(tmp_path, key, value, words):
    assert words in reason(data_set(tmp_path, **{key: value}), LabelsUnreadable)


def test_an_empty_list_of_images_is_told(tmp_path):
    path = data_set(tmp_path, val="list.txt")
    (tmp_path / "data/list.txt").write_text("\n")
    assert "empty list of images" in reason(path, LabelsUnreadable)
