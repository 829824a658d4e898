"""Help for the live page."""

from n6studio.domain.pages import PageHelp

HELP = PageHelp(
    purpose=(
        "Live shows what the board's camera sees and the people that the model detects, in real time. Overlays are "
        "drawn on this computer from the results sent inside each frame, so they always belong to the image shown."
    ),
    steps=(
        "Choose a source: a board, a camera, a recording, or the virtual board emulated on this computer; with "
        "QEMU and a cross compiler installed also the emulated board, which runs the firmware itself. Press "
        "Connect.",
        "Watch the strips below the image: frame rate, latency by stage, missing frames, people, and keypoint "
        "confidence.",
        "Press Space to pause, then comma and full stop to step through the last ten seconds.",
        "If the model is wrong, add the frame to the calibration set (C) or to the worst cases (X).",
        "Record (R), or save the last ten seconds (Shift+R). A recording replays here, also with another model.",
        "Plot any value: each keypoint's x, y and confidence, angles, people and times, of the last minute or of a "
        "whole recording.",
        "Compare what is shown with another model, the recorded results or labels of exported frames: side by side, or "
        "over a whole recording, where the best thresholds are proposed.",
        "Compare a frame (Y): the board sends the model's exact input, and this computer runs the same model on it.",
    ),
    mistakes=(
        ("No board in the list", "The image comes from the socket CN18. CN6 is power and debugger only."),
        ("Results are frozen", "The image changes but the detections do not: the model no longer runs, or always gets "
         "the same input. Restart the board. If that does not help, compare a frame."),
        ("All confidences are zero", "The model runs, but its output is all zeros, as with an int8 model whose "
         "confidence collapsed. Evaluate the same file: the guard shows whether the file or the board is at fault."),
        ("Not the evaluated model", "The board runs a different file than the project's. Deploy again, or open the "
         "project that the file belongs to."),
        ("Frames are lost or damaged", "Use a better cable, no hub, or a lower JPEG quality."),
        ("A recording ends in .mjpeg.part", "A power cut came before its first frame was on the disk. Open "
         "it as any recording: it holds one frame at most. A later cut costs the last second only."),
        ("Overlays are dashed", "The source sends no results; the model runs on this computer."),
        ("A camera needs the media layer", "It sends H.264 or the like, which only that layer decodes. Get it from the "
         "error's button. On Windows it also keeps the results that a board puts into its images."),
    ),
    keys=(
        ("Space", "pause and resume, with the focus on the image"),
        (", and .", "one frame back or forward"),
        ("[ and ]", "the event before or after, in a recording"),
        ("B", "mark this moment of a recording"),
        ("S", "save the frame with and without overlays, and its results"),
        ("R, Shift+R", "record; save the last ten seconds"),
        ("C, X", "add the frame to the calibration set; to the worst cases"),
        ("O, N", "show or hide all overlays; keypoint names"),
        ("H", "histogram of a region that you drag"),
        ("+ and -", "raise and lower the confidence threshold on the board"),
        ("0, 1, wheel", "fit, actual size, zoom; drag to pan"),
        ("M, F, P", "flip horizontally; full screen; preview off, for the true frame rate"),
        ("Y", "compare a frame with this computer"),
    ),
    terms=(
        ("Skipped, lost, damaged", "Skipped: received, but a newer frame arrived before it could be shown. Lost: "
         "missing in the board's sequence numbers. Damaged: received with a wrong checksum and never shown. Repaired: "
         "damaged, restored from the parity that the board sends, and shown."),
        ("Average keypoints", "A person's keypoints are the mean over all candidates that the model has for that "
         "person, weighted by confidence, and not those of the best candidate alone. N6 Studio's firmware and the "
         "virtual board can do it; ST's post-processing and firmware of earlier versions cannot."),
        ("Latency", "From the end of exposure to the image on this screen, as the sum of its stages. The board reports "
         "its own stages; the rest is transfer time and processing on this computer."),
        ("Scene to screen", "From the moment that the virtual board's camera saw it to the image in this window, read "
         "back from the window itself. Start the virtual board with --marker; on other computers the clocks differ."),
        ("Parity", "Largest difference of a keypoint between the results of the board and of this computer, for the "
         "same input. Rounding alone stays well below one pixel."),
    ),
)  # fmt: skip
