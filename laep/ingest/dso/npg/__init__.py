"""Northern Powergrid: one file a dataset."""
