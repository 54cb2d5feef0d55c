"""A server on this computer that speaks the portals' protocols, faults included; no test goes any further."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tempfile
import threading
import time
import zipfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from laep.ingest.net.arcgis import ArcGis
from laep.ingest.net.cache import Cache
from laep.ingest.net.fetch import Fetcher
from laep.ingest.net.ogc import Wcs, Wfs
from laep.ingest.net.overpass import Overpass
from laep.ingest.net.ways import ByNation, ByOperator, Daily, Download, FirstOf, Several

KEY = "MARKER-4f1d9c-SECRET"
LONGEST_S = 5.0


def fetcher_in(folder, **more):
    """Return a fetcher with a cache of its own that neither waits nor tries for long."""
    kinder = {
        "offline": False,
        "pause_s": 0.0,
        "backoff_s": 0.01,
        "attempts": 3,
        "timeout_s": (2.0, 2.0),
        "patience_s": 5.0,
    }
    return Fetcher(cache=Cache(folder), **{**kinder, **more})


@dataclass
class Asked:
    method: str
    path: str
    query: dict
    headers: dict
    body: str


@dataclass
class Answer:
    """What the server sends: `cut` bytes of the body and no more, after `delay_s` seconds."""

    body: bytes = b""
    status: int = 200
    headers: dict = field(default_factory=dict)
    cut: int | None = None
    delay_s: float = 0.0


def as_json(value, status=200, **headers):
    return Answer(json.dumps(value).encode(), status, {"Content-Type": "application/json", **headers})


class LiveServer:
    """Answers by path; a list of answers is given one by one, its last for ever. `asked` is what came in."""

    def __init__(self):
        self.answers = {}
        self.asked = []
        self.seen = Counter()
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = LONGEST_S

            def log_message(self, *_):
                pass

            def do_GET(self):
                outer.handle(self, "")

            def do_HEAD(self):
                outer.handle(self, "")

            def do_POST(self):
                length = int(self.headers.get("Content-Length") or 0)
                outer.handle(self, self.rfile.read(length).decode())

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.httpd.daemon_threads = True
        self.thread = threading.Thread(target=self.httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.httpd.server_address[1]}"

    def close(self):
        self.httpd.shutdown()
        self.httpd.server_close()
        self.thread.join(LONGEST_S)

    def on(self, path, answer):
        self.answers[path] = answer
        return f"{self.url}{path}"

    def paths(self):
        return [asked.path for asked in self.asked]

    def handle(self, handler, body):
        parts = urlsplit(handler.path)
        asked = Asked(handler.command, parts.path, dict(parse_qsl(parts.query)), dict(handler.headers), body)
        asked.raw_query = parts.query
        with self.lock:
            self.asked.append(asked)
            turn = self.seen[parts.path]
            self.seen[parts.path] += 1
        answer = self.answers.get(parts.path)
        if isinstance(answer, list):
            answer = answer[min(turn, len(answer) - 1)]
        if callable(answer):
            answer = answer(asked)
        send(handler, answer or Answer(b"not here", 404))


def send(handler, answer):
    if answer.delay_s:
        time.sleep(min(answer.delay_s, LONGEST_S))
    sent = answer.body if answer.cut is None else answer.body[: answer.cut]
    try:
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        if answer.status != 304:
            handler.send_header("Content-Length", str(len(answer.body)))
        handler.end_headers()
        if answer.status != 304 and handler.command != "HEAD":
            handler.wfile.write(sent)
        if answer.cut is not None:
            handler.close_connection = True
    except (BrokenPipeError, ConnectionResetError):
        handler.close_connection = True


@contextmanager
def running():
    server = LiveServer()
    try:
        yield server
    finally:
        server.close()


def static(content, etag='"v1"', *, cuts=(), ranges=True):
    """Answer like a file server: ETag, 304, and Range with If-Range; the first answers are cut after `cuts` bytes."""
    left = list(cuts)

    def answer(asked):
        headers = {"ETag": etag, "Accept-Ranges": "bytes"}
        if asked.headers.get("If-None-Match") == etag:
            return Answer(b"", 304, headers)
        cut = left.pop(0) if left else None
        start = asked.headers.get("Range", "").removeprefix("bytes=").removesuffix("-")
        if ranges and start.isdigit() and asked.headers.get("If-Range") == etag:
            part = content[int(start) :]
            if not part:
                return Answer(b"", 416, headers)
            span = f"bytes {start}-{len(content) - 1}/{len(content)}"
            return Answer(part, 206, {**headers, "Content-Range": span}, cut)
        return Answer(content, 200, headers, cut)

    return answer


def gzipped(content):
    return Answer(gzip.compress(content), 200, {"Content-Encoding": "gzip"})


def zipped(members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def point(longitude, latitude, **properties):
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
    }


def square(west, south, east, north, **properties):
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


# --- Opendatasoft


def ods(server, dataset, rows, *, header="id,name", needs_key=False, visible=True, hidden=False, licence="CC BY 4.0"):
    """Serve a dataset; `hidden` gives those without a key the header alone, `needs_key` refuses them outright."""
    base = f"/api/explore/v2.1/catalog/datasets/{dataset}"

    def denied(asked):
        told = f"You don't have permission, not with {asked.headers.get('Authorization')}"
        return as_json({"error_code": "ForbiddenAccess", "message": told}, 403)

    def known(asked):
        return asked.headers.get("Authorization") == f"Apikey {KEY}"

    def about(_):
        metas = {"default": {"records_count": len(rows), "license": licence, "modified": "2026-05-01T10:00:00+00:00"}}
        return as_json({"dataset_id": dataset, "data_visible": visible, "metas": metas, "fields": []})

    def shown(asked):
        if needs_key and not known(asked):
            return None
        return [] if hidden and not known(asked) else rows

    def export(asked):
        held = shown(asked)
        if held is None:
            return denied(asked)
        held = [] if "nowhere" in asked.query.get("where", "") else held
        if asked.path.endswith("geojson"):
            return as_json({"type": "FeatureCollection", "features": [point(-1.4, 51.8, name=row) for row in held]})
        return Answer("\n".join([header, *held, ""]).encode(), headers={"Content-Type": "text/csv"})

    def records(asked):
        held = shown(asked)
        return (
            denied(asked)
            if held is None
            else as_json({"total_count": len(rows), "results": [{"id": r} for r in held[:1]]})
        )

    server.on(base, about)
    server.on(f"{base}/exports/csv", export)
    server.on(f"{base}/exports/geojson", export)
    server.on(f"{base}/records", records)
    return base


def ods_attachments(server, dataset, files):
    base = f"/api/explore/v2.1/catalog/datasets/{dataset}/attachments"
    listed = [{"href": f"https://elsewhere.example/{name}", "metas": {"id": name, "title": name}} for name in files]
    server.on(base, as_json({"links": [], "attachments": listed}))
    for name, content in files.items():
        server.on(f"{base}/{name}", Answer(content))


# --- CKAN


def ckan(server, package, files, *, refuse=False, redacted=(), listing=False, rights="Open licence"):
    """Serve a package of `files`, name -> (changed, content)."""
    resources = []
    for name, (changed, content) in files.items():
        path = f"/dataset/{package}/resource/{hashlib.md5(name.encode()).hexdigest()}/download/{name}"
        server.on(path, Answer(content))
        url = "redacted" if name in redacted else f"{server.url}{path}"
        resources.append({"name": name.rpartition(".")[0], "url": url, "path": url, "last_modified": changed})
    if refuse:
        answer = as_json({"success": False, "error": {"message": "Access denied: Resource access restricted"}})
    else:
        answer = as_json({"success": True, "result": {"name": package, "rights": rights, "resources": resources}})
    server.on("/api/3/action/package_show", answer)
    if listing:
        server.on(f"/dataset/{package}/datapackage.json", as_json({"name": package, "resources": resources}))


# --- Overpass

OSM = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6" generator="test">
 <node id="1" lat="51.7800" lon="-1.3800"/><node id="2" lat="51.7800" lon="-1.3798"/>
 <node id="3" lat="51.7801" lon="-1.3798"/><node id="4" lat="51.7801" lon="-1.3800"/>
 <way id="10"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/><tag k="building" v="house"/></way>
</osm>
"""
OSM_REMARK = OSM.replace("</osm>", "<remark>runtime error: Query timed out in query at line 1</remark>\n</osm>")


