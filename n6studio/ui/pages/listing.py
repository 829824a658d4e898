"""The pages in the order in which they are worked through: those that stages describe, and those without a stage."""

import importlib
import importlib.util
from dataclasses import dataclass

from n6studio.domain.pages import PageEntry, PageHelp, PageKey
from n6studio.stages.registry import STAGES
from n6studio.ui.pages.actions import PageAction

LIVE = PageEntry(
    PageKey.LIVE,
    "Live",
    70,
    summary="what the board's camera sees and the people that the model detects.",
    widget="n6studio.ui.pages.live.page:LivePage",
)
ROAD = PageEntry(PageKey.ROAD, "To the board", 75, widget="n6studio.ui.pages.road.page:RoadPage")
RUNS = PageEntry(PageKey.RUNS, "Runs", 80, widget="n6studio.ui.pages.runs.page:RunsPage")
EXPLORE = PageEntry(PageKey.EXPLORE, "Explore", 85, widget="n6studio.ui.pages.explore.page:ExplorePage")
GENERIC = "n6studio.ui.pages.stage_page:StagePage"


@dataclass(frozen=True)
class ListedPage:
    """A page and the stage that it is about.

    Attributes:
        entry: what there is to know of it.
        stage: name of its stage; "" where it is about none.
    """

    entry: PageEntry
    stage: str = ""

    @property
    def widget(self) -> str:
        """'package.module:Class' of the widget."""
        return self.entry.widget or GENERIC

    @property
    def package(self) -> str:
        """The package that its widget and what belongs to it lie in."""
        return self.widget.partition(":")[0].rpartition(".")[0]

    def help(self) -> PageHelp | None:
        """Return its help, None where it has none."""
        if self.entry.help is not None or not self.entry.widget:
            return self.entry.help
        name = f"{self.package}.help"
        if importlib.util.find_spec(name) is None:
            return None
        found = getattr(importlib.import_module(name), "HELP", None)
        return found if isinstance(found, PageHelp) else None


def page_actions(key: str) -> tuple[PageAction, ...]:
    """Return what a page can do; () where it lists nothing. The page itself is not loaded for it."""
    page = pages()[key]
    name = f"{page.package}.actions"
    if not page.entry.widget or importlib.util.find_spec(name) is None:
        return ()
    found: tuple[PageAction, ...] = importlib.import_module(name).ACTIONS
    return found


def pages() -> dict[str, ListedPage]:
    """Return the pages by their keys, in order.

    Raises:
        ValueError: two have one key.
    """
    found = [ListedPage(stage.page, stage.name) for stage in STAGES.values() if stage.page is not None]
    ordered = sorted(
        [*found, ListedPage(LIVE), ListedPage(ROAD), ListedPage(RUNS), ListedPage(EXPLORE)],
        key=lambda page: page.entry.place,
    )
    known = {page.entry.key: page for page in ordered}
    if len(known) < len(ordered):
        raise ValueError(f"two pages have one key, among {', '.join(page.entry.key for page in ordered)}")
    return known


def page_help(key: str) -> PageHelp | None:
    """Return a page's help, None where it has none."""
    return pages()[key].help()
