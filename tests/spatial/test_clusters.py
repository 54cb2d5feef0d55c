"""Neighbouring homes that are alike make one cluster; others, far ones and too many do not."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from laep.spatial import clusters


def row(count, x0=0.0, y=0.0, *, form="semi", gap=12.0):
    x = x0 + np.arange(count) * gap
    return gpd.GeoDataFrame(
        {"x": x + 4, "y": y + 4.0, "form": form, "homes": 1.0}, geometry=shapely.box(x, y, x + 8, y + 8), crs=27700
    )


def number(frame, street="A", **limits):
    streets = pd.Series(street, index=frame.index, dtype="string")
    plot = clusters.plots(frame, frame["homes"])
    return clusters.cluster(frame, streets, plot, **{"reach_m": 60.0, "most_homes": 100.0, **limits})


def joined(*frames):
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=27700)


def test_a_row_of_like_homes_is_one_cluster():
    assert set(number(row(20))) == {0}


def test_homes_of_another_form_and_homes_far_off_are_others():
    frame = joined(row(12), row(12, y=40.0, form="flat"), row(12, y=900.0))
    found = number(frame)
    assert [len(set(found[at : at + 12])) for at in (0, 12, 24)] == [1, 1, 1]
    assert len(set(found)) == 3


def test_no_cluster_holds_more_homes_than_it_may():
    found = number(row(40), most_homes=15.0)
    assert np.bincount(found).max() <= 15


def test_a_few_odd_homes_join_their_neighbours_and_a_lone_one_stays():
    frame = joined(row(12), row(2, x0=150.0, form="detached"), row(1, y=700.0))
    found = number(frame)
    assert found[12] == found[0]
    assert found[14] != found[0]


def test_land_is_what_lies_nearest_less_the_footprint():
    plot = clusters.plots(row(9), pd.Series(1.0, index=range(9)))
    assert plot.iloc[4] == plot.iloc[3]
    assert (plot > 0).all()


def test_each_outline_holds_its_own_homes():
    frame = joined(row(6), row(6, y=500.0))
    found = number(frame)
    shapes = clusters.outlines(frame, found)
    assert shapely.covers(shapes[found], frame.geometry.to_numpy()).all()
    assert not shapely.intersects(shapes[0], shapes[1])


def test_the_nearest_named_street():
    roads = gpd.GeoDataFrame(
        {"kind": ["road", "road", "path"], "name": ["Mill Lane", None, "Towpath"]},
        geometry=[shapely.LineString([(0, 20), (100, 20)]), shapely.LineString([(0, 9), (100, 9)]),
                  shapely.LineString([(0, 10), (100, 10)])], crs=27700,
    )  # fmt: skip
    assert set(clusters.street_of(row(3), roads)) == {"Mill Lane"}
    assert clusters.street_of(row(3), roads.iloc[1:]).isna().all()
