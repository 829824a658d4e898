"""Help for the deploy page."""

from n6studio.domain.pages import PageHelp

HELP = PageHelp(
    purpose=(
        "Deployment brings the quantized model onto a board and lets it run there: it compiles the model for the "
        "NPU, builds ST's application around it, writes both into the board's flash, checks them, and says when to "
        "move switches and cable. The virtual board needs neither hardware nor any other software."
    ),
    steps=(
        "Choose the board. Its sketch shows the two sockets and where the boot switches go for writing.",
        "Go through the list below it. What is missing is named, with what to do; Choose… says where something is.",
        "Choose which application and compiler are used together. Their releases belong to each other, and so does the "
        "type of the model's output.",
        "Read what will be written where, and tick what cannot be undone.",
        "Press the button. Steps that were done before with the same model and settings are skipped, and the board "
        "gets only what differs from what it holds.",
        "Follow the coach: it shows where the switches go, and goes on by itself when it sees that it was done.",
        "Open the live view, flash the next board, or save a release zip that n6studio flash programs on any computer.",
    ),
    mistakes=(
        ("Everything was written and the board stays dark",
         "Either the switches are still set for writing, or only the reset button was pressed: unplug the board "
         "and plug it in again."),
        ("Nothing can be erased", "The board is not in development boot. Move the switches, then unplug it and plug "
         "it in again; they count from the next power-up only."),
        ("The board is not seen", "Use a USB-C to USB-C data cable in the socket marked ST-LINK, and close other "
         "programs that hold it."),
        ("The application does not fit", "The post-processing keeps arrays for every candidate box. A smaller input "
         "size has fewer; on the Nucleo the region can be enlarged, which was linked but never run on hardware."),
        ("It was stopped half-way", "Press the button again. What is whole on the board is not written again."),
    ),
    terms=(
        ("Development boot", "The position of the boot switches in which flash can be written."),
        ("FSBL", "First-stage boot loader: the small program that copies the application from flash into RAM."),
        ("Image header", "The first 1024 bytes of a program in flash. Without it, or unaligned, nothing starts."),
        ("Epoch", "A step of the compiled model. Most run on the NPU; those on the processor cost the most time."),
        ("One-time fuses", "Bits in the chip that can be set once and never cleared. ST's applications set two at "
         "their first start."),
        ("Release zip", "The images and the plan where each goes, without anybody's sources."),
    ),
)  # fmt: skip
