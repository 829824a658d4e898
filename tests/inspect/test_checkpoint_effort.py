"""A few words of YAML can describe a network of any size: it is refused before anything of that size is made."""

import dataclasses
import sys
import time
import zipfile

import psutil
import pytest
from builders import ROOT

from n6studio.stages.checkpoint.architecture import describe_checkpoint
from n6studio.stages.checkpoint.build import build
from n6studio.stages.checkpoint.plain_pickle import read_plain
from n6studio.stages.checkpoint.plain_values import Undescribed
from n6studio.stages.checkpoint.tensors import TensorReader

DEMO = ROOT / "resources" / "demo" / "n6demo-pose.pt"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def described():
    with zipfile.ZipFile(DEMO) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("data.pkl"))
        return describe_checkpoint(read_plain(archive.read(name)))


def built(described, **changes):
    reader = TensorReader(DEMO)
    try:
        return build(dataclasses.replace(described, yaml={**described.yaml, **changes}), reader)
    finally:
        reader.close()


@pytest.fixture(scope="module")
def _torch_is_there(described):
    built(described)  # what it loads on the way is not of the descriptions that follow


def test_an_honest_one_is_built(described):
    assert sum(number.numel() for number in built(described).parameters()) > 500_000


def test_what_it_takes_is_found_out_without_torchs_compiler(described):
    before = sys.modules.get("torch._dynamo")
    built(described)
    assert sys.modules.get("torch._dynamo") is before, "importing it takes longer than all the rest"


def _with(layer):
    return lambda yaml: {"backbone": [[-1, 1, *layer], *yaml["backbone"][1:]]}


@pytest.mark.usefixtures("_torch_is_there")
def test_strides_are_not_read_where_they_are_many(described):
    with pytest.raises(Undescribed, match="more levels"):
        built(dataclasses.replace(described, stride=dataclasses.replace(described.stride, count=10**9)))


@pytest.mark.usefixtures("_torch_is_there")
def test_what_ends_the_builder_is_told(described):
    first, *others = described.yaml["backbone"]
    with pytest.raises(Undescribed, match="cannot be built"):
        built(described, backbone=[[0, *first[1:]], *others])  # of no layer before: a division by zero in the builder


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda yaml: {"backbone": [[source, 100, *more] for source, _, *more in yaml["backbone"]]}, "more layers"),
        (_with(("nn.Upsample", [None, 65536, "nearest"])), "larger than any"),
        (_with(("nn.ZeroPad2d", [30_000])), "larger than any"),
        (_with(("Conv", [65536, 3, 2])), "was changed"),  # no scale has so many channels
        (_with(("Conv", [64, 4096, 1])), "more numbers|larger than any|was changed"),
        (_with(("HGBlock", [8, 65536, 3, 65536])), "larger than any|more numbers|cannot be built"),
        (lambda yaml: {"scales": {"n": [20.0, 20.0, 65536]}, "scale": "n"}, "more layers|more numbers|larger"),
        (lambda yaml: {"width_multiple": 20.0, "scales": {}, "depth_multiple": 1.0}, "more numbers|larger|shape"),
    ],
)
@pytest.mark.usefixtures("_torch_is_there")
def test_larger_ones_are_refused_at_once(described, change, reason):
    before, began = psutil.Process().memory_info().rss, time.process_time()
    with pytest.raises(Undescribed, match=reason):
        built(described, **change(described.yaml))
    assert time.process_time() - began < 5
    assert psutil.Process().memory_info().rss - before < 300e6
