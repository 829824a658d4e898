"""The wire format: bytes to frames and back."""
