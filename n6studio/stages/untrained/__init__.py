"""Models with random weights, built from Ultralytics' own descriptions."""
