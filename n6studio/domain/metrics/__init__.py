"""How well a model finds people: matching, OKS, average precision, and what is wrong with what is off."""
