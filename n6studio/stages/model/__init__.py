"""Models that run: one interface over LiteRT, ONNX Runtime and TensorFlow, and what is fed to them."""
