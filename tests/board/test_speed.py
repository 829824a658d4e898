"""How long a model will take, and why: hand-made files of a compiler, and sums that can be done on paper."""

import json
import os

import pytest
from standins import stedgeai
from standins.small_tflite import write_pose_tflite

from n6studio.board.compiler.epochs import epochs_of, pool_life, schedule_of
from n6studio.board.compiler.pairs import PAIRS
from n6studio.board.compiler.report import read_compile_report
from n6studio.board.compiler.stedgeai import CompileRequest, generate
from n6studio.board.registry import board
from n6studio.cli import main
from n6studio.domain.charts.speed import memory_life, time_by_part
from n6studio.domain.errors.compiler import ReportContradicts, ReportUnreadable
from n6studio.domain.model.compiled import CompiledModel, Epochs
from n6studio.domain.model.facts import FloatOperation, ModelFacts
from n6studio.domain.model.operators import Unit
from n6studio.domain.model.speed import Epoch, PoolLife, cpu_time, estimate_speed, npu_time, time_by_unit, time_of
from n6studio.domain.model.speed_advice import advice, change_for, reason_of
from n6studio.domain.model.speed_text import compiled_lines, not_on_npu, predicted


def node(number, place, *kinds, outputs=(), inputs=(), inner=None):
    places = inner or [place] * len(kinds)
    return {
        "id": 100 + number,
        "name": f"epoch_{number}",
        "mapping": place,
        "inputs": list(inputs),
        "outputs": list(outputs),
        "subgraph_nodes": [
            {"name": f"{kind}_{number}", "description": f"Node kind={kind}", "mapping": where}
            for kind, where in zip(kinds, places, strict=True)
        ],
    }


def buffer(number, pool, offset, size, first, last, nbits=8, form="S8", param=False):
    return {
        "id": number, "mpool_id": pool, "offset_start": offset, "size_bytes": size, "nbits": nbits,
        "format": f"STAI_FORMAT_{form}", "is_param": param, "epochs": {"start": first, "end": last},
    }  # fmt: skip


def pool(number, name, address, size, subpools=()):
    return {"id": number, "name": name, "address": str(address), "size_bytes": size, "subpools": list(subpools)}


POOLS = [
    pool(1, "npuRAM3", 0x1000, 0x100),
    pool(2, "npuRAM4", 0x1100, 0x100),
    pool(3, "octoFlash", 0x8000, 0x1000),
    pool(9, "npuRAM3_npuRAM4", 0x1000, 0x200, subpools=(1, 2)),
]
INFO = {
    "graphs": [
        {
            "nodes": [
                node(0, "NODE_HW", "Param", "Param"),
                node(1, "NODE_EC", "Conv", "Relu", outputs=[1]),
                node(2, "NODE_SW", "Softmax", outputs=[2]),
                node(3, "NODE_SW_HW", "Transpose", "DequantizeLinear", outputs=[3], inner=["NODE_HW", "NODE_SW"]),
                node(4, "NODE_SW", "Return"),
            ]
        }
    ],
    "memory_pools": POOLS,
    "buffers": [
        buffer(1, 1, 0, 128, 1, 2),
        buffer(2, 1, 64, 128, 2, 3),  # half of it on the first one's place
        buffer(3, 9, 0xC0, 128, 3, 3, nbits=32, form="FLOAT"),  # from the one memory into the other
        buffer(4, 3, 0, 4096, 0, 3, param=True),
    ],
    "power_estimates": [{"node_id": 101, "max_cycles": 2_000_000}, {"node_id": 103, "max_cycles": 1000}],
}
SCHEDULE = schedule_of(INFO)


def test_epochs_are_read_with_what_they_compute_and_those_without_work_are_left_out():
    assert epochs_of(SCHEDULE, "") == (
        Epoch(1, Unit.NPU, ("Conv", "Relu"), "Conv_1", 128, False, 2_000_000),
        Epoch(2, Unit.CPU, ("Softmax",), "Softmax_2", 128, False, None),
        Epoch(3, Unit.BOTH, ("DequantizeLinear", "Transpose"), "DequantizeLinear_3", 32, True, 1000),
    )


