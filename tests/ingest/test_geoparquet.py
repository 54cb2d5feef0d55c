"""A window of a GeoParquet file is what a full read cut to the same box would be, whatever the file has to go by."""

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laep.ingest.read import geoparquet

RNG = np.random.default_rng(7)
CORNERS = RNG.uniform(0, 1000, (400, 2)).round(2)
SHAPES = shapely.box(*CORNERS.T, *(CORNERS + 5).T)
FRAME = gpd.GeoDataFrame({"id": [str(i) for i in range(400)], "height": CORNERS[:, 0]}, geometry=SHAPES, crs=27700)


@pytest.fixture(scope="module", params=["covering", "plain", "overture"])
def path(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("parquet") / f"{request.param}.parquet"
    if request.param == "overture":
        return as_overture(FRAME, path)
    FRAME.to_parquet(path, write_covering_bbox=request.param == "covering", row_group_size=50)
    return path


def as_overture(frame, path):
    """Write boxes in a structure that the footer does not name, names in a structure, and lists, as Overture does."""
    plain = path.with_name("before.parquet")
    frame.to_parquet(plain)
    table = pq.read_table(plain)
    boxes = [
        dict(zip(("xmin", "xmax", "ymin", "ymax"), (b[0], b[2], b[1], b[3]), strict=True))
        for b in frame.bounds.to_numpy()
    ]
    names = [{"primary": f"House {i}", "rules": [{"value": "x"}]} for i in range(len(frame))]
    table = table.append_column("bbox", pa.array(boxes)).append_column("names", pa.array(names))
    table = table.append_column("sources", pa.array([["OpenStreetMap"]] * len(frame)))
    pq.write_table(table, path, row_group_size=50)
    return path


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(x=st.floats(-50, 1000), y=st.floats(-50, 1000), wide=st.floats(0, 600), high=st.floats(0, 600))
def test_a_window_is_the_full_read_cut(path, x, y, wide, high):
    opened = geoparquet.open_file(path)
    box = (x, y, x + wide, y + high)
    got = geoparquet.read(opened, bbox=box)
    meets = FRAME[shapely.intersects(FRAME.geometry.to_numpy(), shapely.box(*box))]
    assert got["id"].tolist() == meets["id"].tolist()
    assert got.crs.to_epsg() == 27700
    assert shapely.equals(got.geometry.to_numpy(), meets.geometry.to_numpy()).all()


def test_only_row_groups_near_the_box_are_read(tmp_path):
    sorted_frame = FRAME.iloc[np.argsort(CORNERS[:, 0])]
    sorted_frame.to_parquet(tmp_path / "a.parquet", write_covering_bbox=True, row_group_size=50)
    opened = geoparquet.open_file(tmp_path / "a.parquet")
    assert geoparquet._near_groups(opened, (0, 0, 10, 1000)) == [0]
    assert geoparquet._near_groups(opened, None) == list(range(8))
    assert geoparquet._near_groups(opened, (5000, 0, 5001, 1)) == []
    assert geoparquet.read(opened, bbox=(5000, 0, 5001, 1)).empty


def test_structures_become_plain_columns_and_lists_are_left_out(tmp_path):
    opened = geoparquet.open_file(as_overture(FRAME, tmp_path / "o.parquet"))
    got = geoparquet.read(opened, max_rows=3)
    assert list(got.columns) == ["id", "height", "names.primary", "geometry"]
    assert got["names.primary"].tolist() == ["House 0", "House 1", "House 2"]
    assert list(geoparquet.read(opened, columns=["id"]).columns) == ["id", "geometry"]


def test_no_coordinate_system_named_is_longitude_and_latitude(tmp_path):
    FRAME.to_parquet(tmp_path / "a.parquet")
    table = pq.read_table(tmp_path / "a.parquet")
    about = table.schema.metadata[b"geo"].decode()
    start, end = about.index('"crs":'), about.index('"geometry_types"')
    table = table.replace_schema_metadata({b"geo": (about[:start] + about[end:]).encode()})
    pq.write_table(table, tmp_path / "b.parquet")
    assert geoparquet.open_file(tmp_path / "b.parquet").crs.is_geographic


def test_not_geoparquet(tmp_path):
    FRAME.drop(columns="geometry").to_parquet(tmp_path / "plain.parquet")
    (tmp_path / "text.parquet").write_text("not parquet at all")
    FRAME.to_parquet(tmp_path / "arrow.parquet", geometry_encoding="geoarrow")
    for name, words in (("plain", "no geometry column"), ("text", "arquet"), ("arrow", "not as WKB")):
        with pytest.raises(geoparquet.NotGeoParquet, match=words):
            geoparquet.open_file(tmp_path / f"{name}.parquet")
