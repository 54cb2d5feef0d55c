"""Which substation serves what, and what could stand alone."""
