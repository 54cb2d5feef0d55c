"""laep: Local Area Energy Plans for places in Great Britain, from open data."""

__version__ = "0.1.0"
