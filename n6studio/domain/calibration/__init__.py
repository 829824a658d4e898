"""What is known of calibration images, and what to make of it."""
