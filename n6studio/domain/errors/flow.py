"""Failures of the flow of a deployment: what must be confirmed or chosen first, and releases. Codes N6S-F70 to F79."""

from n6studio.domain.errors.base import ExitCode
from n6studio.domain.errors.deploy import DeployError


class LicenceNotConfirmed(DeployError):
    """The notice about combining ST's software with this network has not been confirmed by this user."""

    code, exit_code, fields = "N6S-F70", ExitCode.USAGE, ("board",)


class ApplicationNotChosen(DeployError):
    """A real board needs ST's application, and no folder of it was named."""

    code, exit_code, fields = "N6S-F71", ExitCode.INPUT, ("board",)


class NothingToDeploy(DeployError):
    """A project without a quantized network."""

    code, exit_code, fields = "N6S-F72", ExitCode.INPUT, ("path",)


class ReleaseUnreadable(DeployError):
    """A file that is no release zip of ours."""

    code, exit_code, fields = "N6S-F73", ExitCode.INPUT, ("path", "reason")


class ReleaseDamaged(DeployError):
    """A release zip whose contents are not what its manifest says."""

    code, exit_code, fields = "N6S-F74", ExitCode.INPUT, ("path", "name", "wanted", "found")


class NobodyThere(DeployError):
    """A person has to move a switch or plug a cable, and the command runs without one."""

    code, fields = "N6S-F75", ("title", "steps")


class NotWhatIsOnBoard(DeployError):
    """A comparison without writing found something else on the board."""

    code, exit_code, fields = "N6S-F76", ExitCode.CHECK_FAILED, ("board", "differing")