def test_memory_is_counted_by_address_so_that_shared_places_count_once():
    first, second = pool_life(SCHEDULE)
    assert (first.name, first.size, first.used) == ("npuRAM3", 256, (0, 128, 192, 192))  # 0..128, 0..192, 64..256
    assert (second.name, second.used) == ("npuRAM4", (0, 0, 0, 64))  # 0x10C0 to 0x1140
    assert first.peak == 192


OLD = """
Total number of epochs: 4 of which 2 implemented in software
---
epoch ID   HW/SW/EC Operation (SW only)
epoch 1       EC
epoch 2      -SW-   (   QuantizeLinear   )
epoch 3      -SW-   (   Sub(float)   )
epoch 4       ??
"""
NEW = """
| epochs    1 -> 3     |   EC   |                  |
| epoch_4              | Hybrid |      Concat      |
| <no executed epochs> |   EC   |                  |
| epoch_5              |   SW   |    Sub(float)    |
"""


def test_without_a_list_the_reports_rows_tell_where_each_is_computed():
    none = schedule_of({"graphs": [{"nodes": []}]})
    assert [(one.number, one.unit) for one in epochs_of(none, OLD)] == [
        (1, Unit.NPU), (2, Unit.CPU), (3, Unit.CPU), (4, Unit.BOTH),
    ]  # fmt: skip
    assert epochs_of(none, OLD)[1].operations == ("QuantizeLinear",)
    assert [(one.number, one.unit, one.operations, one.in_float) for one in epochs_of(none, NEW)] == [
        (1, Unit.NPU, (), False),
        (2, Unit.NPU, (), False),
        (3, Unit.NPU, (), False),
        (4, Unit.BOTH, ("Concat",), False),
        (5, Unit.CPU, ("Sub",), True),
    ]


@pytest.mark.parametrize(
    "row",
    [
        "| epochs    1 -> 99999999    |   EC   |      |",
        "| epochs 1 -> 99999999999999999999999 |  EC  |  |",
        "| epochs 1 -> 30000 |   EC   |   |",
    ],
)
def test_more_epochs_than_there_can_be_are_refused(row):
    with pytest.raises(ValueError, match="epochs"):
        epochs_of(schedule_of({}), row)
    endless = {**INFO, "buffers": [buffer(1, 1, 0, 128, 1, 10**9)]}
    with pytest.raises(ValueError, match="epochs"):
        pool_life(schedule_of(endless))


@pytest.mark.parametrize(
    "info",
    [
        {"buffers": 3},
        {"graphs": [{"nodes": [{"id": 1}]}]},
        {"memory_pools": [pool(1, "a", "here", 5)]},
        {"graphs": [{"nodes": [node(1, "NODE_MOON", "Conv")]}]},
    ],
)
def test_a_c_info_of_another_form_is_refused(info):
    with pytest.raises(ValueError):  # noqa: PT011 - the text is the library's
        epochs_of(schedule_of(info), "")


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
@pytest.mark.parametrize("value", [{}, [], None, "x", 1e400, ""])
@pytest.mark.parametrize("key", ["address", "used_size_bytes", "size_bytes"])
def test_a_c_info_with_a_value_of_another_kind_is_called_unreadable(compiled, tmp_path, key, value):
    info = json.loads((compiled / "network_c_info.json").read_text())
    for one in info["memory_pools"]:
        one[key] = value
    (tmp_path / "c.json").write_text(json.dumps(info))
    with pytest.raises((ReportUnreadable, ReportContradicts)):
        read_compile_report(compiled / "network_generate_report.txt", tmp_path / "c.json")


