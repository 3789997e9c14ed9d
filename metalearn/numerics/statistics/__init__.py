"""Ranks, regret, bootstrap intervals and tests over tasks."""
