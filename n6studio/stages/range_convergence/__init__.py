"""Range convergence: how ranges settle as images are added."""
