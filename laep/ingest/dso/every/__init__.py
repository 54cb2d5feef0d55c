"""Datasets that every operator publishes."""
