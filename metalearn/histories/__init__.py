"""Stored runs of one algorithm as a space and one history per task."""
