"""Kernel densities on the unit cube."""
