"""What is to lie in flash: images, headers, the flash plan."""
