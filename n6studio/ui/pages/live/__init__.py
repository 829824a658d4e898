"""The live view's own parts: picture with overlay, decoder, strips, bars and panels."""