# --- ArcGIS


def arcgis(server, service, features, *, page=2, fields=(), id_field="FID", kinds=("layers",)):
    """Serve one feature service with `where`, paging and a services listing."""
    root = "/arcgis/rest/services"
    layer = f"{root}/{service}/FeatureServer/0"
    server.services = sorted({*getattr(server, "services", ()), service})
    server.on(
        root, lambda _: as_json({"services": [{"name": name, "type": "FeatureServer"} for name in server.services]})
    )
    listed = {kind: [{"id": 0, "name": service}] for kind in kinds}
    server.on(f"{root}/{service}/FeatureServer", as_json({"layers": [], "tables": [], **listed}))
    about = {"maxRecordCount": page, "objectIdField": id_field, "fields": [{"name": name} for name in fields]}
    server.on(layer, as_json(about))

    def query(asked):
        held = [each for each in features if _matches(each["properties"], asked.query["where"])]
        if asked.query["f"] == "json":
            return as_json({"features": [{"attributes": each["properties"]} for each in held]})
        start = int(asked.query["resultOffset"])
        part = held[start : start + int(asked.query["resultRecordCount"])]
        more = start + len(part) < len(held)
        return as_json({"type": "FeatureCollection", "features": part, "properties": {"exceededTransferLimit": more}})

    server.on(f"{layer}/query", query)
    return f"{server.url}{root}"


