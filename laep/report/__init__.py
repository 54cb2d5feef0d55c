"""Layers in; tables, maps, charts and pages out."""
