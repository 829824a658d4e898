"""What a setting takes, how it is called and shown: each limit from both sides."""

import math
from dataclasses import dataclass

import pytest

from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.settings import (
    changed_settings,
    from_mapping,
    from_recorded,
    named,
    plain_values,
    recorded_values,
    setting,
    settings_of,
    unsaid_values,
    without_own,
)


@dataclass(frozen=True)
class Some:
    size: int = setting(8, "Input size", "side", unit="px", minimum=2, maximum=10, formerly=("side", "edge", "imgsz"))
    limit: float = setting(0.5, "NMS threshold", "limit", minimum=0.25, zero="none at all")
    most: float = setting(1.0, "Most", "most", maximum=2.0)
    free: int = setting(0, "Free number", "free", zero="all images", flag="--any")
    on: bool = setting(False, "ONe", "on")
    way: str = setting("a", "Way", "way", choices=("a", "b"))
    part: str = setting("p", "Part", "part", file_name=True)
    tool: str = setting("none", "Tool", "tool", own=True)
    names: tuple[str, ...] = setting((), "Names", "names")
    any_text: str = setting("", "Any text", "text")


ALL = {one.name: one for one in settings_of(Some)}


def takes(name, value):
    kept = getattr(from_mapping(Some, {name: value}), name)
    return kept == value and type(kept) is type(value)


def refused(name, value):
    with pytest.raises(SettingInvalid) as caught:
        from_mapping(Some, {name: value})
    assert caught.value.values["name"] == name
    return caught.value.values["allowed"]


@pytest.mark.parametrize(
    ("name", "good", "bad", "allowed"),
    [
        ("size", (2, 10, 5), (1, 11, 5.0, True, "5", None), "an integer from 2 to 10"),
        ("limit", (0.25, 99.5), (0.24, math.inf, math.nan, True, "0.5", None), "a number of at least 0.25"),
        ("most", (2.0, -5.5), (2.1, -math.inf, math.nan), "a number"),
        ("free", (0, -5, 2**63 - 1, -(2**63) + 1), (2**63, -(2**63), False), "an integer"),
        ("on", (True, False), (1, 0, "on", None), "true or false"),
        ("way", ("a", "b"), ("c", "", 1), "a, b"),
        ("tool", ("", "x" * 500, "a/b"), (1, None, ["a"]), "a text"),
    ],
)
def test_values_that_a_setting_takes_and_does_not(name, good, bad, allowed):
    assert all(takes(name, value) for value in good)
    assert {refused(name, value) for value in bad} == {allowed}


def test_a_whole_number_will_do_for_a_number():
    kept = from_mapping(Some, {"limit": 3}).limit
    assert (kept, type(kept)) == (3.0, float)


def test_lists_hold_texts():
    assert (
        from_mapping(Some, {"names": ["a", "b"]}).names == from_mapping(Some, {"names": ("a", "b")}).names == ("a", "b")
    )
    for bad in ("ab", ["a", 1], [1], 5, {"a": 1}, None):
        assert refused("names", bad) == "a list of texts"


def test_a_part_of_a_file_name_has_80_bytes_and_no_signs_of_paths():
    assert takes("part", "x" * 80)
    assert takes("part", "\u00e9" * 40)  # two bytes each
    for bad in ("x" * 81, "\u00e9" * 41, "a\nb", *(f"a{sign}b" for sign in '/\\:*?"<>|')):
        assert refused("part", bad).startswith("a text of at most 80 bytes without / \\ :")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("size", "7", 7),
        ("size", "7.5", "7.5"),
        ("size", "", ""),
        ("limit", "7.5", 7.5),
        ("limit", "many", "many"),
        ("way", "7", "7"),
        ("names", "a,b,,c", ["a", "b", "c"]),
        ("names", "", []),
        *(("on", text, True) for text in ("true", "1", "yes", "on", "TRUE", "On")),
        *(("on", text, False) for text in ("false", "0", "no", "off", "False", "OFF")),
        ("on", "maybe", "maybe"),
    ],
)
def test_typed_texts(name, text, value):
    found = ALL[name].parsed(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("size", 7, "7 px"),
        ("free", 0, "all images"),
        ("free", 3, "3"),
        ("size", 0, "0 px"),
        ("limit", 0.0, "none at all"),
        ("on", True, "on"),
        ("on", False, "off"),
        ("free", False, "off"),
        ("names", (), "none"),
        ("names", ["a"], "1 entry"),
        ("names", ("a", "b"), "2 entries"),
        ("any_text", "", "empty"),
        ("any_text", None, "not set"),
    ],
)
def test_values_as_sentences_show_them(name, value, words):
    assert ALL[name].shown(value) == words


