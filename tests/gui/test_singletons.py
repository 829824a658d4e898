import subprocess
import sys

CODE = """
import n6studio.ui
from PySide6.QtCore import QObject, QTimer
watched = QObject()
for _ in range(60_000):
    watched.setObjectName("x")
    watched.blockSignals(False)
print("alive")
"""


def test_many_calls_into_qt_do_not_use_up_none() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "alive", done.stderr


def test_without_it_python_3_11_ends() -> None:
    # If this fails, PySide6 counts again (or Python no longer does) and n6studio/ui/system/singletons.py can go.
    if sys.version_info >= (3, 12):
        return
    done = subprocess.run(
        [sys.executable, "-c", CODE.replace("import n6studio.ui", "")], capture_output=True, text=True, timeout=120
    )
    assert done.returncode != 0
