"""Sources read into the area: which files, from where, and what they brought."""
