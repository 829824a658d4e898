"""The road page: from a checkpoint to a running board in one go."""
