"""Boards and what it takes to program them: vendor tools, firmware images, flash plans, programmers. No Qt."""
