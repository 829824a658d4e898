"""Seeing from outside that an application runs: its words on the serial port, and its devices on USB."""
