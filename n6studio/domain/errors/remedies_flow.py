"""What to do about the failures in `errors_flow.py`; a part of the table in `remedies.py`, in the same form."""

from n6studio.domain.errors.remedy import Remedy

FLOW_REMEDIES: dict[str, Remedy] = {
    "N6S-F70": Remedy(
        "The licence notice has not been confirmed yet",
        "Deployment to {board} combines ST's software with a network under the AGPL. Every user reads and confirms "
        "once what that means.",
        (
            "In the window: read the notice that opens before the first deployment and confirm it.",
            "On the command line: read it with n6studio deploy --licence-notice, then add --accept-licence-notice.",
        ),
    ),
    "N6S-F71": Remedy(
        "{board} needs ST's pose application, and none was chosen",
        "N6 Studio brings none of ST's files along; it builds in a copy of the application that you downloaded.",
        (
            "Download STM32N6-GettingStarted-PoseEstimation from ST's GitHub page, in the release that belongs to "
            "your ST Edge AI Core (n6studio doctor says which), and unpack it.",
            "Choose that folder on the Deploy page, or give it with --application FOLDER.",
            "To try everything without ST's software and without a board, choose the virtual board.",
        ),
    ),
    "N6S-F72": Remedy(
        "{path} has no quantized network yet",
        "What goes onto a board is the quantized .tflite, and this project has not made one.",
        ("Run the chain first: n6studio run {path}.", "Or give the .tflite itself: n6studio deploy MODEL.tflite."),
    ),
    "N6S-F73": Remedy(
        "{path} is not a release of N6 Studio",
        "{reason}.",
        (
            "Choose a zip that n6studio deploy --release or the Deploy page has written.",
            "Copy it again: a download or copy that stopped early is cut short.",
        ),
    ),
    "N6S-F74": Remedy(
        "{path} is damaged: {name} is not what its list says",
        "Its SHA-256 is {found}, the list wants {wanted}. Nothing was written to a board.",
        ("Copy the release again from where it was made.", "If that does not help, make it again."),
    ),
    "N6S-F75": Remedy(
        "Somebody has to do something at the board: {title}",
        "It cannot be done or seen from here, and the command was started without a terminal to ask on. What has been "
        "written stays, and is not written again.",
        ("{steps}", "Start the same command again; it goes on where it stopped."),
    ),
    "N6S-F76": Remedy(
        "{board} holds something else than this deployment",
        "Nothing was written, as asked. What differs: {differing}.",
        ("Deploy without --verify-only to write what differs.",),
    ),
}
