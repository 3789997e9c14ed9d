"""Harvest OpenML into a store: what the store knows, what is asked for, what is loaded."""
