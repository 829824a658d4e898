"""An input size: what can be typed, and what files and --json keep of it."""

from dataclasses import dataclass

import msgspec
import pytest

from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.model.input_size import InputSize, PlainSize
from n6studio.domain.settings import changed_settings, from_mapping, plain_values, recorded_values, setting, settings_of


@dataclass(frozen=True)
class Some:
    size: InputSize = setting(InputSize(256, 256), "Input size", "input size", unit="px", minimum=32, maximum=2048)


@pytest.mark.parametrize(
    ("typed", "size"),
    [
        (256, (256, 256)),
        ("256", (256, 256)),
        ("256x256", (256, 256)),
        ("320x192", (320, 192)),
        (" 320 X 192 ", (320, 192)),
        ("192×320", (192, 320)),
    ],
)
def test_a_size_is_a_side_or_width_x_height(typed, size):
    found = InputSize.parse(typed)
    assert found == size
    assert (found.width, found.height) == size


@pytest.mark.parametrize(
    "typed", ["", "x", "320x", "x192", "320x192x3", "320,192", "-32", "3.5", "1e3", True, None, 3.0, [320, 192], "٣٢"]
)
def test_what_is_no_size_is_refused(typed):
    with pytest.raises(ValueError, match="no input size"):
        InputSize.parse(typed)
    with pytest.raises(SettingInvalid) as caught:
        from_mapping(Some, {"size": typed})
    assert "320x192" in caught.value.values["allowed"]


@pytest.mark.parametrize("typed", [31, "31", 2049, "320x31", "31x320", "4096x320", 0, -32])
def test_each_side_is_within_the_limits(typed):
    with pytest.raises(SettingInvalid) as caught:
        from_mapping(Some, {"size": typed})
    assert "from 32 to 2048" in caught.value.values["allowed"]


@pytest.mark.parametrize(
    ("typed", "kept"), [(192, 192), ("192x192", 192), ("320x192", "320x192"), ("192x320", "192x320")]
)
def test_files_keep_a_number_for_a_square(typed, kept):
    settings = from_mapping(Some, {"size": typed})
    assert plain_values(settings) == recorded_values(settings) == {"size": kept}
    assert str(settings.size) == str(kept)
    assert from_mapping(Some, plain_values(settings)) == settings
    assert msgspec.convert(kept, PlainSize) == kept


@pytest.mark.parametrize("kept", ["rubbish", "320x", [320, 192], 3.5, None])
def test_what_is_no_size_is_not_read_from_results(kept):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(kept, PlainSize)


def test_a_change_is_told_in_what_is_typed():
    ((one, then, now),) = changed_settings(Some(InputSize(320, 192)), {"size": 256})
    assert (one.shown(then), one.shown(now)) == ("256 px", "320x192 px")
    assert changed_settings(Some(), {}) == changed_settings(Some(), {"size": 256}) == []
    (one,) = settings_of(Some)
    assert one.parsed("320x192") == "320x192"
    assert one.shown(InputSize(320, 192)) == "320x192 px", "one size, not two entries"


def test_nearest_goes_by_each_side():
    assert InputSize(330, 200).nearest() == (320, 192)
    assert InputSize(1, 100).nearest(64) == (64, 128)
