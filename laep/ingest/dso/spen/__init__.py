"""SP Energy Networks: one file a dataset."""
