"""ST's user_config.yaml files, read and written."""
