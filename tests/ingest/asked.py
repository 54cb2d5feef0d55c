"""A request as the area makes it: layers and options told apart by their names."""

from laep.ingest.source import Request


def asked(files, clip=None, **told):
    """Return a request for files; what is told under the name of a layer is a layer, the rest are options."""
    layers = {name: value for name, value in told.items() if name.startswith("in_")}
    options = {name: value for name, value in told.items() if name not in layers}
    return Request(files=tuple(files), clip=clip, layers=layers, options=options)
