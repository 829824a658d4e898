"""The flow of a deployment."""
