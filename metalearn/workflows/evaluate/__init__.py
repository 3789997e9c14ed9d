"""`evaluate`: recommenders and optimizers compared on held-out tasks."""
