"""What the stages' jobs are called, for people."""

STAGE_TITLES = {
    "inspect": "Inspection",
    "export": "Export",
    "quantize": "Quantization",
    "evaluate": "Evaluation",
    "calibration_health": "Check of the calibration set",
    "layer_errors": "Layer comparison",
    "range_convergence": "Measurement of ranges",
    "video_frames": "Taking frames from the video",
    "int8_output": "Measurement of int8 output",
    "deploy": "Deployment",
}


def stage_title(stage: str) -> str:
    """Return what a stage's job is called; what is no stage's name, such as a tool's, stays as it is."""
    return STAGE_TITLES.get(stage, stage)
