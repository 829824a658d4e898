"""Moved to `n6studio.system.files`."""

from n6studio.system.files import is_full, make_folder, move_into_place, replace_text, storage_error

__all__ = ["is_full", "make_folder", "move_into_place", "replace_text", "storage_error"]
