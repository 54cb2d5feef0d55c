"""Typical weather of the place, from whichever file is at hand."""
