"""Gaussian processes and Bayesian linear regression on arrays."""