def _matches(properties, where):
    if where == "1=1":
        return True
    left, sign, right = where.replace("UPPER(", "").replace(")", "").split(" ", 2)
    value, wanted = str(properties.get(left)).upper(), right.strip("'").replace("''", "'").upper()
    return wanted.strip("%") in value if sign == "LIKE" else value == wanted


# --- OGC


def wfs(server, features, path="/wfs", *, most=1000, counted=True, pages=True):
    """Serve features, `most` at once; `counted` says how many there are, and without `pages` startIndex is refused."""

    def answer(asked):
        if asked.query.get("startIndex") and not pages:
            return Answer(EXCEPTION)
        west, south, east, north = (float(number) for number in asked.query["bbox"].split(",")[:4])
        held = [each for each in features if _in_box(each, west, south, east, north)]
        start, count = int(asked.query.get("startIndex", 0)), min(int(asked.query["count"]), most)
        told = {"numberMatched": len(held)} if counted else {}
        return as_json({"type": "FeatureCollection", "features": held[start : start + count], **told})

    return server.on(path, answer)


def _in_box(feature, west, south, east, north):
    """Return whether a feature lies in a box of the National Grid; one without `at` lies everywhere."""
    at = feature["properties"].get("at")
    return at is None or (west <= at[0] <= east and south <= at[1] <= north)


EXCEPTION = b"""<?xml version="1.0"?><ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1">
<ows:Exception exceptionCode="InvalidParameterValue"><ows:ExceptionText>Unknown layer</ows:ExceptionText></ows:Exception>
</ows:ExceptionReport>"""

CAPABILITIES = b"""<?xml version="1.0"?><wcs:Capabilities xmlns:wcs="http://www.opengis.net/wcs/2.0"><wcs:Contents>
<wcs:CoverageSummary><wcs:CoverageId>abc__Elevation_FZ_DSM_1m</wcs:CoverageId></wcs:CoverageSummary>
<wcs:CoverageSummary><wcs:CoverageId>abc__Hillshade</wcs:CoverageId></wcs:CoverageSummary>
</wcs:Contents></wcs:Capabilities>"""


def wcs(server, path="/wcs", *, height_m=50.0, cell_m=100.0, sea_to=0):
    """Serve coverages, compressed when asked to be; boxes west of `sea_to` are refused as the Environment Agency's are."""
    import numpy as np
    from rasterio.io import MemoryFile
    from rasterio.transform import from_origin

    def answer(asked):
        if asked.query["request"] == "GetCapabilities":
            return Answer(CAPABILITIES, headers={"Content-Type": "text/xml"})
        (west, east), (south, north) = (
            map(int, value[2:-1].split(",")) for key, value in parse_qsl(asked.raw_query) if key == "subset"
        )
        if west < sea_to:
            return as_json({"message": "outside the coverage"}, 500)
        side = cell_m / float(asked.query.get("SCALEFACTOR", 1.0))
        shape = int((north - south) / side), int((east - west) / side)
        packed = {"compress": "deflate"} if asked.query.get("geotiff:compression") == "Deflate" else {}
        with MemoryFile() as memory:
            with memory.open(
                driver="GTiff", height=shape[0], width=shape[1], count=1, dtype="float32", crs="EPSG:27700",
                transform=from_origin(west, north, side, side), **packed,
            ) as raster:  # fmt: skip
                raster.write(np.full((1, *shape), height_m, dtype="float32"))
            return Answer(memory.read(), headers={"Content-Type": "image/tiff"})

    return server.on(path, answer)


# --- planning.data.gov.uk


def planning(server, entities, *, gone=(), status=422):
    """Serve entities by dataset, name -> features; a question that names one that is `gone` is refused whole."""

    def answer(asked):
        names = [value for key, value in parse_qsl(asked.raw_query) if key == "dataset"]
        for name in names:
            if name in gone:
                told = [{"loc": ["query", "dataset"], "msg": f"{name} is no dataset", "type": "value_error"}]
                return as_json({"detail": told}, status)
        held = [each for name in names for each in entities.get(name, [])]
        start, count = int(asked.query["offset"]), int(asked.query["limit"])
        return as_json({"type": "FeatureCollection", "features": held[start : start + count]})

    server.on("/entity.geojson", answer)


# --- PVGIS


