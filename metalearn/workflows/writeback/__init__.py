"""Writing evaluations back into a user's store, by way of a journal."""
