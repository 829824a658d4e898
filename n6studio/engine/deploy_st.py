"""Images for ST's boards: ST's compiler, ST's application in a copy, and the header, step by step."""

from n6studio.board.programmer import Programmer
from n6studio.engine.deploy_making import Making
from n6studio.engine.deploy_order import Order


class StMaking(Making):
    """In the making."""


def st_programmer(order: Order) -> Programmer:
    """Return the way to the order's board."""
    raise NotImplementedError(order)
