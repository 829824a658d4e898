"""Help for the deploy page."""

from n6studio.domain.pages import PageHelp

HELP = PageHelp(
    purpose=(
        "Deploy programs the quantized model to a board: it compiles the model for the NPU, builds ST's application "
        "around it, writes and verifies the images in flash, and shows when to move switches and cable. The virtual "
        "board needs no hardware and no other software."
    ),
    steps=(
        "Choose the board. The drawing shows its sockets and the boot switch positions for programming.",
        "Check the prerequisites. Each missing item says what to do; Choose… sets its path.",
        "Choose the releases of application and compiler. They must match, and they decide the output type of the "
        "model.",
        "Check the flash plan, and confirm what is irreversible.",
        "Press Flash. Steps already done with the same model and settings are skipped, and only what differs is "
        "written to the board.",
        "Follow the boot coach: it shows the switch positions and continues when it detects them.",
        "Open the live view, flash another board, or save a release zip for n6studio flash.",
    ),
    mistakes=(
        ("Programming succeeded, but the board does not boot",
         "The switches are still set for programming, or the board was only reset. Set them to run, then unplug the "
         "board and plug it in again."),
        ("Erasing fails", "The board is not in development boot. Move the switches, then unplug the board and plug it "
         "in again: the switches are read at power-up only."),
        ("The board is not detected", "Use a USB-C to USB-C data cable in the socket marked ST-LINK, and close other "
         "programs that use the board."),
        ("The live stream is missing on the Live page", "It needs a second USB cable, in the board's own USB socket, "
         "unless the live stream link is uart. It was linked but never run on hardware; docs/first-hour.md lists what "
         "to try."),
        ("The application does not fit", "Without the live stream the post-processing allocates arrays for every "
         "candidate box. Use a smaller input size. On the Nucleo the RAM region can be enlarged; this was linked but "
         "never run on hardware."),
        ("Deployment was interrupted", "Press Flash again. Images that are complete on the board are not written "
         "again."),
    ),
    terms=(
        ("Development boot", "Boot switch position in which flash can be written."),
        ("FSBL", "First-stage boot loader: copies the application from flash to RAM."),
        ("Live stream", "Images with people, times and status that the board sends to the Live page. A deployment adds "
         "it to the application."),
        ("Image header", "The first 1024 bytes of a program in flash. Without it, or misaligned, the board does not "
         "boot."),
        ("Epoch", "A step of the compiled model. Most run on the NPU; those on the processor take the most time."),
        ("One-time fuses", "Bits in the chip that can be set once and never cleared. ST's applications set two of "
         "them at their first start."),
        ("Release zip", "The images and the flash plan, without source code."),
    ),
)  # fmt: skip
