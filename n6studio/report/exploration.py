"""The report of an exploration: one HTML file with the table, the charts, the files' digests and the command."""

from dataclasses import dataclass

from n6studio.domain.charts.chart import Chart
from n6studio.domain.exploration import AVERAGED, UNTRAINED, Candidate, Exploration, chart_of, ram_chart_of
from n6studio.domain.texts import bytes_text, counted, decimals, minus
from n6studio.report.html import render
from n6studio.report.tables import Heading, Table, row

HEADINGS = (
    "AP",
    "float",
    "difference",
    "95 % interval",
    "OKS to float",
    "ms, estimated",
    "RAM",
    "RAM from",
    "weights",
    "GMAC",
    "file",
)
_RAM_FROM = {
    "published": "published by ST",
    "interpolated": "between two of ST's",
    "graph": "the least, by the file's operations",
}


@dataclass(frozen=True)
class Section:
    """A part of the report: charts, or a table."""

    title: str
    charts: tuple[Chart, ...] = ()
    table: Table | None = None


def page(exploration: Exploration) -> str:
    """Return the HTML of an exploration."""
    front = exploration.front
    lead = (
        f"{counted(len(front), 'candidate')} of {len(exploration.candidates)} on the Pareto front, in bold: no other "
        "is as fast and better, or as good and faster. Nothing here was measured on a board."
    )
    if exploration.average:
        lead += f" {AVERAGED}"
    if any(one.untrained for one in exploration.candidates):
        lead += (
            " Untrained models have random weights: their time, memory and operations are true, their AP is unknown."
        )
    return render(
        "deployment.html",
        title="Exploration",
        subtitle=exploration.command,
        lead=lead,
        warnings=(),
        sections=(
            Section("Accuracy, time and memory", (chart_of(exploration), ram_chart_of(exploration))),
            Section("Candidates", table=_figures(exploration)),
            Section("Files", table=_files(exploration)),
        ),
    )


def _figures(exploration: Exploration) -> Table:
    rows = tuple(
        row(one.title, *figures_of(one), key=place in exploration.front)
        for place, one in enumerate(exploration.candidates)
    )
    return Table(tuple(Heading(text) for text in HEADINGS), rows, "candidate")


def figures_of(one: Candidate) -> tuple[str, ...]:
    """Return what is known of a candidate, as texts below `HEADINGS`."""
    if one.untrained:
        accuracy: tuple[str, ...] = (UNTRAINED, "–", "–", "–", "–")
    else:
        accuracy = _accuracy(one)
    return (
        *accuracy,
        decimals(one.ms, 1),
        "–" if one.ram_bytes is None else bytes_text(one.ram_bytes),
        _RAM_FROM.get(one.ram_from, "–"),
        "–" if one.weights_bytes is None else bytes_text(one.weights_bytes),
        decimals(None if one.macs is None else one.macs / 1e9, 2),
        f"{one.megabytes:.2f} MB",
    )


def _accuracy(one: Candidate) -> tuple[str, ...]:
    """Return AP, that of the float model, the difference, its interval, and the agreement."""
    limits = "–" if one.interval is None else " to ".join(minus(f"{100 * end:+.1f}") for end in one.interval)
    return (
        *(decimals(None if value is None else 100 * value, 1) for value in (one.ap, one.float_ap, one.difference)),
        limits,
        decimals(one.agreement, 3),
    )


def _files(exploration: Exploration) -> Table:
    heads = (Heading("file"), Heading("SHA-256"), Heading("SHA-256 of its checkpoint"))
    rows = tuple(row(one.title, one.path, one.sha256, one.source_sha256) for one in exploration.candidates)
    return Table(heads, rows, "candidate", left=True)
