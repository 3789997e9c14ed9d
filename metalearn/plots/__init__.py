"""Figures: a small frozen result is computed first, drawn second."""
