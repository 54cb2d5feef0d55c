"""
laep: Local Area Energy Plans for places in Great Britain, from open data.

In Python a plan is opened with `laep.open("eynsham")`, and made with `laep.create` or, of the sample village, with
`laep.demo`; all three give a `laep.plan.Plan`. Nothing heavy is loaded until a plan is asked for something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep import resources
from laep.version import __version__

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Unpack

    from laep.plan import Plan, Where

resources.keep_kernels()  # before anything loads the compiler

__all__ = ["__version__", "create", "demo", "open"]


def open(folder: str | Path = ".") -> Plan:  # noqa: A001 - as in `laep.open`
    """
    Return the plan in an area folder.

    Raises
    ------
    AreaInvalid
        When the folder is none, or its laep.toml has faults.
    """
    from laep import plan

    return plan.open_folder(folder)


def create(name: str, **where: Unpack[Where]) -> Plan:
    """
    Make the folder of a new area and return its plan; `where` is as in `laep.plan.create`.

    Raises
    ------
    UserFault
        When the place is not said in exactly one way or cannot be found.
    """
    from laep import plan

    return plan.create(name, **where)[0]


def demo(into: str | Path = "demo") -> Plan:
    """Make the area of the sample village inside a folder and return its plan; nothing is read or run yet."""
    from laep import plan

    return plan.demo(into)
