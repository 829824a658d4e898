"""The live view's own parts: image with overlay, decoder, strips, bars and panels."""
