"""UK Power Networks: one file a dataset."""
