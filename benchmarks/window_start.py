"""How long the window takes until it is painted, against a bare one: python benchmarks/window_start.py."""

import os
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 9
MOST = 3.0  # times a bare window
BARE = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

class Timed(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, lambda: (print(time.time() - float(sys.argv[1])), sys.stdout.flush(), self.close()))

application = QApplication([])
window = Timed()
window.resize(1280, 800)
window.show()
application.exec()
"""
OURS = """
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
    """Take both in turn, as what else the computer does differs from second to second."""
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ}
    bare, ours = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(RUNS):
            for code, seconds in ((BARE, bare), (OURS, ours)):
                command = [sys.executable, "-c", code, str(time.time()), folder]
                done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
                seconds.append(float(done.stdout.split()[0]))
    for name, seconds in (("bare", bare), ("window", ours)):
        shown = "  ".join(f"{value:.2f}" for value in seconds)
        print(f"{name}: median {statistics.median(seconds):.2f} s, fastest {min(seconds):.2f} s   ({shown})")
    ratio, fastest = statistics.median(ours) / statistics.median(bare), min(ours) / min(bare)
    print(f"first paint takes {ratio:.2f} times as long as a bare window's (fastest: {fastest:.2f}); at most {MOST}")


if __name__ == "__main__":
    main()
