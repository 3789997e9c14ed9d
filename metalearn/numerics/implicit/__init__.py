"""Hyperparameter gradients of convex problems by the implicit function theorem."""
