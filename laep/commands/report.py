"""`laep report`."""

from laep.commands import screen
from laep.commands.options import HERE, AreaOption, JsonOption


def report(area: AreaOption = HERE, as_json: JsonOption = False) -> None:
    """
    Run what is stale and write the plan to report/index.html.

    Example: laep report
    """
    from laep import plan
    from laep.commands import progress

    found = plan.open_folder(area)
    with progress.steps() as shown:
        written = found.report(on_event=shown.event)
    lacks = [f"  {reason}" for reason in written.lacks]
    notes = [f"What the plan does without ({len(lacks)}), what matters most first:", *lacks] if lacks else []
    screen.show(written, str(written.report), notes=notes, as_json=as_json)