def test_what_settings_are_called():
    assert [one.option for one in ALL.values()][:4] == ["--size", "--limit", "--most", "--any"]
    assert ALL["any_text"].option == "--any-text"
    assert ALL["size"].former_options == ("--side", "--edge", "--imgsz")
    assert (ALL["size"].recorded, ALL["limit"].recorded) == ("imgsz", "limit")
    assert [ALL[name].noun for name in ("size", "limit", "on")] == ["input size", "NMS threshold", "ONe"]
    assert (ALL["names"].is_list, ALL["way"].is_list) == (True, False)
    assert (ALL["size"].default, ALL["size"].kind, ALL["size"].help) == (8, int, "side")


def test_names_of_earlier_releases_are_understood():
    assert named(Some, "imgsz") == named(Some, "side") == named(Some, "edge") == named(Some, "size") == ALL["size"]
    assert named(Some, "nothing") is None
    assert from_mapping(Some, {"imgsz": 4}).size == 4
    for values in ({"imgsz": 4, "size": 5}, {"size": 5, "imgsz": 4}):
        assert from_mapping(Some, values).size == 5


def test_names_that_are_none():
    with pytest.raises(SettingInvalid) as caught:
        from_mapping(Some, {"sizes": 4})
    assert (caught.value.values["name"], caught.value.values["value"]) == ("setting", "sizes")
    assert caught.value.values["allowed"].startswith("size, limit, most")

    @dataclass(frozen=True)
    class Nothing:
        pass

    with pytest.raises(SettingInvalid) as caught:
        from_mapping(Nothing, {"size": 4})
    assert caught.value.values["allowed"] == "none"


def test_a_field_of_another_make_is_a_bug():
    @dataclass(frozen=True)
    class Wrong:
        size: int = 5

    with pytest.raises(TypeError, match=r"Wrong\.size"):
        settings_of(Wrong)


def test_what_only_the_user_sets_is_taken_out():
    kept, own = without_own(Some(size=4, tool="/bin/x"))
    assert kept == Some(size=4)
    assert own == {"tool": "/bin/x"}
    assert without_own(Some(size=4)) == (Some(size=4), {})


def test_values_that_are_written_down():
    some = Some(size=4, names=("a", "b"))
    assert plain_values(some) == {
        "size": 4, "limit": 0.5, "most": 1.0, "free": 0, "on": False, "way": "a", "part": "p", "tool": "none",
        "names": ["a", "b"], "any_text": "",
    }  # fmt: skip
    assert type(plain_values(some)["names"]) is list
    plain = plain_values(some)
    assert recorded_values(some) == {"imgsz": plain.pop("size"), **plain}


@dataclass(frozen=True)
class Grown:
    """Settings of a program that grew."""

    first: int = setting(1, "First", "of the first release", formerly=("one",))
    same: int = setting(2, "Same", "does by default what was done before", later=True)
    other: bool = setting(True, "Other", "does something else by default", later=True, before=False)


def test_a_later_setting_is_recorded_where_it_is_not_what_was_done_before():
    assert recorded_values(Grown()) == {"one": 1, "other": True}
    assert recorded_values(Grown(3, 4, False)) == {"one": 3, "same": 4}
    assert unsaid_values(Grown) == {"same": 2, "other": False}
    assert [one.unsaid for one in settings_of(Grown)] == [1, 2, False]
    for some in (Grown(), Grown(3, 4, False), Grown(same=5)):
        assert from_recorded(Grown, recorded_values(some)) == some
        assert changed_settings(some, recorded_values(some)) == []
    assert from_recorded(Grown, {"one": 7}) == Grown(7, 2, False)
    assert from_mapping(Grown, {"one": 7}) == Grown(7, 2, True), "what a person wrote leaves out has today's default"
    told = [(one.name, then, now) for one, then, now in changed_settings(Grown(), {"one": 7})]
    assert told == [("first", 7, 1), ("other", False, True)]
    assert [one.name for one, _, _ in changed_settings(Grown(same=5), {})] == ["same", "other"]


@pytest.mark.parametrize("value", [None, ""])
def test_nothing_is_told_as_nothing(value):
    with pytest.raises(SettingInvalid) as caught:
        from_mapping(Some, {"way": value})
    assert advice(caught.value).title == "Invalid value for way: empty"
