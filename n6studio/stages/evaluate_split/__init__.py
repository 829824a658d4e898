"""An evaluation's images cut into parts, which can be run apart from each other."""
