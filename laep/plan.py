"""
The plan of one area: the verbs of laep for notebooks, the command line and many areas alike.

Each verb returns a frame or one of the small frozen dataclasses in `laep.results`. Libraries are loaded by the verb
that needs them. Verbs that take long tell `on_event` what happens (see `laep.events`).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from laep.events import Event, Happened, unheard
from laep.results import (
    Assumed,
    ColumnInfo,
    Gathered,
    HostAsked,
    HourlyFile,
    LayerInfo,
    Layers,
    LayerStanding,
    Made,
    Published,
    Ran,
    SourceStanding,
    Status,
    StepRan,
    StepStanding,
    Written,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd

    from laep.answers import Answers
    from laep.area import Area
    from laep.assumptions import Assumption, Override
    from laep.desk.settings import Settings
    from laep.desk.store import HeadroomStore
    from laep.events import Listener
    from laep.ingest.net.fetch import Fetcher
    from laep.results import Checked, Sources, Story
    from laep.store import Store


class Where(TypedDict, total=False):
    """The ways to say where an area is, for `create`: exactly one of the first five, or a postcode alone."""

    boundary: Path | None
    code: str | None
    place: str | None
    at: str | None
    postcode: str | None
    where: str | None
    layer: str | None
    radius_m: float
    lookup: Path | None
    offline: bool
    into: Path


@dataclass(frozen=True)
class Plan:
    """
    The plan in one area folder.

    Attributes
    ----------
    folder : Path
        The area folder. laep.toml and answers.toml in it are read anew by each verb, so they may be edited in between.
    """

    folder: Path
    _stores: dict[Path, Store] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def area(self) -> Area:
        """Return what laep.toml says."""
        from laep.area import load

        return load(self.folder)

    @property
    def store(self) -> Store:
        """Return the area GeoPackage, opened once; raises `StoreInvalid` before the first `ingest`."""
        from laep.store import Store

        path = self.area.gpkg
        if path not in self._stores or not path.is_file():
            self._stores[path] = Store(path)
        return self._stores[path]

    def ingest(
        self,
        *names: str,
        files: tuple[Path | str, ...] = (),
        again: bool = False,
        offline: bool = False,
        on_event: Listener = unheard,
        on_bytes: Callable[[str, int, int | None], None] = lambda *_: None,
    ) -> Gathered:
        """
        Read sources into the area: those named, else all of the area that have changed.

        Parameters
        ----------
        names : str
            Sources to read; none means all that laep.toml names, and in a live area all that can be fetched for it.
        files : tuple of Path or str
            Files of the one source named; they are remembered in laep.toml.
        again : bool
            Read sources that have not changed, and ask for newer editions, as well.
        offline : bool
            Use files and what was fetched before.
        on_bytes : callable
            Told how far a download is: source, bytes so far, bytes in all or None.

        Raises
        ------
        SourceInvalid
            After all sources have been tried, with every fault in one message. What could be read is kept.
        """
        from laep.gather import gather

        heard: dict[Happened, dict[str, str]] = {}

        def hear(event: Event) -> None:
            heard.setdefault(event.happened, {})[event.name] = event.note
            on_event(event)

        def large(said: str) -> None:
            on_event(Event("", Happened.LARGE, said))

        fetcher = _fetcher(offline=offline, again=again, on_progress=on_bytes, on_large=large)
        given = gather.read(self.area, names, files=map(Path, files), again=again, fetcher=fetcher, on_event=hear)
        hosts = [HostAsked(host, t.requests, t.bytes / 1e6, t.waited_s) for host, t in fetcher.traffic.items()]
        return Gathered(
            read=tuple(gather.told(name, result) for name, result in given.items()),
            missed=heard.get(Happened.MISSED, {}),
            uncached=tuple(heard.get(Happened.UNCACHED, {})),
            locked=heard.get(Happened.LOCKED, {}),
            removed=tuple(heard.get(Happened.REMOVED, {})),
            hosts=tuple(sorted(hosts, key=lambda asked: -asked.megabytes)),
            outlines=self._has_outlines(),
        )

    def _has_outlines(self) -> bool:
        held = self.store.layers().get("in_building")
        return held is not None and held.rows > 0

    def remove(self, *names: str) -> Gathered:
        """Take sources out of the area: their rows, and their lines in laep.toml."""
        from laep.gather import gather

        for name in names:
            gather.remove(self.area, name)
        return Gathered(read=(), missed={}, uncached=(), locked={}, removed=names)

    def run(self, *, on_event: Listener = unheard) -> Ran:
        """Run every step whose inputs, assumptions or answers have changed."""
        from laep import pipeline, steps

        why: dict[str, str] = {}

        def hear(event: Event) -> None:
            if event.happened is Happened.BEGINS:
                why[event.name] = event.note
            on_event(event)

        happened = pipeline.run(self.area, self.store, steps.STEPS, on_event=hear)
        return Ran(tuple(StepRan(s.step.name, s.state, why.get(s.step.name, ""), s.reason) for s in happened))

    def report(self, *, on_event: Listener = unheard) -> Written:
        """
        Run what is stale and write the plan to report/index.html.

        Raises
        ------
        LaepError
            When a step failed; the plan is then written without what it makes.
        """
        from laep import publish
        from laep.errors import LaepError, MachineRefused, UserFault

        try:
            self.run(on_event=on_event)
        except (UserFault, MachineRefused):
            raise
        except LaepError as fault:
            page = publish.write(self.area, self.store)
            raise type(fault)(f"{fault}\nThe plan without it is in {page}.") from fault
        return Written(publish.write(self.area, self.store), self.folder, self._lacks())

    def publish(self, into: Path | str, *, on_event: Listener = unheard) -> Published:
        """
        Run what is stale, write the plan, and put a copy to share into a folder: the report, and layers without homes.

        The area GeoPackage as it lies holds homes: certificates, addresses, meters.
        """
        from laep import publish

        written, folder = self.report(on_event=on_event), Path(into)
        layers = publish.share(self.area, self.store, folder)
        left = sorted(set(self.store.layers()) - set(layers))
        return Published(folder / written.report.name, folder / self.area.gpkg.name, tuple(layers), tuple(left))

    def _lacks(self) -> tuple[str, ...]:
        """Return what data steps lacked, the one that stops most of them first."""
        from collections import Counter

        from laep import pipeline, steps

        outside = [one.reason for one in pipeline.skipped(self.store, steps.STEPS) if "`laep ingest " in one.reason]
        return tuple(reason for reason, _ in Counter(outside).most_common())

    def solar_by_hour(self, path: Path | str, *, on_event: Listener = unheard) -> HourlyFile:
        """Run what is stale and write the power of each suitable roof plane in every hour to a Parquet file. [kW]."""
        from laep import hourly

        self.run(on_event=on_event)
        return HourlyFile(Path(path), hourly.write(self.area, self.store, Path(path)))

    def status(self) -> Status:
        """Return how sources, steps and layers stand."""
        from laep import pipeline, steps
        from laep.gather import gather

        area, store = self.area, self.store
        read_at = store.provenance().set_index("source_id")["retrieved_at"].to_dict()
        return Status(
            area=area.name,
            sources=tuple(
                SourceStanding(s.name, s.state, read_at.get(s.name, "")[:10], s.reason)
                for s in gather.status(area, store)
            ),
            steps=tuple(
                StepStanding(s.step.name, s.state, s.reason) for s in pipeline.status(area, store, steps.STEPS)
            ),
            layers=tuple(LayerStanding(s.layer, s.rows, s.step, s.written_at) for s in store.layers().values()),
        )

    def layer(self, name: str) -> pd.DataFrame:
        """
        Return one layer, without what is private (see `schema.public`); one with geometry comes as a GeoDataFrame.

        Raises
        ------
        UserFault
            When there is no such layer; names the nearest.
        LayerMissing
            When the area does not hold it yet; says what writes it.
        """
        describe(name)
        return self.store.public(name)

    def layers(self) -> pd.DataFrame:
        """Return one row a layer the area holds: layer, rows, written_by, written_at."""
        return self.status().frame("layers")

    def figures(self) -> pd.DataFrame:
        """Return every figure of the report, by `figure_id`: value, low, high, unit, label, and where it comes from."""
        return self.layer("plan_figure").set_index("figure_id")

    def explain(self, what: str) -> Story:
        """Return where anything that has an id in the report comes from, or what the field guide says of it."""
        from laep import explain

        return explain.trace(self.area, self.store, what)

    def answers(self) -> Answers:
        """Return what residents and partners said, as answers.toml has it."""
        from laep import answers

        return answers.read(self.area.answers)

    def assumptions(self, search: str = "") -> Assumed:
        """Return the assumptions as they stand here: all, or those with every word of `search`."""
        return assumptions(search, overrides=self.area.overrides)

    def set_assumption(self, key: str, value: float | None, *, source: str = "", anyway: bool = False) -> Assumption:
        """Set one assumption, as `set_assumptions` does; return it as it now stands."""
        (standing,) = self.set_assumptions({key: value}, source=source, anyway=anyway).assumptions
        return standing

    def set_assumptions(
        self, changes: Mapping[str, float | None], *, source: str = "", anyway: bool = False
    ) -> Assumed:
        """
        Set assumptions for this area, all or none; return them as they now stand.

        Parameters
        ----------
        changes : mapping of str to float or None
            Key to value; None goes back to the value laep ships.
        source : str
            Where the values come from; the report names it.
        anyway : bool
            Take values far outside their range as well.

        Raises
        ------
        UserFault
            When there is no such assumption, or a value breaks the models or lies far outside its range; with every
            fault. Nothing is changed then.
        """
        from laep import area as areas
        from laep.assumptions import Assumptions, Override, shipped, unlikely
        from laep.errors import UserFault

        given = {key: value for key, value in changes.items() if value is not None}
        table = Assumptions({key: Override(value, source) if source else value for key, value in given.items()})
        standing = tuple(table[key] for key in changes)
        odd = [ask for key, value in given.items() if (ask := unlikely(shipped()[key], value))]
        if odd and not anyway:
            raise UserFault("\n".join(odd))
        areas.override(self.area, changes, source=source)
        return Assumed(standing)

    def sources(self) -> Sources:
        """Return every source laep can read, how much of each the area has, and whether it applies there."""
        from laep.gather import catalogue, obtain

        if not self.area.gpkg.is_file():
            return catalogue.listed()
        store = self.store
        return catalogue.listed(store, obtain.place_of(self.area, store) if store.has("in_boundary") else None)

    def headroom(self, *, postcodes: Path | None = None, **proposal: Any) -> Checked:
        """
        Return whether one proposal can connect here, where, until when, and what binds it.

        Parameters
        ----------
        proposal
            Fields of `laep.checked.Proposal`, as in `at="51.78,-1.37", generation_kw=250`.
        postcodes : Path, optional
            Code-Point Open, or a CSV of postcodes, where `at` is one.
        """
        from laep.checked import Proposal
        from laep.desk import check

        with self.desk() as (held, settings):
            return check.check(held, Proposal(**proposal), settings, postcode_file=postcodes)

    @contextmanager
    def desk(self) -> Iterator[tuple[HeadroomStore, Settings]]:
        """Yield the headroom store that the area's layers make, with the area's assumptions."""
        from laep.assumptions import Assumptions
        from laep.desk import settings
        from laep.desk.build import from_area

        with from_area(self.store) as held:
            yield held, settings.read(Assumptions(self.area.overrides))


def open_folder(folder: Path | str) -> Plan:
    """Return the plan in an area folder; raises `AreaInvalid` when it is none."""
    plan = Plan(Path(folder).resolve())
    plan.area  # noqa: B018 - a folder that is no area is refused now
    return plan


def found_in(folder: Path | str) -> Plan | None:
    """Return the plan in a folder, or None where the folder is no area."""
    from laep.area import TOML_NAME

    return open_folder(folder) if (Path(folder) / TOML_NAME).is_file() else None


def create(
    name: str,
    *,
    boundary: Path | None = None,
    code: str | None = None,
    place: str | None = None,
    at: str | None = None,
    postcode: str | None = None,
    where: str | None = None,
    layer: str | None = None,
    radius_m: float = 500.0,
    lookup: Path | None = None,
    offline: bool = False,
    into: Path = Path(),
) -> tuple[Plan, Made]:
    """
    Make the folder of a new area.

    Parameters
    ----------
    name : str
        Name of the area as people say it; the folder is named after it.
    boundary, code, place, at, postcode
        The place in one of these ways: a boundary file, an ONS code, the name of a parish, ward or district,
        "latitude,longitude", or a postcode. A postcode beside another way picks the climate region.
    where, layer
        Pick one feature, and one layer, of the boundary file.
    radius_m : float
        Metres round the point or postcode.
    lookup : Path, optional
        File to look a code, name or postcode up in, not the network.
    offline : bool
        Use no network, now or in `ingest`.
    into : Path
        Folder to make the area folder in.
    """
    from laep import init

    fetcher = _fetcher(offline=offline)
    found = init.find_place(
        boundary=boundary, where=where, layer=layer, code=code, place=place, postcode=postcode, at=at,
        radius_m=radius_m, lookup=lookup, fetcher=fetcher,
    )  # fmt: skip
    area = init.create(name, found, parent=into, postcode=postcode, live=not fetcher.offline)
    made = Made(area.folder, area.name, found.found_by, round(found.geometry.area / 1e4, 1))
    return Plan(area.folder), made


def demo(into: Path | str) -> Plan:
    """Make the area of the sample village inside a folder; nothing is read or run yet."""
    from laep import sample

    return Plan(sample.create(Path(into)).folder)


def assumptions(search: str = "", *, overrides: Mapping[str, float | Override] | None = None) -> Assumed:
    """
    Return the assumptions laep ships, under an area's own values.

    Raises
    ------
    UserFault
        When none holds every word of `search`.
    """
    from laep.assumptions import Assumptions
    from laep.errors import UserFault

    table = Assumptions(overrides)
    shown = tuple(table.search(search) if search else table)
    if not shown:
        raise UserFault(f"No assumption matches {search!r}. Run `laep assumptions` to see them all.")
    return Assumed(shown)


def describe(name: str | None = None) -> Layers:
    """
    Return what the schema says of every layer, or of one.

    Raises
    ------
    UserFault
        When there is no such layer; names the nearest.
    """
    from laep import pipeline, steps
    from laep.errors import UserFault
    from laep.hints import did_you_mean
    from laep.schema import LAYERS

    if name is not None and name not in LAYERS:
        raise UserFault(f"There is no layer {name!r}. {did_you_mean(name, LAYERS)}")
    return Layers(
        tuple(
            LayerInfo(
                layer=layer.name,
                geometry=layer.geometry or "table",
                written_by=", ".join(pipeline.writers(layer.name, steps.STEPS)),
                meaning=layer.meaning,
                key=layer.key,
                columns=tuple(ColumnInfo(c.name, c.type, c.unit, c.held_to, c.meaning) for c in layer.columns),
            )
            for layer in LAYERS.values()
            if name in (None, layer.name)
        )
    )


def fetcher(**more: Any) -> Fetcher:
    """Return what fetches over the network, or from the cache where laep is offline; options as those of `Fetcher`."""
    return _fetcher(offline=False, **more)


def _fetcher(*, offline: bool, **more: Any) -> Fetcher:
    from laep.ingest.net.fetch import Fetcher, offline_by_environment

    return Fetcher(offline=offline or offline_by_environment(), **more)
