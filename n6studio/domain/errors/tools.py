"""Failures of vendor tools, of compiling the network and of building the application. Codes N6S-T.. ."""

from n6studio.domain.errors.base import ExitCode
from n6studio.domain.errors.deploy import DeployError

# --- tools -----------------------------------------------------------------------------------------------------------


class ToolMissing(DeployError):
    """A tool that the step needs is not installed, or cannot be started."""

    code, exit_code, fields = "N6S-T01", ExitCode.ENVIRONMENT, ("tool", "path", "reason")


class ToolTooOld(DeployError):
    """A tool older than what the board needs."""

    code, exit_code, fields = "N6S-T02", ExitCode.ENVIRONMENT, ("tool", "found", "wanted", "path")


class ToolKnownBad(DeployError):
    """A version of a tool that is known not to do the job, without a way around it."""

    code, exit_code, fields = "N6S-T03", ExitCode.ENVIRONMENT, ("tool", "found", "reason", "wanted")


class ToolTimeout(DeployError):
    """A tool that went on for too long and was ended."""

    code, fields = "N6S-T04", ("tool", "seconds", "log")


class ToolSilent(DeployError):
    """A tool that stopped saying anything and was ended; a fresh installation may wait for an answer."""

    code, fields = "N6S-T05", ("tool", "seconds", "log")


class ToolFailed(DeployError):
    """A tool that ended with a failure that we have no words for."""

    code, fields = "N6S-T06", ("tool", "exit_code", "last_lines", "log")


class ToolPathUnsafe(DeployError):
    """A path that a tool would break on, where no other place was found."""

    code, fields = "N6S-T07", ("tool", "path")


# --- the model and what the board can hold ---------------------------------------------------------------------------


class ModelInputNotUint8(DeployError):
    """A network that does not take the camera's bytes."""

    code, exit_code, fields = "N6S-T10", ExitCode.INPUT, ("path", "found")


class ModelOutputNotFloat(DeployError):
    """A network whose output is not float, as every application of ST's expects of the file."""

    code, exit_code, fields = "N6S-T11", ExitCode.INPUT, ("path", "found")


class ModelLayoutUnsupported(DeployError):
    """A network whose output the application's post-processing cannot read."""

    code, exit_code, fields = "N6S-T12", ExitCode.INPUT, ("path", "found", "wanted")


class ModelNotQuantized(DeployError):
    """A network with float weights, which the NPU cannot run."""

    code, exit_code, fields = "N6S-T13", ExitCode.INPUT, ("path",)


class ModelScaleTooCoarse(DeployError):
    """A network whose output scale leaves no room between a score of 0 and of 1."""

    code, exit_code, fields = "N6S-T14", ExitCode.INPUT, ("path", "scale", "limit")


class ModelTooLargeForFlash(DeployError):
    """Weights larger than what the board's flash has for them."""

    code, exit_code, fields = "N6S-T15", ExitCode.INPUT, ("path", "board", "need", "have")


class NetworkTooLargeForRam(DeployError):
    """A network whose activations do not fit the memories that the application leaves to it."""

    code, exit_code, fields = "N6S-T16", ExitCode.INPUT, ("board", "application", "need", "have", "size")


class ApplicationTooLargeForRam(DeployError):
    """An application whose arrays for this network do not fit its memory region."""

    code, exit_code, fields = "N6S-T17", ExitCode.INPUT, (
        "board", "application", "need", "have", "size", "help",
    )  # fmt: skip


class InputLargerThanSensor(DeployError):
    """A network input larger than the camera's picture; the board's scaler only makes smaller."""

    code, exit_code, fields = "N6S-T18", ExitCode.INPUT, ("path", "size", "sensor", "sensor_size")


class SkeletonUnsupported(DeployError):
    """A keypoint count that this release of the application cannot draw."""

    code, exit_code, fields = "N6S-T19", ExitCode.INPUT, ("path", "keypoints", "application", "supported")


class ClassesUnsupported(DeployError):
    """More classes than this release of the application's post-processing reads rightly."""

    code, exit_code, fields = "N6S-T20", ExitCode.INPUT, ("path", "classes", "application")


# --- releases that belong together -----------------------------------------------------------------------------------


class PairMismatch(DeployError):
    """A compiler release and an application release that do not belong together."""

    code, exit_code, fields = "N6S-T21", ExitCode.ENVIRONMENT, ("application", "compiler", "wanted")


