"""Predicted and imputed seconds of configurations."""
