"""The one reader of each form of file."""
