from itertools import product

import msgspec
import pytest

from n6studio.cli.commands.explore import text
from n6studio.domain.exploration import AVERAGED, SCHEMA, Candidate, Exploration, chart_of, front_of, ram_chart_of
from n6studio.report.exploration import page

ONE = Candidate(
    model="m", size=192, scheme="default", path="m.tflite", sha256="1", source_sha256="2", megabytes=1.0, ms=10.0,
    ap=0.5, float_ap=0.51, difference=-0.01, interval=(-0.02, 0.0), agreement=0.95,
)  # fmt: skip


def made(*figures):
    return [msgspec.structs.replace(ONE, ms=ms, ap=ap, scheme=str(place)) for place, (ms, ap) in enumerate(figures)]


def test_the_front_is_what_none_beats():
    assert front_of(made((10, 0.5), (20, 0.4), (20, 0.6), (15, 0.6), (5, 0.1), (5, 0.2))) == (5, 0, 3)


@pytest.mark.parametrize("figures", list(product([(1.0, 0.2), (2.0, 0.2), (2.0, 0.3), (3.0, None)], repeat=3)))
def test_the_front_by_the_plain_rule(figures):
    candidates = made(*figures)
    known = [place for place, one in enumerate(candidates) if one.ap is not None]

    def beaten(place):
        mine = figures[place]
        return any(
            figures[other][0] <= mine[0] and figures[other][1] >= mine[1] and figures[other] != mine for other in known
        )

    found = front_of(candidates)
    assert {figures[place] for place in found} == {figures[place] for place in known if not beaten(place)}
    assert len({figures[place] for place in found}) == len(found), "of equals one"


def test_the_table_and_the_chart_show_every_candidate():
    candidates = tuple(made((10, 0.5), (20, 0.4), (30, None)))
    exploration = Exploration(schema=SCHEMA, command="n6studio explore", candidates=candidates, front=(0,))
    lines = text(exploration).splitlines()
    assert lines[1].startswith("* m 192 0")
    assert [line[:11] for line in lines[2:4]] == ["  m 192 1  ", "  m 192 2  "]
    assert "-2.0 to +0.0" in lines[1]
    chart = chart_of(exploration)
    assert [(mark.x, mark.y) for mark in chart.marks] == [(10, 50.0), (20, 40.0)]
    assert (chart.lines[0].x, chart.lines[0].y) == ((10,), (50.0,))
    assert chart_of(msgspec.structs.replace(exploration, candidates=(), front=())).nothing


def test_an_untrained_model_has_costs_and_no_ap():
    bare = msgspec.structs.replace(
        ONE, untrained=True, ap=None, float_ap=None, difference=None, interval=None, agreement=None, macs=1_230_000_000,
        weights_bytes=3 << 20,
    )  # fmt: skip
    exploration = Exploration(schema=SCHEMA, command="", candidates=(bare, ONE), front=front_of((bare, ONE)))
    assert exploration.front == (1,)
    line = text(exploration).splitlines()[1]
    assert line.split("default")[1].split() == ["unknown:", "untrained", "-", "-", "10.0", "-", "1.00", "1.23"]
    chart = chart_of(exploration)
    assert [mark.hint for mark in chart.marks] == [
        "m 192 default: AP unknown: untrained, 10.0 ms", "m 192 default: AP 50.0 %, 10.0 ms",
    ]  # fmt: skip
    assert "AP unknown" in chart.marks_name
    assert chart.lines[0].y == (50.0,)
    shown = page(exploration)
    assert "unknown: untrained" in shown
    assert "1.23" in shown
    assert "3.00 MiB" in shown
    alone = text(msgspec.structs.replace(exploration, candidates=(bare,), front=()))
    assert "no labelled people" not in alone
    assert "random weights" in alone


def test_memory_is_shown_with_where_it_is_from():
    sources = ("published", "interpolated", "graph")
    candidates = [
        msgspec.structs.replace(ONE, scheme=source, ram_bytes=512 << 10, ram_from=source) for source in sources
    ]
    exploration = Exploration(schema=SCHEMA, command="n6studio", candidates=(*candidates, ONE), front=(0,))
    shown = [line.split()[-3] for line in text(exploration).splitlines()[1:5]]
    assert shown == ["512", "~512", ">512", "-"]


def test_the_front_of_memory_is_what_none_beats():
    figures = [(300, 0.5), (200, 0.5), (100, 0.2), (400, 0.4), (None, 0.9), (500, 0.6)]
    candidates = tuple(
        msgspec.structs.replace(ONE, scheme=str(place), ap=ap, ram_bytes=None if kib is None else kib << 10)
        for place, (kib, ap) in enumerate(figures)
    )
    chart = ram_chart_of(Exploration(schema=SCHEMA, command="", candidates=candidates, front=()))
    assert (chart.lines[0].x, chart.lines[0].y) == ((100, 200, 500), (20, 50, 60))
    assert len(chart.marks) == 5


def test_a_table_says_where_keypoints_were_averaged():
    plain, averaged = (Exploration(schema=SCHEMA, command="", candidates=(ONE,), front=(), average=on) for on in (0, 1))
    assert (AVERAGED in page(plain), AVERAGED in page(averaged)) == (False, True)
    assert (AVERAGED in text(plain), AVERAGED in text(averaged)) == (False, True)


def test_the_report_names_every_file_and_the_command_and_escapes_what_is_foreign():
    strange = msgspec.structs.replace(ONE, model="<b>m", sha256="a" * 64, source_sha256="b" * 64, ram_bytes=1024)
    found = page(Exploration(schema=SCHEMA, command="n6studio explore 'x<y.pt'", candidates=(ONE, strange), front=(1,)))
    assert "a" * 64 in found
    assert "b" * 64 in found
    assert "x&lt;y.pt" in found
    assert "<b>m" not in found
    assert found.count('class="key"') == 1
