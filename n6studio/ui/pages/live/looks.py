"""States of the live page to look at: a small source plays the demo's scene, with the truth in place of a model."""

import time

import cv2
import numpy as np

from n6studio.demo.scene import Scene as DemoScene
from n6studio.domain.live import Frame, FrameResults, Timings
from n6studio.domain.pose.frames import fractions_of_image
from n6studio.domain.pose.people import People
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.pose.views import View
from n6studio.link.recording.recorder import write_recording
from n6studio.link.sources.base import Capability, Source, SourceInfo
from n6studio.link.wire.frame import encode_frame
from n6studio.ui.pages.live.page import LivePage
from n6studio.ui.pages.look import Look, Scene

SIZE = (800, 480)
_FRAMES, _FPS = 40, 30.0


def _frames() -> list[bytes]:
    scene = DemoScene(7, SIZE, people=3)
    return [_frame(scene, number) for number in range(_FRAMES)]


def _frame(scene: DemoScene, number: int) -> bytes:
    made = scene.frame(number / _FPS)
    truth = fractions_of_image(made.truth, SIZE)
    keypoints = truth.keypoints.copy()
    keypoints[..., 2] = np.where(keypoints[..., 2] == 2, 0.9, 0.3 * keypoints[..., 2])
    scores = np.linspace(0.93, 0.7, len(truth)).astype(np.float32)
    results = FrameResults(
        (1, 0), number, round(1e6 * number / _FPS), Timings(2100, 24500, 800, 2600), "0123456789abcdef",
        View(Resize.STRETCH, (256, 256)), People(truth.boxes, scores, keypoints),
        0.93, None, ("camera IMX335 started", "model loaded") if number == 0 else (),
        (("board", "STM32N6570-DK"), ("confidence", "0.5"), ("iou", "0.45"), ("average", "on"), ("quality", "80")),
    )  # fmt: skip
    done, data = cv2.imencode(".jpg", made.image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])
    assert done
    return encode_frame(data.tobytes(), results)


class _Player(Source):
    """Plays frames in a circle until it is told to be silent."""

    def __init__(self, frames: list[bytes]) -> None:
        both = Capability.COMMANDS | Capability.RESULTS
        super().__init__(SourceInfo("look:", "STM32N6570-DK", "/dev/ttyACM0", both))
        self._frames, self._next, self._due = frames, 0, 0.0
        self.silent = False

    def open(self) -> None:
        self._due = time.monotonic()

    def read(self, timeout: float) -> bytes:
        wait = timeout if self.silent else min(timeout, max(0.0, self._due - time.monotonic()))
        time.sleep(wait)
        if self.silent or time.monotonic() < self._due:
            return b""
        self._due += 1 / _FPS
        self._next += 1
        self.breaks = (self._next - 1) // len(self._frames)
        return self._frames[(self._next - 1) % len(self._frames)]

    def write(self, data: bytes) -> None:
        pass

    def close(self) -> None:
        pass


def _page(scene: Scene) -> LivePage:
    page = scene.page("live")
    assert isinstance(page, LivePage)
    return page


def _play(scene: Scene, seconds: float) -> _Player:
    page, player = _page(scene), _Player(_frames())
    page.sources.name = player.info.name
    page.controller.open("look:", lambda _: player)
    scene.wait(seconds)
    return player


def _running(scene: Scene) -> None:
    _play(scene, 6.0)
    _page(scene).body.show_panel("Figures")


def _stalled(scene: Scene) -> None:
    player = _play(scene, 3.0)
    player.silent = True
    scene.wait(3.0)


def _alarm(scene: Scene) -> None:
    page = _page(scene)
    _play(scene, 1.0)
    page.controller.expect("ffffffffffffffff")
    page.body.show_panel("Board")
    end = time.monotonic() + 15.0
    while not page.controller.alarms and time.monotonic() < end:
        scene.wait(0.2)


def _replay(scene: Scene) -> None:
    page, path = _page(scene), scene.folder / f"take-{time.monotonic_ns()}.mjpeg"
    write_recording(path, [Frame(data, None, n / _FPS, n) for n, data in enumerate(_frames())], "STM32N6570-DK")
    page.sources.open_stored("recording", path)
    scene.wait(3.0)
    page.body.show_panel("Figures")


def _exporting(scene: Scene) -> None:
    _replay(scene)
    bar = _page(scene).body.replay_bar
    bar.show_exporting(True)
    bar.show_progress(43, 100)


def _plots(scene: Scene) -> None:
    page = _page(scene)
    page.body.show_panel("Plots")
    _play(scene, 1.0)
    panel = page.body.plots
    for group, name in (("left wrist", "x"), ("Frame", "People"), ("Frame", "NPU time")):
        panel.group.setCurrentText(group)
        panel.quantity.setCurrentText(name)
        panel.add()
    scene.wait(4.0)


def _end(scene: Scene) -> None:
    page = _page(scene)
    page.controller.expect("")
    page.body.replay_bar.show_exporting(False)
    for plot in list(page.body.plots.plots):
        page.body.plots.remove(plot)
    page.disconnect_source()
    page.body.show_panel("Figures")


LOOKS = tuple(
    Look(name, prepare, _end, project=False)
    for name, prepare in (
        ("running", _running), ("stalled", _stalled), ("alarm", _alarm), ("replay", _replay),
        ("exporting", _exporting), ("plots", _plots),
    )
)  # fmt: skip
