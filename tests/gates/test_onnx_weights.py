"""Which files an .onnx leaves its weights in, and that a result notices when they change."""

import numpy as np
import pytest

from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.gates.onnx_weights import weights_beside


def saved(folder, place: str):
    """A model with one tensor inside and one in another file, written by onnx itself."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    made = [numpy_helper.from_array(np.arange(size, dtype=np.float32), name) for name, size in (("a", 4), ("b", 400))]
    nodes = [helper.make_node("Add", ["images", "a"], ["x"]), helper.make_node("Relu", ["x"], ["output0"])]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "g", [value("images", TensorProto.FLOAT, (4,))], [value("output0", TensorProto.FLOAT, (4,))], made
    )
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    model = helper.make_model(graph)
    onnx.save_model(model, folder / "net.onnx", save_as_external_data=bool(place), location=place, size_threshold=1000)
    return folder / "net.onnx"


@pytest.mark.parametrize("place", ["net.onnx.data", "weights/größe 1.bin"])
def test_the_file_that_onnx_wrote_is_found(tmp_path, place):
    assert weights_beside(saved(tmp_path, place)) == (place,)


def test_a_whole_model_has_none(tmp_path):
    assert weights_beside(saved(tmp_path, "")) == ()


def test_a_result_notices_that_only_the_weights_changed(tmp_path):
    path = saved(tmp_path, "net.data")
    before = input_of(path, HashCache()).sha256
    content = bytearray((tmp_path / "net.data").read_bytes())
    content[10] ^= 1
    (tmp_path / "net.data").write_bytes(content)
    changed = input_of(path, HashCache()).sha256
    (tmp_path / "net.data").unlink()
    assert len({before, changed, input_of(path, HashCache()).sha256}) == 3


def test_whatever_is_cut_or_changed_ends(tmp_path):
    path, random = saved(tmp_path, "net.data"), np.random.default_rng(3)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert weights_beside(path) in ((), ("net.data",))
    for _ in range(300):
        content = bytearray(whole)
        content[random.integers(len(whole))] = random.integers(256)
        path.write_bytes(content)
        assert len(weights_beside(path)) <= 1


def test_places_that_lead_elsewhere_are_left_to_the_gate(tmp_path):
    path = saved(tmp_path, "net.data")
    (tmp_path / "outer.bin").write_bytes(b"x")
    path.write_bytes(path.read_bytes().replace(b"net.data", b"../a.bin"))
    assert weights_beside(path) == ("../a.bin",)
    assert input_of(path, HashCache()).sha256 == HashCache().file(path)
