"""Deploy: a quantized model onto a board; the engine does it, with ST's programs."""
