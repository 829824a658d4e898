"""N6 Studio: from a YOLOv8-pose checkpoint to a running STM32N6."""

__version__ = "0.1.0"
