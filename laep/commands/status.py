"""`laep status`."""

from laep.commands import screen
from laep.commands.options import HERE, AreaOption, JsonOption


def status(area: AreaOption = HERE, as_json: JsonOption = False) -> None:
    """
    Show sources, steps and layers: fresh, stale or missing, and how old the data is.

    Example: laep status
    """
    from laep import plan
    from laep.results import Table

    found = plan.open_folder(area).status()
    sources = [(one.source, one.state, one.read, one.reason) for one in found.sources]
    steps = [(one.step, one.state, one.reason) for one in found.steps]
    layers = [(one.layer, str(one.rows), one.written_by, one.written_at[:16].replace("T", " ")) for one in found.layers]
    screen.show(
        found,
        Table(f"Sources of {found.area}", ("source", "state", "read on", "note"), sources),
        Table("Steps", ("step", "state", "note"), steps),
        Table("Layers", ("layer", "rows", "written by", "written at"), layers),
        as_json=as_json,
    )
