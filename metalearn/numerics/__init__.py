"""Numerics on arrays alone: ranks, regret, densities, tests; no domain objects beyond arrays."""
