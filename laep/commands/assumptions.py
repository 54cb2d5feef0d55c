"""`laep assumptions`."""

from typing import Annotated

import typer

from laep.commands import screen
from laep.commands.options import HERE, AreaOption, JsonOption
from laep.errors import UserFault


def assumptions(
    search: Annotated[str, typer.Option(help="Words to look for in key, meaning, unit and source.")] = "",
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Set a value for this area.")
    ] = None,
    source: Annotated[str, typer.Option(help="Where the values set come from; the report names it.")] = "",
    anyway: Annotated[bool, typer.Option("--anyway", help="Set values far outside their range as well.")] = False,
    unset: Annotated[list[str] | None, typer.Option(help="Go back to the value laep ships.")] = None,
    area: AreaOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """
    List assumptions with value, range, unit, source and confidence; set one for this area.

    Example: laep assumptions --search battery

    Several are set together or not at all.

    Example: laep assumptions --set tariff.retail.elec_p_kwh=25.5 --source "Our bill of May 2026"
    """
    from laep import plan
    from laep.results import Table

    changes = {**dict(map(_key_and_number, set_ or ())), **dict.fromkeys(unset or ())}
    if changes:
        listed = plan.open_folder(area).set_assumptions(changes, source=source, anyway=anyway)
    else:
        found = plan.found_in(area)
        listed = found.assumptions(search) if found else plan.assumptions(search)
    rows = [
        (a.key, f"{a.value:g}", f"{a.low:g} to {a.high:g}", a.unit, a.confidence, a.meaning) for a in listed.assumptions
    ]
    headings = ("key", "value", "range", "unit", "confidence", "meaning")
    screen.show(listed, Table("Assumptions", headings, rows), as_json=as_json)


def _key_and_number(pair: str) -> tuple[str, float | None]:
    key, sign, value = pair.partition("=")
    try:
        return key.strip(), float(value)
    except ValueError:
        missing = "no `=`" if not sign else f"{value!r} is not a number"
        raise UserFault(f"--set {pair}: {missing}. Write --set KEY=NUMBER.") from None
