"""Which laep this is."""

import datetime as dt

__version__ = "0.1.0"
RELEASED = dt.date(2026, 11, 30)
"""The day this version was made: prices and rules that it ships hold on it, or were looked for and not found."""
