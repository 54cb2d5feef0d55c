"""Electricity North West: one file a dataset."""
