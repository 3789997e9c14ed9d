"""Models of a tasks x configurations matrix with missing cells."""
