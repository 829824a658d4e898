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
        "Invalid value for {name}: {value}",
        "Allowed: {allowed}.",
        ("Use one of the allowed values.",),
    )


class ConfigUnreadable(InputError):
    """An ST user_config.yaml that cannot be understood."""

    code = "N6S-C01"
    path: Path | str
    line: int
    reason: str
    remedy = Remedy(
        "{path} is not valid YAML",
        "Line {line}: {reason}.",
        (
            "Correct what is named in that line.",
            "Indent with spaces only, two per level, and put a space after each colon.",
        ),
    )


class ConfigOfNoKind(InputError):
    """A file that is no user_config.yaml at all."""

    code = "N6S-C05"
    path: Path | str
    found: str
    remedy = Remedy(
        "{path} is no user_config.yaml",
        "Such a file is YAML with sections, such as general, model and quantization; {found}.",
        (
            "Choose the user_config.yaml of ST's quantization script or model zoo services.",
            "If it is that file, save it as UTF-8 text in an editor.",
        ),
    )


class ConfigKeyMissing(InputError):
    """An ST user_config.yaml without a key that the job needs."""

    code = "N6S-C02"
    path: Path | str
    key: str
    remedy = Remedy(
        "{path} does not set {key}",
        "This key is required; without it the job is not defined.",
        ("Add {key}, or start from a file written with --write-config.",),
    )


class ConfigValueInvalid(InputError):
    """An ST user_config.yaml with a value that is not possible."""

    code = "N6S-C03"
    path: Path | str
    key: str
    value: object
    allowed: str | tuple[str, ...]
    remedy = Remedy(
        "Invalid value for {key} in {path}: {value}",
        "Allowed: {allowed}.",
        ("Correct the value and save the file.",),
    )


class ConfigOfOtherKind(InputError):
    """A user_config.yaml of ST's model zoo services for another operation than the one that it was given for."""

    code = "N6S-C04"
    path: Path | str
    operation: str
    wanted: str
    tool: str
    remedy = Remedy(
        "{path} is not for {wanted}",
        "It is a file of ST's model zoo services with operation_mode '{operation}'.",
        (
            "Use it with {tool}.",
            "If it has the sections that {wanted} needs: set operation_mode to {wanted}.",
        ),
    )
