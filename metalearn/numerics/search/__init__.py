"""Parts of search algorithms: acquisition functions, rungs, Pareto fronts, CMA-ES."""
