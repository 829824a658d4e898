"""Compiling the model with ST Edge AI Core. Codes N6S-T30 to T38."""

from pathlib import Path

from n6studio.domain.errors.base import DeployError, ExitCode
from n6studio.domain.errors.remedy import Remedy

_LOG = "Full output: {log}"


class CompilerOutOfMemory(DeployError):
    """ST Edge AI Core could not place the activations in the available memory."""

    code = "N6S-T30"
    unallocated: int | None
    have: int
    board: str
    log: Path | str
    remedy = Remedy(
        "The model does not fit the memory of {board}",
        "ST Edge AI Core could not place {unallocated} bytes in the {have} bytes available. " + _LOG,
        (
            "Export at a smaller input size; memory grows with its square.",
            "Make sure that the model is fully quantized: a float model needs four times the memory.",
            "On the Discovery kit, allow external RAM; it is slower.",
        ),
    )


class CompilerRefusedModel(DeployError):
    """ST Edge AI Core cannot read or does not support the model."""

    code = "N6S-T31"
    exit_status = ExitCode.INPUT
    path: Path | str
    reason: str
    log: Path | str
    remedy = Remedy(
        "ST Edge AI Core cannot read {path}",
        "Reported: {reason}. " + _LOG,
        (
            "Generate the file again with N6 Studio: n6studio run MODEL.pt.",
            "If it came from Keras 3.3 or a newer exporter, a newer ST Edge AI Core release may read it.",
        ),
    )


class CompilerLayerUnsupported(DeployError):
    """ST Edge AI Core has no implementation of a layer."""

    code = "N6S-T32"
    exit_status = ExitCode.INPUT
    path: Path | str
    layer: str
    log: Path | str
    remedy = Remedy(
        "ST Edge AI Core does not support layer {layer}",
        "{path} contains it, and this release cannot compile it. " + _LOG,
        (
            "Export the checkpoint with N6 Studio, which avoids unsupported layers.",
            "If you modified the architecture, replace that layer.",
        ),
    )


class CompilerInternalError(DeployError):
    """ST Edge AI Core failed with an internal error."""

    code = "N6S-T33"
    reason: str
    log: Path | str
    remedy = Remedy(
        "ST Edge AI Core: internal compiler error",
        "Reported: {reason}. Such errors often come from a graph with unusual outputs. " + _LOG,
        (
            "Generate the file again with N6 Studio: n6studio run MODEL.pt.",
            "Try another ST Edge AI Core release, and report the log to ST.",
        ),
    )


class CompilerOptionUnknown(DeployError):
    """ST Edge AI Core of this version does not know an option."""

    code = "N6S-T34"
    option: str
    version: str
    log: Path | str
    remedy = Remedy(
        "ST Edge AI Core {version} does not support {option}",
        "The command line is for another release. " + _LOG,
        (
            "Run n6studio doctor and compare the version with the application's release.",
            "Install the ST Edge AI Core release that matches your application.",
        ),
    )


class CompilerOutputsMissing(DeployError):
    """ST Edge AI Core reported success, but files are missing or old."""

    code = "N6S-T35"
    missing: str
    folder: Path | str
    log: Path | str
    remedy = Remedy(
        "ST Edge AI Core did not write all its output files",
        "It ended without an error, but these files are missing or older than the run: {missing}. " + _LOG,
        (
            "Check the last lines of the log for an error message.",
            "Check that {folder} is writable and that no virus scanner locks files in it.",
        ),
    )


class ReportUnreadable(DeployError):
    """A report of ST Edge AI Core that is truncated or has an unknown format."""

    code = "N6S-T36"
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} cannot be read",
        "The ST Edge AI Core report is truncated or has an unknown format: {reason}.",
        (
            "Compile again; a full disk or a terminated program leaves a truncated report.",
            "If it happens again, report it with the file: the release may be newer than N6 Studio.",
        ),
    )


class ReportContradicts(DeployError):
    """Two outputs of one compilation that contradict each other: they are not of the same run."""

    code = "N6S-T37"
    what: str
    first: str
    first_value: str
    second: str
    second_value: str
    remedy = Remedy(
        "Compiler output files contradict each other",
        "{what}: {first} has {first_value}, {second} has {second_value}. Deployed together, the board would compute "
        "with wrong weights without reporting an error.",
        ("Compile again, and do not mix files of different runs.",),
    )


class CompilerFailed(DeployError):
    """The neural-ART compiler inside ST Edge AI Core failed for another reason than memory."""

    code = "N6S-T38"
    reason: str
    log: Path | str
    remedy = Remedy(
        "The NPU compiler failed",
        "ST Edge AI Core reported: {reason}. " + _LOG,
        (
            "Generate the file again with N6 Studio: n6studio run MODEL.pt.",
            "Try another ST Edge AI Core release, and report the log to ST.",
        ),
    )
