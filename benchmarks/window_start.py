"""How long the window takes from starting Python until it has been painted: python benchmarks/window_start.py."""

import os
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 5
CODE = """
import sys, time, pathlib
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from n6studio.ui.frame.main_window import MainWindow

class Timed(MainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, lambda: (print(time.time() - float(sys.argv[1])), sys.stdout.flush(), self.close()))

application = QApplication([])
folder = pathlib.Path(sys.argv[2])
window = Timed(folder / "window.json", folder)
window.preferences.change(theme="system")
window.show()
application.exec()
"""


def main() -> None:
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ}
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(RUNS):
            command = [sys.executable, "-c", CODE, str(time.time()), folder]
            done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
            seconds.append(float(done.stdout.split()[0]))
    print("  ".join(f"{value:.2f} s" for value in seconds))
    print(f"first paint after {statistics.median(seconds):.2f} s (median of {RUNS}, slowest {max(seconds):.2f} s)")


if __name__ == "__main__":
    main()
