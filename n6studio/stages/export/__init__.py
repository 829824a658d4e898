"""Export: checkpoint to ONNX, SavedModel and float TFLite."""
