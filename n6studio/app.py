"""Starts the window: log, application, look, hooks for the unexpected, main window."""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Show the window until it is closed; return the exit code.

    Args:
        arguments: at most a checkpoint or project folder to open; None for the command line's.
    """
    argv = list(sys.argv[1:] if arguments is None else arguments)
    if argv[:1] in (["--n6-stage"], ["--n6-virtual"]):  # the frozen program starts its processes through itself
        from n6studio import cli

        return cli.main(argv)
    from PySide6.QtCore import QStandardPaths
    from PySide6.QtWidgets import QApplication

    from n6studio.cli.log import start_log
    from n6studio.ui.background import let_the_window_go_first
    from n6studio.ui.frame.error_dialog import UnexpectedHook
    from n6studio.ui.frame.main_window import MainWindow
    from n6studio.ui.frame.preferences import preferences_file
    from n6studio.ui.system.doorbell import Doorbell, ring
    from n6studio.ui.system.garbage import Collector

    start_log()
    let_the_window_go_first()
    QApplication.setApplicationName("n6studio")
    QApplication.setApplicationDisplayName("N6 Studio")
    QApplication.setDesktopFileName("n6studio")
    application = QApplication([sys.argv[0]])
    own_folder = preferences_file().parent
    wanted = str(Path(argv[0]).absolute()) if argv else ""
    if ring(own_folder, wanted):
        return 0
    collector = Collector()
    hook = UnexpectedHook()
    hook.install()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # stages notice that we are gone and end themselves
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    window = MainWindow(preferences_file(), Path(documents or Path.home()) / "N6 Studio")
    window.complete.connect(collector.settle)
    window.complete.connect(lambda: Doorbell(window.opening.answer_later_start, window).listen(own_folder))
    window.apply_theme()
    application.styleHints().colorSchemeChanged.connect(lambda: window.apply_theme())
    window.show()
    if argv:
        window.opening.open_path(Path(argv[0]))
    code = application.exec()
    for doorbell in window.findChildren(Doorbell):
        doorbell.close()
    hook.remove()
    collector.stop()
    return code
