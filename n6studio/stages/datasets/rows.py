"""Objects of foreign files, whose values may be anything until somebody has looked at them."""

from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]