class BoardUnsupported(DeployError):
    """An application release that does not run pose networks on this board."""

    code, exit_code, fields = "N6S-T22", ExitCode.INPUT, ("application", "board", "reason")


class RuntimeMismatch(DeployError):
    """Network code and an application whose NPU runtime is of another version."""

    code, fields = "N6S-T23", ("application", "found", "wanted", "runtime")


# --- compiling the network -------------------------------------------------------------------------------------------


class CompilerOutOfMemory(DeployError):
    """ST Edge AI Core found no way to place the activations in the memories that it was given."""

    code, fields = "N6S-T30", ("unallocated", "have", "board", "log")


class CompilerRefusedModel(DeployError):
    """ST Edge AI Core cannot read or does not support the model."""

    code, exit_code, fields = "N6S-T31", ExitCode.INPUT, ("path", "reason", "log")


class CompilerLayerUnsupported(DeployError):
    """ST Edge AI Core has no implementation of a layer."""

    code, exit_code, fields = "N6S-T32", ExitCode.INPUT, ("path", "layer", "log")


class CompilerInternalError(DeployError):
    """ST Edge AI Core failed inside."""

    code, fields = "N6S-T33", ("reason", "log")


class CompilerOptionUnknown(DeployError):
    """ST Edge AI Core of this version does not know an option."""

    code, fields = "N6S-T34", ("option", "version", "log")


class CompilerOutputsMissing(DeployError):
    """ST Edge AI Core said that it succeeded and left files out, or old ones."""

    code, fields = "N6S-T35", ("missing", "folder", "log")


class ReportUnreadable(DeployError):
    """A report of ST Edge AI Core that is cut off or of another form."""

    code, fields = "N6S-T36", ("path", "reason")


class ReportContradicts(DeployError):
    """Two outputs of one compilation that contradict each other: they are not of the same run."""

    code, fields = "N6S-T37", ("what", "first", "first_value", "second", "second_value")


class CompilerFailed(DeployError):
    """The neural-ART compiler inside ST Edge AI Core failed for another reason than memory."""

    code, fields = "N6S-T38", ("reason", "log")


# --- the application -------------------------------------------------------------------------------------------------


class ApplicationUnknown(DeployError):
    """A folder that is none of the applications that we know."""

    code, exit_code, fields = "N6S-T40", ExitCode.INPUT, ("path", "found")


class ApplicationWrong(DeployError):
    """ST's application for another task than pose."""

    code, exit_code, fields = "N6S-T41", ExitCode.INPUT, ("path", "found")


class ApplicationIncomplete(DeployError):
    """A copy of the application that lacks files."""

    code, exit_code, fields = "N6S-T42", ExitCode.INPUT, ("path", "application", "missing")


class ApplicationConfigInvalid(DeployError):
    """An app_config.h without the places where the network is described."""

    code, exit_code, fields = "N6S-T43", ExitCode.INPUT, ("path", "missing")


class BuildStopped(DeployError):
    """A source file that the compiler refused."""

    code, fields = "N6S-T50", ("file", "line", "message", "log")


class RegionOverflow(DeployError):
    """An application too large for its memory region, as the linker found."""

    code, fields = "N6S-T51", ("region", "overflow", "size", "log")


class LinkFailed(DeployError):
    """The linker failed for another reason than size."""

    code, fields = "N6S-T52", ("message", "log")


class BuildFailed(DeployError):
    """make failed for a reason that we have no words for."""

    code, fields = "N6S-T53", ("exit_code", "first_error", "log")


class BuildOutputMissing(DeployError):
    """make said that it succeeded and made no image."""

    code, fields = "N6S-T54", ("missing", "log")


class ShellMissing(DeployError):
    """make without the POSIX commands that ST's Makefile calls."""

    code, exit_code, fields = "N6S-T55", ExitCode.ENVIRONMENT, ("command", "log")


class PostProcessingUnsupported(DeployError):
    """An application release that refuses the chosen post-processing."""

    code, fields = "N6S-T56", ("application", "post_processing", "log")


class ApplicationReachesFsbl(DeployError):
    """An application that would overwrite the boot loader while that copies it."""

    code, fields = "N6S-T57", ("end", "limit", "log")
