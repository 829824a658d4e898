"""What ST's files for quantization ask for, in either of their two forms, as our settings."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.domain.errors.settings import ConfigValueInvalid, SettingInvalid
from n6studio.domain.settings import from_mapping
from n6studio.domain.whole_numbers import whole_number
from n6studio.stages.quantize.stage import QuantizeSettings

_LARGEST_INPUT = 255.0  # of a value behind the rescaling: pixels themselves


@dataclass(frozen=True)
class StConfig:
    """What a user_config.yaml asks for.

    Attributes:
        model_path: SavedModel folder.
        size: (width, height) in pixels; None where the file does not say.
        calibration: folder of images; None for fake calibration.
        export_path: where the result goes.
        settings: the rest, as our settings: ST's ways quantize the head to int8.
        notes: sentences about what was read with tolerance or ignored.
    """

    model_path: Path
    size: tuple[int, int] | None
    calibration: Path | None
    export_path: Path
    settings: QuantizeSettings
    notes: tuple[str, ...]


def checked(path: Path, keys: dict[str, str], **values: Any) -> QuantizeSettings:
    """Return settings; what they refuse is told of by the name that it has in the file, from `keys`.

    Raises:
        ConfigValueInvalid.
    """
    try:
        return from_mapping(QuantizeSettings, values)
    except SettingInvalid as error:
        key = keys.get(error.name, error.name)
        raise ConfigValueInvalid(path=path, key=key, value=error.value, allowed=error.allowed) from error


def input_size(path: Path, key: str, shape: Any) -> tuple[int, int]:
    """Return (width, height) of a shape (height, width, 3), as a list or as text.

    Raises:
        ConfigValueInvalid.
    """
    given = shape
    if isinstance(shape, str):
        given = [whole_number(word.strip()) for word in shape.strip("()[] ").split(",")]
    whole = isinstance(given, list | tuple) and len(given) == 3 and all(isinstance(n, int) and n > 0 for n in given)
    if not whole or given[2] != 3:
        allowed = "[height, width, 3], for example [256, 256, 3]"
        raise ConfigValueInvalid(path=path, key=key, value=shape, allowed=allowed)
    return int(given[1]), int(given[0])


def require_pixels(path: Path, key: str, value: Any, divisor: float, offset: float) -> None:
    """Refuse a rescaling behind which pixels are larger than before: every range would be measured on nonsense.

    Args:
        path: the file.
        key: where the rescaling stands in it.
        value: what stands there.
        divisor: pixels 0..255 are divided by this...
        offset: ...and this is added.

    Raises:
        ConfigValueInvalid: with what was probably meant.
    """
    if 255 / divisor + abs(offset) <= _LARGEST_INPUT:
        return
    allowed = "the script divides pixels by scale, so {scale: 255, offset: 0} gives 0 to 1"
    if divisor < 1:
        allowed += f"; {divisor:.4g} would give 0 to {255 / divisor:,.0f}, and you probably mean {1 / divisor:.4g}"
    raise ConfigValueInvalid(path=path, key=key, value=value, allowed=allowed)
