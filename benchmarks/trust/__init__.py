"""What `trust_figures.py` is made of: hostile and damaged inputs, kills at random moments, the cost of walls."""
