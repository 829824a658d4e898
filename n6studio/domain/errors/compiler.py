"""Compiling the model with ST Edge AI Core. Codes N6S-T30 to T38."""

from pathlib import Path

from n6studio.domain.errors.base import DeployError, ExitCode
from n6studio.domain.errors.remedy import Remedy

_LOG = "The whole output is in {log}."


class CompilerOutOfMemory(DeployError):
    """ST Edge AI Core found no way to place the activations in the memories that it was given."""

    code = "N6S-T30"
    unallocated: int | None
    have: int
    board: str
    log: Path | str
    remedy = Remedy(
        "The network does not fit the memory of {board}",
        "ST Edge AI Core could not place {unallocated} bytes in the {have} bytes that it was given. " + _LOG,
        (
            "Export at a smaller input size; memory grows with its square.",
            "Make sure that the network is fully quantized: a float network needs four times the memory.",
            "On the Discovery kit, allow the external memory; it is slower.",
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
        "It says: {reason}. " + _LOG,
        (
            "Make the file again with N6 Studio: n6studio run MODEL.pt.",
            "If it came from Keras 3.3 or a newer exporter, a newer release of ST Edge AI Core may read it.",
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
        "ST Edge AI Core has no layer {layer}",
        "{path} contains it, and this release cannot compile it. " + _LOG,
        (
            "Export the checkpoint with N6 Studio, which avoids what the board cannot do.",
            "If you changed the network's architecture, replace that layer.",
        ),
    )


class CompilerInternalError(DeployError):
    """ST Edge AI Core failed inside."""

    code = "N6S-T33"
    reason: str
    log: Path | str
    remedy = Remedy(
        "ST Edge AI Core failed inside",
        "It says: {reason}. Such errors often come from a graph with unusual outputs. " + _LOG,
        (
            "Make the file again with N6 Studio: n6studio run MODEL.pt.",
            "Try another release of ST Edge AI Core, and report the log to ST.",
        ),
    )


class CompilerOptionUnknown(DeployError):
    """ST Edge AI Core of this version does not know an option."""

    code = "N6S-T34"
    option: str
    version: str
    log: Path | str
    remedy = Remedy(
        "ST Edge AI Core {version} does not know {option}",
        "The command line was made for another release. " + _LOG,
        (
            "Run n6studio doctor and compare its version with the application's release.",
            "Install the release of ST Edge AI Core that goes with your application.",
        ),
    )


class CompilerOutputsMissing(DeployError):
    """ST Edge AI Core said that it succeeded and left files out, or old ones."""

    code = "N6S-T35"
    missing: str
    folder: Path | str
    log: Path | str
    remedy = Remedy(
        "ST Edge AI Core left out what it should have written",
        "It ended without an error, and these are missing or older than the run: {missing}. " + _LOG,
        (
            "Look at the last lines of the log: it may have said what went wrong and ended as if nothing had.",
            "Check that {folder} can be written and that no virus scanner holds files in it.",
        ),
    )


class ReportUnreadable(DeployError):
    """A report of ST Edge AI Core that is cut off or of another form."""

    code = "N6S-T36"
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} cannot be read",
        "The report of ST Edge AI Core is cut off or has a form that N6 Studio does not know: {reason}.",
        (
            "Compile again; a full disk or a stopped program leaves half a report.",
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
        "Two files of one compilation contradict each other",
        "{what}: {first} says {first_value}, {second} says {second_value}. Deployed together, the board would compute "
        "with wrong weights and give no error.",
        ("Compile again, and do not put files of another run into its folder.",),
    )


class CompilerFailed(DeployError):
    """The neural-ART compiler inside ST Edge AI Core failed for another reason than memory."""

    code = "N6S-T38"
    reason: str
    log: Path | str
    remedy = Remedy(
        "The NPU compiler failed",
        "ST Edge AI Core says: {reason}. " + _LOG,
        (
            "Make the file again with N6 Studio: n6studio run MODEL.pt.",
            "Try another release of ST Edge AI Core, and report the log to ST.",
        ),
    )
