"""Contract tests and planted worlds for authors of plug-ins; needs pytest."""
