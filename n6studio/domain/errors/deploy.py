"""The flow of a deployment, releases, and the board itself. Codes N6S-F60 to F79."""

from pathlib import Path

from n6studio.domain.errors.base import DeployError, ExitCode
from n6studio.domain.errors.remedy import Remedy


class BoardSilent(DeployError):
    """After the power cycle nothing runs."""

    code = "N6S-F60"
    board: str
    reason: str
    switches: str
    remedy = Remedy(
        "{board} does not start",
        "{reason}. The board shows nothing: it does not boot.",
        (
            "If the reason names an image: deploy again and write everything.",
            "If it names the switches, or the images are correct: {switches}. Pressing reset is not enough.",
            "Use a USB-C to USB-C cable; from a USB-A socket the board may not get enough current.",
        ),
    )


class VirtualBoardDamaged(DeployError):
    """The folder of a virtual board cannot be read."""

    code = "N6S-F61"
    path: Path | str
    reason: str
    remedy = Remedy(
        "The virtual board in {path} is damaged",
        "{reason}.",
        ("Delete this folder; an empty virtual board is created in its place.",),
    )


class BoardDescriptionInvalid(DeployError):
    """A board's description is incomplete or contradicts itself."""

    code = "N6S-F62"
    path: Path | str
    field: str
    reason: str
    remedy = Remedy(
        "Invalid board description: {field}",
        "In {path}, {field}: {reason}.",
        (
            "Correct the field; 'Add a board' in CONTRIBUTING.md describes them all.",
            "If nobody changed the file, the installation is damaged: install N6 Studio again.",
        ),
    )


class LicenceNotConfirmed(DeployError):
    """The notice about combining ST's software with this model has not been confirmed by this user."""

    code = "N6S-F70"
    exit_status = ExitCode.USAGE
    board: str
    remedy = Remedy(
        "The licence notice has not been confirmed",
        "Deployment to {board} combines ST's software with a model under the AGPL. Each user confirms once what that "
        "means.",
        (
            "In the window: read and confirm the notice that opens before the first deployment.",
            "On the command line: read it with n6studio deploy --licence-notice, then add --accept-licence-notice.",
        ),
    )


class NotReady(DeployError):
    """Several things are missing for a deployment; what must be agreed to is among them."""

    code = "N6S-F63"
    exit_status = ExitCode.ENVIRONMENT
    board: str
    needs: tuple[str, ...]
    remedy = Remedy(
        "Not everything is ready to deploy to {board}",
        "All that is missing or must be confirmed; nothing was built or written.",
        ("{needs}", "n6studio doctor --board KEY checks all of it, and says where ST offers what is missing."),
    )


class AgreementsMissing(DeployError):
    """Several things must be agreed to before a deployment."""

    code = "N6S-F78"
    exit_status = ExitCode.USAGE
    board: str
    needs: tuple[str, ...]
    remedy = Remedy(
        "Deployment to {board} needs your confirmation",
        "All that must be confirmed; nothing was built or written.",
        ("{needs}",),
    )


class SurroundingsUnfit(DeployError):
    """Something on this computer besides the tools keeps them from working."""

    code = "N6S-F79"
    exit_status = ExitCode.ENVIRONMENT
    what: str
    found: str
    wanted: str
    remedies: tuple[str, ...]
    remedy = Remedy(
        "{what} is not as ST's tools need it",
        "Found: {found}. Required: {wanted}.",
        ("{remedies}",),
    )


class ApplicationNotChosen(DeployError):
    """A real board needs ST's application, and no folder of it was named."""

    code = "N6S-F71"
    exit_status = ExitCode.INPUT
    board: str
    remedy = Remedy(
        "{board} needs ST's pose application, and none is selected",
        "N6 Studio does not include ST's files; it builds in a copy of the application that you downloaded.",
        (
            "Download STM32N6-GettingStarted-PoseEstimation from ST's GitHub page, in the release that matches your "
            "ST Edge AI Core (n6studio doctor says which), and unpack it.",
            "Select that folder on the Deploy page, or with --application FOLDER.",
            "To try it without ST's software and without a board, choose the virtual board.",
        ),
    )


class NothingToDeploy(DeployError):
    """A project without a quantized model."""

    code = "N6S-F72"
    exit_status = ExitCode.INPUT
    path: Path | str
    remedy = Remedy(
        "{path} has no quantized model yet",
        "Deployment needs a quantized .tflite, and this project has none yet.",
        ("Quantize first: n6studio run {path}.", "Or deploy a .tflite directly: n6studio deploy MODEL.tflite."),
    )


class ReleaseUnreadable(DeployError):
    """A file that is no release zip of ours."""

    code = "N6S-F73"
    exit_status = ExitCode.INPUT
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} is not a release of N6 Studio",
        "{reason}.",
        (
            "Choose a zip written by n6studio deploy --release or the Deploy page.",
            "Copy it again: an interrupted download or copy is truncated.",
        ),
    )


class ReleaseDamaged(DeployError):
    """A release zip whose contents do not match its manifest."""

    code = "N6S-F74"
    exit_status = ExitCode.INPUT
    path: Path | str
    name: str
    wanted: str
    found: str
    remedy = Remedy(
        "{path} is damaged: {name} does not match the manifest",
        "Its SHA-256 is {found}, the manifest says {wanted}. Nothing was written to the board.",
        ("Copy the release again from its source.", "If that does not help, create it again."),
    )


class NobodyThere(DeployError):
    """A person has to move a switch or plug a cable, and the command runs without one."""

    code = "N6S-F75"
    title: str
    steps: str
    remedy = Remedy(
        "Action needed at the board: {title}",
        "It must be done by hand, and the command runs without a terminal to ask for it. What has been written is "
        "kept and not written again.",
        ("{steps}", "Run the same command again; it continues where it stopped."),
    )


class ModelSwapRefused(DeployError):
    """Another model cannot be put into the application that is built already."""

    code = "N6S-F77"
    exit_status = ExitCode.CHECK_FAILED
    model: str
    board: str
    reason: str
    remedy = Remedy(
        "{model} cannot be swapped in on the {board}",
        "Only the model would be written, and {reason}. Nothing was written.",
        ("Deploy it: n6studio deploy builds the application anew around this model.",),
    )


class NotWhatIsOnBoard(DeployError):
    """A comparison without writing found something else on the board."""

    code = "N6S-F76"
    exit_status = ExitCode.CHECK_FAILED
    board: str
    differing: str
    remedy = Remedy(
        "{board} does not contain this deployment",
        "Nothing was written, as requested. Different: {differing}.",
        (
            "In the window, turn off 'Verify only' and deploy again; on the command line, leave --verify-only out. "
            "Then the differences are written.",
        ),
    )
