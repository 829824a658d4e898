"""Help for the runs page."""

from n6studio.domain.pages import PageHelp

HELP = PageHelp(
    purpose="Everything that this project ever made, the newest first, with what it takes on the disk.",
    steps=(
        "Select a run to see its settings and figures; select several to compare them.",
        "Pin or name what shall stay. Tidy deletes what is neither pinned, named nor shown on another page.",
        "Go back takes a run's settings over; its results are then up to date again. Undo takes that back.",
        "Share writes a zip that opens in N6 Studio elsewhere, marked as from elsewhere. It holds the checkpoint.",
    ),
    keys=(("P", "pin"), ("N", "name and note")),
)  # fmt: skip
