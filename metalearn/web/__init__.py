"""The memory in a browser: a small server on this machine (extra `web`)."""
