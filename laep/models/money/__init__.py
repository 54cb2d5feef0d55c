"""Costs, finance, carbon."""
