"""Arrays, Series and frames in and out. No files, no geometry."""