def test_times_are_cycles_over_clocks():
    assert npu_time(2_000_000).likely == 2.0  # 1 GHz
    assert cpu_time("Softmax", 80_000).likely == pytest.approx(65 * 80_000 / 800e6 * 1000)
    assert cpu_time("reshape", 10**9).likely == 0
    spent = cpu_time("Mul", 40_000)
    assert spent.likely == pytest.approx(1.0)
    assert spent.low < 0.5 < 1.5 < spent.high
    both = Epoch(3, Unit.BOTH, ("Concat",), "", 100_000, False, 1_000_000)
    assert time_of(both).likely == pytest.approx(1.0 + 1.0)
    assert time_of(Epoch(1, Unit.NPU)) is None
    assert time_of(Epoch(1, Unit.CPU)) is None


def test_a_unit_of_which_one_step_is_not_known_has_no_time():
    known, unknown = Epoch(1, Unit.NPU, cycles=1000), Epoch(2, Unit.CPU)
    assert set(time_by_unit([known, unknown])) == {Unit.NPU, Unit.BOTH}
    found = CompiledModel("c", None, None, None, Epochs(2, 1, 1, 0), (known, unknown), ())
    assert predicted(found).endswith("the time of processor is not known")


REASONS = [
    ("DequantizeLinear", False, "the NPU computes int8 only", "an application that reads int8"),
    ("QuantizeLinear", False, "becomes int8 here", "uint8 input"),
    ("PRelu", True, "no PReLU", "ReLU"),
    ("Softmax", False, "no softmax", "another head"),
    ("Resize", False, "bilinear", "nearest"),
    ("Concat", False, "joins", "one scale"),
    ("Transpose", False, "layout", ""),
    ("DepthToSpace", False, "layout", ""),
    ("Conv", True, "form", "Quantize it"),
    ("Cast", False, "type", ""),
    ("Mul", True, "floating point", "head precision int8"),
    ("Mul", False, "does not say why", ""),
]


@pytest.mark.parametrize(("operation", "in_float", "why", "change"), REASONS)
def test_every_reason_has_its_own_words(operation, in_float, why, change):
    epoch = Epoch(1, Unit.CPU, (operation,), "", 10, in_float)
    assert why in reason_of(epoch)
    assert change in change_for(epoch)
    assert bool(change_for(epoch)) == bool(change)


def test_advice_names_what_is_worth_most_first_and_external_memory_before_all():
    epochs = [
        Epoch(1, Unit.CPU, ("Softmax",), "", 80_000),  # 6.5 ms
        Epoch(2, Unit.CPU, ("PRelu",), "", 800_000, True),  # 20 ms
        Epoch(3, Unit.CPU, ("Concat",), "", 100),  # nothing
    ]
    told = advice(epochs, [PoolLife("npuRAM3", 1000, (5,)), PoolLife("hyperRAM", 1 << 24, (0, 2 << 20))])
    assert len(told) == 3
    assert told[0].startswith("2.00 MiB of activations lie in external RAM")
    assert told[1].startswith("PRelu, about 20.0 ms")
    assert told[2].startswith("Softmax, about 6.5 ms")
    assert advice([], [PoolLife("hyperRAM", 1 << 24, (0,))]) == ()


def facts(**changes):
    base = {
        "format": "tflite", "size_bytes": 1, "sha256": "", "parameters": 3_289_965, "macs": 741_790_848,
        "input_size": (256, 256), "granularity": "per_channel",
    }  # fmt: skip
    return ModelFacts(**{**base, **changes})


def test_a_published_model_takes_what_is_published():
    found = estimate_speed(facts())
    assert found.total.likely == 31.31
    assert found.total.high == pytest.approx(31.31 * 1.05)
    assert "4.0.0" in found.source


def test_between_two_sizes_the_bounds_are_wider():
    macs = round(741_790_848 * 224**2 / 256**2)
    found = estimate_speed(facts(macs=macs, input_size=(224, 224)))
    assert 21.33 < found.total.likely < 31.31
    assert found.total.high == pytest.approx(found.total.likely * 1.1)


