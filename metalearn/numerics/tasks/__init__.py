"""Similarity, distance and agreement between tasks."""
