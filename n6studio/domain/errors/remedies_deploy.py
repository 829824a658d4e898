"""What to do about the failures of deployment; a part of the table in `remedies.py`, in the same form."""

from n6studio.domain.errors.remedies_images import IMAGE_REMEDIES
from n6studio.domain.errors.remedies_programmer import PROGRAMMER_REMEDIES
from n6studio.domain.errors.remedies_tools import TOOL_REMEDIES
from n6studio.domain.errors.remedy import Remedy

DEPLOY_REMEDIES: dict[str, Remedy] = {**IMAGE_REMEDIES, **PROGRAMMER_REMEDIES, **TOOL_REMEDIES}
