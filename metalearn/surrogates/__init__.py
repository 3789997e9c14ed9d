"""Surrogates: models of the loss of a task over a space, alone or with what others teach."""
