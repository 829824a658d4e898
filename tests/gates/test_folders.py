import errno
import os

import pytest

from n6studio.domain.errors.files import FileMissing, FolderTooLarge
from n6studio.domain.errors.stages import Cancelled
from n6studio.engine.jobs.hashing import files_below
from n6studio.gates import folders
from n6studio.gates.folders import every_file, file_count, matching, visible_files, within_limit
from n6studio.gates.stopping import stopped_by
from n6studio.stages.datasets.images import list_images


@pytest.fixture
def three(tmp_path):
    (tmp_path / "below").mkdir()
    for name in ("a.png", "b.png", "below/c.png"):
        (tmp_path / name).touch()
    return tmp_path


def test_so_many_files_and_no_more(three):
    found = list(within_limit(three, three.rglob("*.png"), 3))
    assert sorted(path.name for path in found) == ["a.png", "b.png", "c.png"]
    with pytest.raises(FolderTooLarge) as caught:
        list(within_limit(three, three.rglob("*.png"), 2))
    assert (caught.value.path, caught.value.most) == (three, "2")


@pytest.mark.parametrize("listing", [list_images, lambda folder: files_below(folder, True)])
def test_who_lists_a_folder_has_this_limit(three, monkeypatch, listing):
    assert len(listing(three)) == 3
    monkeypatch.setattr(within_limit, "__defaults__", (2,))
    with pytest.raises(FolderTooLarge):
        listing(three)


@pytest.mark.parametrize("listing", [list_images, lambda folder: files_below(folder, True)])
def test_listing_stops_where_somebody_cancels(three, listing):
    def cancelled():
        raise Cancelled(stage="export")

    with stopped_by(cancelled), pytest.raises(Cancelled):
        listing(three)


def test_a_folder_that_vanishes_while_it_is_listed_is_told(three, monkeypatch):
    real = os.scandir

    def scandir(path):
        if str(path).endswith("below"):
            raise FileNotFoundError(errno.ENOENT, "gone", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(FileMissing) as caught:
        files_below(three, images_only=False)
    assert str(caught.value.path) == str(three / "below")


def test_files_are_counted_with_those_below(three):
    assert file_count(three) == 3
    assert file_count(three / "a.png") == 1


def test_a_long_listing_asks_again_and_again(tmp_path):
    asked = []
    with stopped_by(lambda: asked.append(1)):
        assert len(list(within_limit(tmp_path, [tmp_path] * 5000))) == 5000
    assert len(asked) == 5000 / folders._ASK_EVERY


def test_links_to_files_count_and_folders_behind_links_and_closed_ones_do_not(three, monkeypatch):
    (three / "link.png").symlink_to(three / "a.png")
    (three / "broken.png").symlink_to(three / "nowhere.png")
    (three / "elsewhere").symlink_to(three / "below", target_is_directory=True)
    assert sorted(entry.name for entry in every_file(three)) == ["a.png", "b.png", "c.png", "link.png"]
    real = os.scandir

    def scandir(path):
        if str(path) == closed:
            raise PermissionError(errno.EACCES, "closed", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    closed = str(three / "below")
    assert sorted(entry.name for entry in every_file(three)) == ["a.png", "b.png", "link.png"]
    closed = str(three)
    with pytest.raises(PermissionError):
        list(every_file(three))


def test_files_come_in_the_order_of_their_parts(tmp_path):
    for name in ("b.png", "a/z.png", "a-b.png", "a.png", "a/.hidden.png", "A.PNG"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert files_below(tmp_path, True) == sorted(p for p in tmp_path.rglob("*") if p.is_file() and p.name[0] != ".")


def test_a_folder_of_images_is_looked_through_behind_links_too_and_once(three):
    (three / ".cache").mkdir()
    for name in (".cache/d.png", "below/._c.png"):
        (three / name).touch()
    (three / "below" / "back").symlink_to(three, target_is_directory=True)
    assert sorted(path.name for path in visible_files(three)) == ["a.png", "b.png", "c.png"]
    assert sorted(path.name for path in visible_files(three, recursive=False)) == ["a.png", "b.png"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*", ["a.png", "b.png", "below"]),
        ("*.png", ["a.png", "b.png"]),
        ("**.png", ["a.png", "b.png"]),
        ("**/*.png", ["a.png", "b.png", "below/c.png"]),
        ("**", [".", "below"]),
        ("**/**/below/**", ["below"]),
        ("./below//*", ["below/c.png"]),
        ("[b-]elow/?.png", ["below/c.png"]),
        ("[z-a]*", []),
        ("[", []),
        ("../*", []),
        (".*", [".hidden"]),
    ],
)
def test_what_patterns_stand_for(three, pattern, found):
    (three / ".hidden").touch()
    (three / "below" / "up").symlink_to("..")  # which ** does not enter
    met = sorted(path.relative_to(three).as_posix() for path in matching(three, pattern))
    assert [name for name in met if "up" not in name] == found


def test_many_wildcards_cost_no_more_than_one(tmp_path):
    deep = tmp_path.joinpath(*"abcdefghijkl")
    deep.mkdir(parents=True)
    (deep / "x.png").touch()
    assert list(matching(tmp_path, "**/*/" * 12 + "x.png")) == [deep / "x.png"]
    assert list(matching(tmp_path, "**/*/" * 13 + "x.png")) == []


def test_a_pattern_looks_at_so_many_files_and_no_more(three, monkeypatch):
    monkeypatch.setattr(folders, "MOST_FILES", 2)
    with pytest.raises(FolderTooLarge):
        list(matching(three, "*/nothing"))
