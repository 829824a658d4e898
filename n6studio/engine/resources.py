"""Moved to `n6studio.system.resources`."""

from n6studio.system.resources import resource

__all__ = ["resource"]
