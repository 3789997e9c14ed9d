"""Harvest of OpenML into a store: known rows, requests, and loading."""
