"""USB devices that the boards' descriptions know."""

import contextlib

from n6studio.board.description import UsbDevice
from n6studio.board.registry import boards
from n6studio.domain.errors.base import StudioError

VIDEO = "video"  # key of the connector by which ST's own applications send images, with drawings in them


def device_of(vendor: int | None, product: int | None) -> UsbDevice | None:
    """Return what a USB device is; None where no board's description names it."""
    with contextlib.suppress(StudioError):  # a damaged installation says so elsewhere
        for device in (device for board in boards() for device in board.usb):
            if device.vendor == vendor and product in device.products:
                return device
    return None
