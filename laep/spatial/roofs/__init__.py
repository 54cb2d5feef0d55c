"""Roof planes, the light that reaches them, and the panels that fit."""
