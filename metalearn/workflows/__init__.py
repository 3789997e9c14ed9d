"""User-level workflows; they combine the store with the methods."""
