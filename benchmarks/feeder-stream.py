"""A gigabyte of half-hourly feeder readings into typical days, beside other libraries reading the same."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from benchmarks import Figure
from benchmarks._peers import python_with

SUMMARY = "typical days of low-voltage feeders from 1 GB of half-hours, in one pass"
GIGABYTE, LIMIT_MIB = 1_000_000_000, 1024.0
FEEDERS_A_DAY = 20_000
SMALL = {"GIGABYTE": 10_000, "FEEDERS_A_DAY": 5}
PEAK = """
import json, re, sys, time
from pathlib import Path

def told(started, groups):
    peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text()).group(1)) / 1024
    print(json.dumps([time.perf_counter() - started, peak, groups]))
"""
OURS = (
    PEAK
    + """
from laep.ingest.dso.every import feeder_usage
from laep.ingest.source import Request
started = time.perf_counter()
found = feeder_usage.read(Request(files=(Path(sys.argv[1]),)))
told(started, len(found.layers["in_load_profile"]))
"""
)
_SQL = """
select dataset_id, month(t) m, case dayofweek(t) when 0 then 'sunday' when 6 then 'saturday' else 'weekday' end d,
    hour(t) * 2 + minute(t) // 30 p, count(*), avg(n), avg(w), stddev(w), min(w), max(w)
from (select dataset_id, data_collection_log_timestamp::timestamptz - interval 30 minute t,
    aggregated_device_count_active n, total_consumption_active_import / 500 w from read_csv('{path}'))
where w is not null group by all
"""
PEERS = {
    "duckdb": f"import duckdb\nstarted = time.perf_counter()\nquery = {_SQL!r}\n"
    "told(started, len(duckdb.sql(query.format(path=sys.argv[1])).fetchnumpy()['p']))\n",
    "polars": """
import polars as pl
started = time.perf_counter()
stamp = pl.col("data_collection_log_timestamp").str.to_datetime(time_zone="UTC").dt.offset_by("-30m")
stamp = stamp.dt.convert_time_zone("Europe/London")
wh = pl.col("total_consumption_active_import") / 500
found = (
    pl.scan_csv(sys.argv[1], schema_overrides={"dataset_id": pl.String}).filter(wh.is_not_null())
    .with_columns(m=stamp.dt.month(), d=pl.max_horizontal(stamp.dt.weekday() - 5, 0), w=wh,
        p=stamp.dt.hour().cast(pl.Int32) * 2 + stamp.dt.minute() // 30)
    .group_by("dataset_id", "m", "d", "p")
    .agg(pl.len().alias("n"), pl.col("w").mean(), pl.col("w").std().alias("s"), pl.col("w").min().alias("l"),
        pl.col("w").max().alias("h"), pl.col("aggregated_device_count_active").mean())
    .collect(engine="streaming")
)
told(started, len(found))
""",
}


def run() -> list[Figure]:
    """Return peak memory, and throughput over that of other libraries doing the same read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "usage.csv"
        size = _write(path)
        took, peak, groups = _timed(sys.executable, OURS, path)
        what = f"{groups:,} typical half-hours from {size / 1e9:.2f} GB"
        figures = [
            Figure(
                name="peak memory of the whole process", value=peak, unit="MiB", target=LIMIT_MIB, sense="at most",
                ours=f"{what}, {size / took / 1e6:.0f} MB/s", ours_value=peak, peer="the file itself",
                peer_value=size / 2**20, runs_unit="MiB",
            )
        ]  # fmt: skip
        for module, code in PEERS.items():
            python = python_with(module)
            if python is None:
                continue
            peer_took, peer_peak, peer_groups = _timed(python, PEAK + code, path)
            figures.append(
                Figure(
                    name=f"throughput, over that of {module}", value=peer_took / took, unit="x", target=0.3,
                    sense="at least", ours=f"{what}, {peak:.0f} MiB", ours_value=took,
                    peer=f"{peer_groups:,} groups by {module}, {peer_peak:.0f} MiB", peer_value=peer_took,
                )
            )  # fmt: skip
        return figures


def _timed(python: str, code: str, path: Path) -> tuple[float, float, int]:
    done = subprocess.run([python, "-c", code, str(path)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    took, peak, groups = json.loads(done.stdout.splitlines()[-1])
    return took, peak, groups


def _write(path: Path) -> int:
    """Write days of readings in SSEN's layout until the file is a gigabyte; return its size in bytes."""
    rng = np.random.default_rng(11)
    feeder = np.repeat(np.arange(FEEDERS_A_DAY), 48)
    ids = np.char.zfill(feeder.astype(str), 12)
    day, minutes = 0, np.tile(np.arange(1, 49) * 30, FEEDERS_A_DAY)
    with path.open("wb") as file:
        while file.tell() < GIGABYTE:
            stamp = np.datetime64("2024-02-12T00:00") + np.timedelta64(day, "D") + minutes.astype("timedelta64[m]")
            wh = rng.gamma(4, 900, len(feeder)).round()
            text = np.char.add(np.datetime_as_string(stamp, unit="s"), ".000Z")
            columns = {
                "dataset_id": ids, "dno_name": ["Scottish and Southern Electricity Networks"] * len(feeder),
                "dno_alias": ["SSEN"] * len(feeder),
                "secondary_substation_id": np.char.zfill((feeder // 4 % 999).astype(str), 3),
                "secondary_substation_name": ["A STREET"] * len(feeder),
                "lv_feeder_id": np.char.zfill((feeder % 4).astype(str), 2),
                "lv_feeder_name": [""] * len(feeder), "substation_geo_location": [""] * len(feeder),
                "aggregated_device_count_active": rng.integers(5, 60, len(feeder)).astype(float),
                "primary_consumption_active_import": wh, "secondary_consumption_active_import": [""] * len(feeder),
                "total_consumption_active_import": pa.array(wh, mask=rng.random(len(feeder)) < 0.02),
                "aggregated_device_count_reactive": wh // 20, "total_consumption_reactive_import": wh // 9,
                "data_collection_log_timestamp": text, "insert_time": text, "last_modified_time": text,
            }  # fmt: skip
            pacsv.write_csv(pa.table(columns), file, pacsv.WriteOptions(include_header=day == 0, quoting_style="none"))
            day += 1
        return file.tell()
