"""The few ways laep can fail. `cli` turns `UserFault` into exit code 2, anything else into 1."""


class LaepError(Exception):
    """Base of every error laep raises on purpose. The message says what, where, and what to type next."""


class UserFault(LaepError):
    """Something the user gave is wrong and the user can mend it (exit code 2)."""


class AreaInvalid(UserFault):
    """The area folder, `laep.toml` or `answers.toml` cannot be used as it stands."""


class SourceInvalid(UserFault):
    """A source file is missing, empty, of another kind, or lacks a column laep needs."""


class OutsideArea(SourceInvalid):
    """A source file can be read, and has nothing near the area."""


class FetchFailed(SourceInvalid):
    """A publisher's server could not be reached, refused, or sent something other than the data."""


class NotCached(FetchFailed):
    """Something is to be fetched, and laep is offline and has no copy of it."""


class LayerMissing(UserFault):
    """A step or command needs a layer that the area GeoPackage does not hold."""


class StoreInvalid(UserFault):
    """The GeoPackage is not laep's, is damaged, or was made by a newer laep."""


class SchemaBroken(LaepError):
    """A step produced a frame that breaks `schema.LAYERS`: our fault, not the user's (exit code 1)."""


class ValuesBroken(SchemaBroken):
    """Values that a layer does not take: of a step our fault, of a source what its file holds (see `ingest`)."""


class MachineRefused(LaepError):
    """The computer will not do it, as where the disk is full: nobody's fault, and nothing to type (exit code 1)."""


class Unforeseen(LaepError):
    """Something that nobody foresaw stopped a source, a step or a command: our fault (exit code 1)."""
