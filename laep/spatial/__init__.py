"""Geometry in, geometry out, in EPSG:27700. No energy, no money."""
