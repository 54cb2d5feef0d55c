"""The network operators: one module a dataset, all ending in the same normal form."""
