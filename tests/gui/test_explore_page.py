"""The explore page: a table of the command, shown, and the ways on from a candidate."""

import pytest

from n6studio.domain.encoding import encoded
from n6studio.domain.exploration import SCHEMA, Candidate, Exploration
from n6studio.domain.project import Project
from n6studio.ui.context import Context
from n6studio.ui.pages.explore.page import ExplorePage
from n6studio.ui.states import PageState


def candidate(folder, size, ap, ms):
    return Candidate(
        model="mine", size=size, scheme="default", path=str(folder / f"1-mine-{size}" / "default" / "mine.tflite"),
        sha256="1", source_sha256="2", megabytes=1.0, ms=ms, ap=ap, float_ap=0.5, difference=ap - 0.5,
        interval=(-0.1, 0.1), agreement=0.9, ram_bytes=2048 * size, ram_from="graph",
    )  # fmt: skip


@pytest.fixture
def page(application, tmp_path):
    made = ExplorePage(Context())
    made.show()
    yield made
    made.close()
    made.deleteLater()


def test_a_table_is_shown_and_a_candidate_opened(page, tmp_path, wait):
    assert page.state() == (PageState.EMPTY, "")
    there = tmp_path / "then"  # where the table was made; it was moved since
    candidates = (candidate(there, 192, 0.4, 10.0), candidate(there, 256, 0.3, 20.0))
    table = tmp_path / "explore.json"
    table.write_bytes(
        encoded(Exploration(schema=SCHEMA, command="n6studio explore", candidates=candidates, front=(0,)))
    )
    file = tmp_path / "1-mine-256" / "default" / "mine.tflite"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"model")
    page.open_table(table)
    wait(lambda: page.table.topLevelItemCount() == 2, "the candidates")
    assert [page.table.topLevelItem(row).text(0)[0] for row in range(2)] == ["★", "m"]
    assert page.state() == (PageState.DONE, "2 candidates")
    assert len(page.charts[0].chart.marks) == len(page.charts[1].chart.marks) == 2
    opened = []
    page.context.open_requested.connect(opened.append)
    assert not page.buttons["candidate"].isEnabled()
    page.table.topLevelItem(1).setSelected(True)
    page.buttons["candidate"].click()
    assert opened == [file]
    page.table.selectAll()
    assert not page.buttons["candidate"].isEnabled()
    assert not page.buttons["compare"].isEnabled()
    page.context.set_project(Project(tmp_path, tmp_path / "model.pt"))
    assert page.buttons["compare"].isEnabled()


NOWHERE = b'{"schema": 1, "command": "", "candidates": [], "front": [0]}'


@pytest.mark.parametrize("content", [b"", b"[]", b'{"schema": 1}', NOWHERE, NOWHERE.replace(b"[0]", b"[-1]")])
def test_another_file_is_refused_in_words(page, tmp_path, wait, content):
    path = tmp_path / "other.json"
    path.write_bytes(content)
    page.open_table(path)
    wait(page.error_card.isVisible, "the error")
    assert page.table.topLevelItemCount() == 0


def test_a_table_leads_to_no_file_outside_its_folder(page, tmp_path, wait):
    strange = candidate(tmp_path, 64, 0.1, 1.0)
    strange = type(strange)(
        **{name: getattr(strange, name) for name in strange.__struct_fields__} | {"path": "../../x"}
    )
    table = tmp_path / "explore.json"
    table.write_bytes(encoded(Exploration(schema=SCHEMA, command="", candidates=(strange,), front=())))
    page.open_table(table)
    wait(lambda: page.table.topLevelItemCount() == 1, "the candidate")
    page.table.selectAll()
    assert page.selected() == []
    assert page.error_card.isVisible()