def test_another_build_goes_by_its_multiply_accumulates():
    found = estimate_speed(facts(parameters=1_000_000, macs=100_000_000))
    # ST's rows have 0.0387 (YOLOv8n at 320) to 0.0597 (YOLO11n at 320) ns for each.
    assert found.total.low == pytest.approx(44.87 / 11.5904512)  # 11,318.8 * 320 * 320 multiply-accumulates in 44.87 ms
    assert found.total.low < found.total.likely < 5.97 < found.total.high
    assert "multiply-accumulates" in found.source


def test_what_stays_in_float_is_added_on_the_processor():
    operations = (FloatOperation("MUL", "a", (1, 17, 2, 1344)), FloatOperation("LOGISTIC", "b", (1, 17, 1, 1344)))
    found = estimate_speed(facts(float_operations=operations))
    assert found.in_float.likely == pytest.approx((20 * 45_696 + 65 * 22_848) / 800e3)
    assert found.operations[0][0].operation == "LOGISTIC", "the longest comes first"
    assert found.total.likely == pytest.approx(31.31 + found.in_float.likely)


def test_a_float_model_gets_no_estimate():
    assert estimate_speed(facts(granularity="none")) is None
    assert estimate_speed(facts(float_convolutions=3)) is None
    assert estimate_speed(facts(macs=None)) is None


def test_charts_show_the_whole_and_the_slowest():
    epochs = epochs_of(SCHEDULE, "")
    chart = time_by_part(epochs)
    assert chart.labels[:2] == ("all epochs", "1 Conv, Relu")
    assert [one.name for one in chart.series] == ["NPU", "NPU and processor", "processor"]
    assert chart.series[0].values[:2] == (2.0, 2.0)
    life = memory_life(pool_life(SCHEDULE))
    assert [line.name for line in life.lines] == ["npuRAM3", "npuRAM4"]
    assert life.lines[0].y == (0, 0.125, 0.1875, 0.1875)
    for empty in (time_by_part(()), memory_life(()), time_by_part([Epoch(1, Unit.CPU)])):
        assert empty.nothing
        assert not empty.has_data


def test_the_terminal_names_each_part_that_is_not_the_npus():
    found = CompiledModel("c", None, None, None, Epochs(3, 1, 1, 1), epochs_of(SCHEDULE, ""), pool_life(SCHEDULE))
    assert [one.number for one in not_on_npu(found)] == [2, 3]
    text = "\n".join(compiled_lines(found))
    assert "NPU 2.0 ms" in text
    assert "The NPU has no softmax." in text
    assert "npuRAM3: at most 192 B (75 %), first at epoch 2" in text


def generated(place):
    """Compile a small model by the stand-in below `place`; return the folder with its files, and what it amounts to."""
    model = write_pose_tflite(place / "pose.tflite", 64)
    program = stedgeai.install(place / "ST", "2.1")
    folder = place / "run"
    folder.mkdir()
    pair = next(one for one in PAIRS if one.key == "getting-started-2.0")
    request = CompileRequest(model, pair, board("stm32n6570-dk"), program, (2, 1, 0), folder, silence=20)
    return folder, generate(request, lambda part, words: None)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    return generated(tmp_path_factory.mktemp("compiled"))[0]


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
def test_inspect_reads_what_the_compiler_left(tmp_path, capsys):
    folder, made = generated(tmp_path)
    assert main(["inspect", "--speed", "--json", str(folder)]) == 0
    told = json.loads(capsys.readouterr().out)
    steps = told["compiled"]["steps"]
    assert [one["unit"] for one in steps[-2:]] == ["processor", "NPU and processor"]
    assert len(steps) == made.report.epochs.total
    for life in told["compiled"]["pools"]:
        assert max(life["used"]) == next(one.used for one in made.report.pools if one.name == life["name"])
    assert told["predicted"]
