"""What a virtual board runs after power-up: the model that was programmed into its flash, or nothing."""

from pathlib import Path

from n6studio.board.images.boot import boot as boot_result
from n6studio.board.images.virtual import Manifest
from n6studio.board.virtual.board import VirtualBoard
from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.settings import from_mapping, plain_values
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.gates.files import require_folder

# What was compiled in: name in the manifest -> setting.
_OF_THE_APPLICATION = {
    "confidence": "confidence", "iou": "iou", "average": "average", "most": "max_detections", "aspect": "aspect",
}  # fmt: skip
_BEFORE = {"average": False}  # what applications did that earlier releases compiled, and their manifests do not name


State = tuple[int, bool, bool]  # power cycles, whether it is plugged in, whether it runs


def state_of(flash: str) -> State:
    """Return what must change for a board to run something else, or nothing."""
    state = VirtualBoard(Path(flash)).state
    return state.power_cycles, state.attached, state.running


def boot(settings: VirtualBoardSettings, place: Path, plug_in: bool) -> tuple[VirtualBoardSettings, str]:
    """Return what the board does whose flash lies in `settings.flash`.

    Args:
        settings: what the board is to play.
        place: folder where the model from flash is put.
        plug_in: power it up first; otherwise it is as others have left it.

    Returns:
        Settings with the model and the settings of the application in flash; and why the board stays dark, '' where
        it does not. Then it sends nothing, as a real one would.

    Raises:
        FileMissing: there is no such folder.
        VirtualBoardDamaged: its files cannot be understood.
    """
    folder = Path(settings.flash)
    with reading(folder):
        require_folder(folder)
    board = VirtualBoard(folder)
    result = board.power_cycle() if plug_in else boot_result(board.board, board.mode, board.read_flash)
    state = board.state
    if not state.attached:
        return settings, "It is disconnected"
    if not result.runs:
        return settings, result.reason
    if not state.running:
        return settings, "It was reset; it boots from flash at the next power-up"
    if result.manifest is None:
        return settings, "The images in flash were built for a real board; the virtual board has no NPU to run them"
    return _application(settings, board, result.manifest, place)


def _application(
    settings: VirtualBoardSettings, board: VirtualBoard, manifest: Manifest, place: Path
) -> tuple[VirtualBoardSettings, str]:
    model = place / f"{_file_name(manifest.name)}.tflite"
    model.write_bytes(board.read_flash(manifest.weights_address, manifest.weights_size))
    told = {**_BEFORE, **manifest.settings}
    compiled = {name: told[key] for key, name in _OF_THE_APPLICATION.items() if key in told}
    try:
        checked = from_mapping(VirtualBoardSettings, {**plain_values(settings), **compiled, "model": str(model)})
    except SettingInvalid as error:
        return settings, f"The application was compiled with {error.name} = {error.value}"
    return checked, ""


def _file_name(name: str) -> str:
    plain = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in name)
    return plain.removesuffix(".tflite")[:80] or "network"
