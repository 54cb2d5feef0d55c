"""Power flow of low-voltage feeders with pandapower, to see whether the screening's plain volt drop holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from laep.errors import LaepError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from laep.models.network.lv import Feeder, Voltage

    Array = NDArray[np.float64]

SECTIONS = 5
"""Points along a feeder at which its load hangs. The drop at the last is that of an even load, to the second order."""
LINE_KV = 0.4
MADE = "pandapower"
LACKING = (
    "not made: pandapower is not installed (install laep with its extra, as in `pip install 'laep[lv]'`, and run again)"
)
DIVERGED = "not made: the power flow found no solution"


def available() -> bool:
    """Return whether pandapower can be imported."""
    try:
        import pandapower as _  # type: ignore[import-untyped]  # noqa: F401, PLC0415
    except ImportError:
        return False
    return True


def far_end(
    *,
    kw: Array,
    kvar: Array,
    mean_m: Array,
    source_v: Array,
    r_ohm_per_km: float,
    x_ohm_per_km: float,
    cable_kva: float,
) -> pd.DataFrame:
    """
    Send power along feeders, each a cable of one kind with its load spread evenly, and look at the far end.

    Parameters
    ----------
    kw, kvar : array, shape (feeders,)
        Three-phase load of each feeder, balanced; below zero for export. [kW, kvar]
    mean_m : array, shape (feeders,)
        Mean way from the transformer to the load: half the length. [m]
    source_v : array, shape (feeders,)
        Voltage at the transformer, phase to neutral. [V]
    r_ohm_per_km, x_ohm_per_km, cable_kva : float
        The cable. [ohm/km, ohm/km, kVA]

    Returns
    -------
    DataFrame
        `voltage_v` at the last load, phase to neutral [V], and `loading` of the first section [-].

    Raises
    ------
    LaepError
        When pandapower is not installed: check `available` first.
    """
    if not available():
        raise LaepError("A power flow of low-voltage feeders needs pandapower. Run `pip install 'laep[lv]'`.")
    import pandapower  # noqa: PLC0415

    net, buses = _network(pandapower, kw, kvar, mean_m, source_v, (r_ohm_per_km, x_ohm_per_km, cable_kva))
    if not _solved(pandapower, net):
        return pd.DataFrame({"voltage_v": np.full(len(kw), np.nan), "loading": np.full(len(kw), np.nan)})
    phase_v = net.res_bus["vm_pu"].to_numpy() * LINE_KV * 1000 / np.sqrt(3)
    volts = phase_v * np.exp(1j * np.radians(net.res_bus["va_degree"].to_numpy()))
    ohms = (r_ohm_per_km + 1j * x_ohm_per_km) * mean_m / SECTIONS / 1000
    amperes = np.abs(source_v - volts[buses[:, 0]]) / np.abs(ohms)
    return pd.DataFrame({"voltage_v": phase_v[buses[:, -1]], "loading": amperes * np.sqrt(3) * LINE_KV / cable_kva})


def check(rows: pd.DataFrame, *, feeder: Feeder, voltage: Voltage, power_factor: float) -> pd.DataFrame:
    """
    Return the rows of `lv.screen` with the power flow of all that they say could flow: the columns `flow_...`.

    Notes
    -----
    Each feeder carries an even share of the central capacity. For voltage that share is multiplied by the unbalance,
    as the worst phase would; loading is without it, and is the greater of the cable's and the transformer's.
    """
    if not available():
        return rows.assign(flow_voltage_v=np.nan, flow_loading=np.nan, flow_by=LACKING)
    demand = (rows["direction"] == "demand").to_numpy()
    sign = np.where(demand, 1.0, -1.0)
    share = rows["capacity_kw"].to_numpy(dtype="float64") / rows["feeders"].to_numpy(dtype="float64")
    kw = sign * share * feeder.unbalance[0]
    found = far_end(
        kw=kw,
        kvar=np.where(demand, kw * np.tan(np.arccos(power_factor)), 0.0),
        mean_m=rows["mean_m"].to_numpy(dtype="float64"),
        source_v=np.where(demand, voltage.at_peak[0], voltage.at_light_load[0]),
        r_ohm_per_km=feeder.r_ohm_per_km[0],
        x_ohm_per_km=feeder.x_ohm_per_km[0],
        cable_kva=feeder.cable_kva[0],
    )
    kva = rows["capacity_kw"].to_numpy(dtype="float64") / np.where(demand, power_factor, 1.0)
    loading = np.maximum(found["loading"] / feeder.unbalance[0], kva / rows["rating_kva"].to_numpy(dtype="float64"))
    solved = found["voltage_v"].notna().to_numpy()
    return rows.assign(
        flow_voltage_v=found["voltage_v"].to_numpy(),
        flow_loading=np.where(solved, loading, np.nan),
        flow_by=np.where(solved, MADE, DIVERGED),
    )


def notes(rows: pd.DataFrame, *, voltage: Voltage) -> tuple[str, ...]:
    """Return plain sentences on the power flow: who made it, on which feeders, and how it bears the screening out."""
    if not len(rows):
        return ()
    kinds = ", ".join(f"{what} ({count})" for what, count in rows["feeder"].value_counts().sort_index().items())
    made = rows[rows["flow_by"] == MADE]
    if made.empty:
        return (f"Power flow {rows['flow_by'].iloc[0]}.",)
    bound = made[made["binding"] == "voltage"]
    limit = np.where(bound["direction"] == "demand", voltage.lowest, voltage.highest)
    off = float(np.abs(bound["flow_voltage_v"] - limit).max()) if len(bound) else 0.0
    said = f"Power flow by {MADE} for {len(made)} of {len(rows)} rows. Feeders are {kinds}."
    return (said, f"Where voltage binds, the far end lies within {off:.1f} V of the limit.") if len(bound) else (said,)


def _network(
    pandapower: Any, kw: Array, kvar: Array, mean_m: Array, source_v: Array, cable: tuple[float, float, float]
) -> tuple[Any, NDArray[np.int_]]:
    """Return one network of all feeders, and the buses of each in order, shape (feeders, sections)."""
    r, x, kva = cable
    net = pandapower.create_empty_network()
    volts, of_volts = np.unique(source_v, return_inverse=True)
    slack = np.asarray(pandapower.create_buses(net, len(volts), vn_kv=LINE_KV))
    net.ext_grid = _sources(net.ext_grid, slack, volts * np.sqrt(3) / (LINE_KV * 1000))
    buses = np.asarray(pandapower.create_buses(net, len(kw) * SECTIONS, vn_kv=LINE_KV)).reshape(len(kw), SECTIONS)
    before = np.concatenate([slack[of_volts.reshape(-1)][:, None], buses[:, :-1]], axis=1)
    length = np.repeat((2 * mean_m / SECTIONS / 1000)[:, None], SECTIONS, axis=1)
    length[:, 0] /= 2  # the first load hangs half a step out, so that the mean way is half the length
    pandapower.create_lines_from_parameters(
        net, before.reshape(-1), buses.reshape(-1), length_km=length.reshape(-1), r_ohm_per_km=r, x_ohm_per_km=x,
        c_nf_per_km=0.0, max_i_ka=kva / np.sqrt(3) / LINE_KV / 1000,
    )  # fmt: skip
    each = np.repeat(np.stack([kw, kvar]) / SECTIONS / 1000, SECTIONS, axis=1)
    pandapower.create_loads(net, buses.reshape(-1), p_mw=each[0], q_mvar=each[1])
    return net, buses


def _solved(pandapower: Any, net: Any) -> bool:
    """Run the power flow and return whether it came to an end with a voltage everywhere."""
    try:
        pandapower.runpp(net, algorithm="nr", init="flat", numba=False)
    except pandapower.LoadflowNotConverged:
        return False
    except ValueError as error:
        # Having solved, pandapower up to 3.5 writes its tables of loads and lines in place, which pandas 3 forbids. The
        # voltages come first and are all that is read here.
        if "read-only" not in str(error):
            raise
    return bool(net.converged) and len(net.res_bus) == len(net.bus) and bool(net.res_bus["vm_pu"].notna().all())


def _sources(table: pd.DataFrame, buses: Any, vm_pu: Array) -> pd.DataFrame:
    """Return the table of sources, one a bus. pandapower 3.1 cannot add them one by one under pandas 3."""
    filled = pd.DataFrame(
        {"bus": buses, "vm_pu": vm_pu, "va_degree": 0.0, "slack_weight": 1.0, "in_service": True, "controllable": True}
    )
    whole = filled.reindex(columns=table.columns.union(filled.columns, sort=False))
    return whole.astype({name: kind for name, kind in table.dtypes.items() if name in filled.columns})
