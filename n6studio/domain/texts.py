"""Numbers as people read them: sizes, durations, counts with their nouns, ranges. Every room says them this way."""

from collections.abc import Sequence


def bytes_text(size: float) -> str:
    """Return "640 B", "381.2 KiB", "3.19 MiB" or "2.00 GiB"."""
    for factor, unit, digits in ((2**30, "GiB", 2), (2**20, "MiB", 2), (2**10, "KiB", 1)):
        if size >= factor:
            return f"{size / factor:.{digits}f} {unit}"
    return f"{size:.0f} B"


def duration(seconds: float) -> str:
    """Return "8 s", "1 min 20 s" or "2 h 5 min"; less than nothing is "0 s"."""
    whole = max(0, round(seconds))
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"


def gmac(count: int) -> str:
    """Return multiply-accumulates as "1.24 GMAC", and below a tenth of that as "38.5 MMAC"."""
    return f"{count / 1e9:.2f} GMAC" if count >= 1e8 else f"{count / 1e6:.1f} MMAC"


def plural(count: float, one: str, many: str = "") -> str:
    """Return the noun as it stands beside a number; `many` is for those that take more than an "s"."""
    return one if count == 1 else many or f"{one}s"


def counted(count: int, one: str, many: str = "") -> str:
    """Return "1 image", "12 images" or "1,204 images"."""
    return f"{count:,} {plural(count, one, many)}"


def span(first: int, last: int, one: str = "", many: str = "") -> str:
    """Return "rows 4 to 9", or "row 4" where both ends are one; without a noun the numbers alone."""
    numbers = str(first) if first == last else f"{first} to {last}"
    return f"{plural(1 if first == last else 2, one, many)} {numbers}" if one else numbers


def size_span(small: tuple[int, int], large: tuple[int, int]) -> str:
    """Return "640 x 480" or "320 x 240 to 1920 x 1080": widths and heights."""
    first, last = (f"{width} x {height}" for width, height in (small, large))
    return first if first == last else f"{first} to {last}"


def listed(names: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c"; "" for nothing."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


UNKNOWN = "–"  # in place of a number that is not known


def begun(text: str) -> str:
    """Return a text with its first letter large and names in it as they are: "Step 3 of 4: SavedModel"."""
    return text[:1].upper() + text[1:]


def minus(number: str) -> str:
    """Return a number with the minus sign that is as wide as a plus."""
    return number.replace("-", "−")


def decimals(value: float | None, digits: int = 3) -> str:
    """Return a number with so many digits behind the point, "–" for none."""
    return UNKNOWN if value is None else minus(f"{value:z.{digits}f}")  # z: no "−0.0"


def percent(fraction: float | None, digits: int = 1) -> str:
    """Return "81.2 %", "–" for none."""
    return UNKNOWN if fraction is None else f"{decimals(100 * fraction, digits)} %"


def change(difference: float | None, digits: int = 1) -> str:
    """Return a difference with its sign, "+0.4" or "−1.2"; "–" for none."""
    return UNKNOWN if difference is None else minus(f"{difference:+z.{digits}f}")  # z: no "−0.0"


def points(difference: float | None) -> str:
    """Return a difference of fractions in percentage points, with its sign: "+1.2"; "–" for none."""
    return UNKNOWN if difference is None else change(100 * difference)
