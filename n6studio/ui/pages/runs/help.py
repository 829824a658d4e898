"""Help for the runs page."""

from n6studio.domain.pages import PageHelp

HELP = PageHelp(
    purpose="Everything that this project ever made, the newest first, with what it takes on the disk.",
    steps=(
        "Select a run to see its settings and figures; select several to compare them.",
        "Pin or name what shall stay. Tidy deletes what is neither pinned, named nor shown on another page.",
        "Go back takes a run's settings over; its results are then up to date again. Undo takes that back.",
        "Compare two files says why one quantized file loses people and another does not.",
        "Share writes a zip that opens in N6 Studio elsewhere, marked as from elsewhere. It holds the checkpoint.",
    ),
    terms=(
        ("Run", "One result of one step, in a folder of its own below runs/ in the project's folder."),
        ("From elsewhere", "A result of another user or computer. It can be looked at; the board gets your own."),
    ),
    keys=(("P", "pin"), ("N", "name and note")),
)  # fmt: skip
