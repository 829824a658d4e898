"""What the live page can do; see `n6studio.ui.pages.actions`."""

from n6studio.ui.pages.actions import PageAction
from n6studio.ui.pages.live.view_bar import VIEW_ACTIONS

_OWN = (
    PageAction("connect", "Connect or disconnect"),
    PageAction("virtual", "Use the virtual board"),
    PageAction("recording", "Open a recording"),
    PageAction("video", "Open a video"),
    PageAction("folder", "Open a folder of images"),
)
ACTIONS = (*(PageAction(one.name, one.tip.rstrip("."), one.keys) for one in VIEW_ACTIONS), *_OWN)
