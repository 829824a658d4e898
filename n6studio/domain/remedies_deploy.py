"""What to do about the failures of deployment; a part of the table in `remedies.py`, in the same form."""

from n6studio.domain.remedy import Remedy

DEPLOY_REMEDIES: dict[str, Remedy] = {}
