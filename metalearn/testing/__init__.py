"""Contracts and planted worlds for those who write plug-ins; needs pytest."""