def pvgis(server, years):
    import pandas as pd

    def answer(_):
        hours = pd.date_range(f"{years[0]}-01-01 00:10", f"{years[1]}-12-31 23:10", freq="h")
        day = (hours.hour >= 8) & (hours.hour <= 16)
        rows = [
            {"time": f"{h:%Y%m%d:%H%M}", "Gb(i)": 100.0 * d, "Gd(i)": 80.0 * d, "Gr(i)": 0.0, "H_sun": 20.0 * d,
             "T2m": 10.0, "WS10m": 3.0, "Int": 0.0}
            for h, d in zip(hours, day.astype(float), strict=True)
        ]  # fmt: skip
        fixed = {"slope": {"value": 0, "optimal": False}, "azimuth": {"value": 0, "optimal": False}}
        inputs = {
            "location": {"latitude": 51.8, "longitude": -1.4, "elevation": 70.0},
            "meteo_data": {"radiation_db": "PVGIS-SARAH3"},
            "mounting_system": {"fixed": {**fixed, "type": "free-standing"}},
        }
        return as_json({"inputs": inputs, "outputs": {"hourly": rows}, "meta": {"inputs": {}}})

    server.on("/seriescalc", answer)


# --- addresses that stay the same, or change with the day


def daily(server, files, path="/register{:%Y%m%d}.csv"):
    """Serve a file under each day of `files`, day -> content; other days are not there."""
    for day, content in files.items():
        server.on(path.format(day), static(content))
    return f"{server.url}{path}"


def census(server, tables):
    """Serve the zips of census tables, table -> header and rows, each with a file by LSOA and one by Output Area."""
    for table, content in tables.items():
        members = {f"census2021-{table}-lsoa.csv": content, f"census2021-{table}-oa.csv": "not,asked\n"}
        server.on(f"/census2021-{table}.zip", static(zipped(members)))


def bulk(prefix, answers):
    names = ["date", "geography", "geography code", *(f"{prefix}{answer}" for answer in answers)]
    quoted = ",".join(f'"{name}"' for name in names)
    return f"{quoted}\n2021,West Oxfordshire 007A,E01028513," + ",".join(["7"] * len(answers)) + "\n"


# --- Ordnance Survey


def shapefile(frame, name):
    """Return the parts of a shapefile as they stand in a product's zip, path -> content."""
    with tempfile.TemporaryDirectory() as folder:
        frame.to_file(f"{folder}/{name}.shp")
        return {f"OS product/data/{part.name}": part.read_bytes() for part in Path(folder).iterdir()}


def os_downloads(server, product, zips, *, md5=None, size=None, form="CSV"):
    """Serve a product's downloads, area -> zip content."""
    listed = []
    for area, content in zips.items():
        path = f"/files/{product}_{area}.zip"
        server.on(path, static(content))
        listed.append({
            "md5": md5 or hashlib.md5(content).hexdigest(), "size": size or len(content), "url": f"{server.url}{path}",
            "format": form, "area": area, "fileName": f"{product}_{area}.zip",
        })  # fmt: skip
    server.on(f"/products/{product}/downloads", as_json(listed))


# --- GOV.UK


def govuk(server, page, files, updated="2026-08-03T09:30:00+01:00"):
    """Describe a publication as the content interface does, and serve its files, name -> content."""
    held = [
        {"title": name.rpartition(".")[0].replace("_", " "), "url": server.on(f"/media/{name}", static(content)), "content_type": "text/csv"}
        for name, content in files.items()
    ]  # fmt: skip
    server.on(f"/api/content/{page}", as_json({"public_updated_at": updated, "details": {"attachments": held}}))


# --- every way a source can have


def moved(way, server):
    """Return a way that asks the server in place of its host."""
    if isinstance(way, Several | FirstOf):
        return type(way)(ways=tuple(moved(each, server) for each in way.ways))
    if isinstance(way, ByNation):
        return ByNation(**{nation: moved(each, server) for nation, each in vars(way).items() if each})
    if isinstance(way, ByOperator):
        return ByOperator(ways=tuple((operator, moved(each, server)) for operator, each in way.ways))
    if isinstance(way, ArcGis):
        return replace(way, services=f"{server.url}/arcgis/rest/services")
    if isinstance(way, Overpass):
        return replace(way, hosts=(server.url,))
    if isinstance(way, Wfs):
        return replace(way, url=f"{server.url}/wfs")
    if isinstance(way, Wcs):
        return replace(way, url=f"{server.url}/wcs", coverage=r"FZ_DSM_1m$")
    if isinstance(way, Download | Daily):
        return replace(way, url=f"{server.url}/{way.url.rpartition('/')[2]}")
    return replace(way, host=server.url)
