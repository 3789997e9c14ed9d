"""Systems of AutoML against each other at equal seconds, on tables that they do not know."""
