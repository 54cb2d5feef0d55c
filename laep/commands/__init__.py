"""
The commands, one file each: options in, one verb of a `Plan` called, its result printed.

They import what they need when they are called, so that `laep --help` loads no data library. Their annotations are read
while the program runs, so these modules do without `from __future__ import annotations`.
"""
