"""The process of a stage: its messages and its versions."""
