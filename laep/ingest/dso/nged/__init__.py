"""National Grid Electricity Distribution: one file a dataset."""
