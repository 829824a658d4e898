"""Help for the live page."""

from n6studio.domain.pages import PageHelp

HELP = PageHelp(
    purpose=(
        "Shows what the board's camera sees and whom its model finds, as it happens. Drawings are made here, on the "
        "computer, from the results that travel inside each image, so they always belong to the image under them."
    ),
    steps=(
        "Choose a source: a board, a camera, a recording, or the virtual board: this computer plays one. "
        "Press Connect.",
        "Look at the strips below: frames/s, the delay of each stage, frames that went missing, people, and how "
        "sure the model is.",
        "Press Space to freeze, comma and full stop to step through the last ten seconds.",
        "Where the model is wrong, send the frame to the calibration images (C) or to the worst cases (X).",
        "Record (R), or save what just happened (Shift+R). A recording replays here, also through another model.",
        "Compare a frame (Y): the board sends the model's exact input, and this computer runs the same model.",
    ),
    mistakes=(
        ("No board in the list", "The image comes from the socket CN18. CN6 alone is power and debugger."),
        ("The results are frozen", "The image changes, the people do not: the model no longer runs, or always gets "
         "the same input. Restart the board; if it stays so, compare a frame."),
        ("All scores are zero", "The model runs, but its output is dead, as with an int8 model whose scores "
         "collapsed. Evaluate the same file: its guard says whether it is the file or the board."),
        ("Not the model you evaluated", "The board runs another file than the project's. Deploy again, or open "
         "the project that it belongs to."),
        ("Frames are lost or damaged", "A better cable, no hub, or a lower JPEG quality."),
        ("Drawings are dashed", "The source sends no results; this computer runs the model in its place."),
    ),
    keys=(
        ("Space", "freeze and go on, while the image has the focus"),
        (", and .", "one frame back or forward"),
        ("S", "save the frame with and without drawings, and its results"),
        ("R, Shift+R", "record; save the last ten seconds"),
        ("C, X", "to the calibration images; to the worst cases"),
        ("O, N", "all drawings on or off; names"),
        ("H", "histogram of a region that you drag"),
        ("+ and -", "raise and lower the confidence threshold on the board"),
        ("0, 1, wheel", "fit, actual size, zoom; drag to move"),
        ("M, F, P", "mirror; full screen; decode nothing, for the true frame rate"),
        ("Y", "compare a frame with this computer"),
    ),
    terms=(
        ("Skipped, lost, damaged", "Skipped frames arrived, but a newer one was there before they could be shown. Lost "
         "ones are missing in the board's count. Damaged ones arrived with a wrong checksum and are never shown; "
         "repaired ones are shown, because the board sends parity by which they were put right."),
        ("Delay", "From the end of exposure to the image on this screen, as the sum of its stages. The board tells "
         "its own; what lies between is the time on the wire and the work done here."),
        ("Parity", "Largest distance of a keypoint between the board's result and this computer's, for the same input. "
         "Well below a pixel is what rounding does."),
    ),
)  # fmt: skip
