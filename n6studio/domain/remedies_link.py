"""What to do about the failures of the live stream; a part of the table in `remedies.py`, in the same form."""

from n6studio.domain.remedy import Remedy

LINK_REMEDIES: dict[str, Remedy] = {}
