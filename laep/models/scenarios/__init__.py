"""Years, uptake and chance."""
