"""Headroom: the chain of substations, what binds, and what fits."""
