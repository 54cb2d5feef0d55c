"""Scottish and Southern Electricity Networks: one file a dataset."""
