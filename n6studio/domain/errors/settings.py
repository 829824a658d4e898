"""Settings, also those in an ST user_config.yaml. Codes N6S-I04 and N6S-C."""

from pathlib import Path

from n6studio.domain.errors.base import ExitCode, InputError
from n6studio.domain.errors.remedy import Remedy


class SettingInvalid(InputError):
    """A setting has a value outside its choices or range."""

    code = "N6S-I04"
    exit_status = ExitCode.USAGE
    name: str
    value: object
    allowed: str | tuple[str, ...]
    remedy = Remedy(
        "{name} cannot be {value}",
        "Allowed is: {allowed}.",
        ("Choose one of the allowed values.",),
    )


class ConfigUnreadable(InputError):
    """An ST user_config.yaml that cannot be understood."""

    code = "N6S-C01"
    path: Path | str
    line: int
    reason: str
    remedy = Remedy(
        "{path} is not readable YAML",
        "Line {line}: {reason}.",
        ("Indent with spaces only, two for each level, and put one space behind each colon.",),
    )


class ConfigKeyMissing(InputError):
    """An ST user_config.yaml without a key that the job needs."""

    code = "N6S-C02"
    path: Path | str
    key: str
    remedy = Remedy(
        "{path} lacks {key}",
        "The quantization script's file must have this key; without it the job is not defined.",
        ("Add {key}, or start from a file written by --write-config.",),
    )


class ConfigValueInvalid(InputError):
    """An ST user_config.yaml with a value that is not possible."""

    code = "N6S-C03"
    path: Path | str
    key: str
    value: object
    allowed: str | tuple[str, ...]
    remedy = Remedy(
        "{key} in {path} cannot be {value}",
        "Allowed is: {allowed}.",
        ("Correct the value and save the file.",),
    )
