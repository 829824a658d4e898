"""Updates of an installed program: asked for by a click and never by itself, signed, and with a way back."""
