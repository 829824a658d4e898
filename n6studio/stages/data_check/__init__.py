"""Data check: what each consumer makes of images and labels, and what two sets share."""
