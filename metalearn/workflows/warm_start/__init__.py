"""`warm_start`: initial design, source histories, prior and observations for any optimizer."""
