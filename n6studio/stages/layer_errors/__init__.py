"""Layer errors: the float and the int8 model side by side, layer by layer."""
