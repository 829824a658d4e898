"""What one quantization does with the weights and ranges of quantization-aware training: uses, ignores, or refuses."""

from collections.abc import Callable
from pathlib import Path

from n6studio.domain.model.trained_ranges import TrainedRanges
from n6studio.domain.texts import counted
from n6studio.stages.model.trained_ranges import TrainedModel, UnusableRanges, read_trained
from n6studio.stages.process.reporter import Reporter
from n6studio.stages.quantize.graph import Graph
from n6studio.stages.quantize.ranges import Range
from n6studio.stages.quantize.stage import QuantizeSettings
from n6studio.stages.quantize.trained import (
    Trained,
    codes_kept,
    trained_in,
    upper_ends,
    with_trained_codes,
    with_upper_ends,
)


class Training:
    """Trained weights and ranges on their way through a quantization; without any of them, everything stays as it is.

    Args:
        source: the SavedModel.
        graph: its calibrated float graph.
        settings: of the quantization.
        report: for warnings.
    """

    def __init__(self, source: Path, graph: Graph, settings: QuantizeSettings, report: Reporter) -> None:
        self._report, self._graph = report, graph
        self._trained = Trained()
        self._ends: dict[str, float] = {}
        self._found = self._refused = False
        self._exact = 0
        if settings.granularity == "per_tensor":
            tell_of_ignored(source, settings, "one scale per tensor", report)
            return
        if settings.ranges == "extremes":
            tell_of_ignored(source, settings, "min/max ranges", report)
            return
        if settings.weights == "int4":
            tell_of_ignored(source, settings, "weights of 4 bits", report)
            return
        known = _read(source, settings, report)
        if known is None:
            return
        self._found = True
        self._trained = trained_in(graph, known)
        if not self._trained.kernels:
            report.warn("None of the trained weights were found in the model; it is quantized like one in float.")

    @property
    def kept(self) -> frozenset[str]:
        """The convolutions, by their outputs, whose weights stay as trained."""
        return frozenset(self._trained.kernels)

    @property
    def pinned(self) -> frozenset[str]:
        """The tensors whose upper end is that of training."""
        return frozenset(self._ends)

    @property
    def told(self) -> TrainedRanges | None:
        """What became of the checkpoint's ranges; None where there are none, or they are ignored."""
        return self._trained.told(self._exact) if self._found else None

    def ranges(
        self,
        chosen: dict[str, Range],
        calibrated: dict[str, Range],
        convert: Callable[[Graph, dict[str, Range]], bytes],
    ) -> dict[str, Range]:
        """Return `chosen` with the upper ends of training.

        Args:
            chosen: ranges by our own search.
            calibrated: smallest and largest values on the calibration images.
            convert: float graph and ranges -> int8 model, to see which tensors have one scale.
        """
        self._ends = upper_ends(self._graph, self._trained, calibrated)
        if not self._ends:
            return chosen
        return with_upper_ends(self._graph, chosen, self._ends, Graph(convert(self._graph, chosen)))

    def patched(self, content: bytes, graph: Graph) -> bytes:
        """Return a converted model with the trained numbers; where LiteRT reads others, as it is, and say so."""
        if not self._trained.kernels or self._refused:
            return content
        result, kernels = with_trained_codes(content, graph, self._trained)
        if codes_kept(result, kernels):
            self._exact = len(kernels)
            return result
        self._refused, self._exact = True, 0
        self._report.warn(
            "The trained weights could not be put into the converted model exactly; "
            "it has the steps that TensorFlow's converter derives."
        )
        return content


def tell_of_ignored(source: Path, settings: QuantizeSettings, why: str, report: Reporter) -> None:
    """Warn where a model's trained ranges have no effect with these settings."""
    if _read(source, settings, report) is not None:
        report.warn(f"The ranges of quantization-aware training are not used: they do not go with {why}.")


def _read(source: Path, settings: QuantizeSettings, report: Reporter) -> TrainedModel | None:
    if settings.trained == "ignore":
        return None
    try:
        found = read_trained(source)
    except UnusableRanges as reason:
        report.warn(f"The ranges of quantization-aware training beside the model cannot be used: {reason}.")
        return None
    if found is not None and not found.convolutions:
        report.warn(
            f"The checkpoint was trained with quantization, but none of its {counted(found.account.read, 'range')} "
            "can be used; it is quantized like one trained in float."
        )
        return None
    return found
