"""Layers that came from outside: the place itself, what stands on it, what limits it, its weather and heights."""

from __future__ import annotations

from laep.schema.columns import SOURCE, Layer, amount, count, flag, number, share, text, year
from laep.schema.vocabulary import LAND_KINDS, PLACE_KINDS, USE_BASES, USES

GROUND = (
    Layer(
        "in_boundary",
        "The area this plan is about",
        ("area_id",),
        (
            text("area_id", "Short name of the area", required=True),
            text("name", "Name as the publisher writes it"),
            text("code", "ONS or other code, where the boundary has one"),
            text("found_by", "How the place was given: file, code, name, or a radius round a point", required=True),
            SOURCE,
        ),
        "MultiPolygon",
    ),
    Layer(
        "in_building",
        "Building footprints inside the boundary",
        ("building_id",),
        (
            text("building_id", "Id in the source, made unique", required=True),
            text("use", "Use class", among=USES, required=True),
            text(
                "use_basis",
                "What the use class rests on",
                among=USE_BASES,
                required=True,
            ),
            text("use_by", "Source whose word the use class is, where several tell of the building"),
            text("use_told", "Use class as the source that draws the building has it", among=USES),
            text("use_told_basis", "What that rests on", among=USE_BASES),
            text("name", "Name, where the source has one"),
            text("postcode", "Postcode, where the source has one"),
            count("homes", "Homes in the building as the source states; missing when it does not", unit="homes"),
            amount("storeys", "storeys", "Storeys above ground, where the source has them"),
            amount("height_m", "m", "Height above ground, where the source has it", most=1_000, usual=(0, 200)),
            amount("footprint_m2", "m2", "Footprint area", most=1e7, usual=(0, 200_000), required=True),
            SOURCE,
        ),
        "MultiPolygon",
    ),
    Layer(
        "in_building_use",
        "What a source tells of the use of buildings that another source draws",
        ("building_id", "source_id"),
        (
            text("building_id", "Id as in `in_building`", required=True),
            text("use", "Use class by the words of its file", among=USES, required=True),
            SOURCE,
        ),
    ),
    Layer(
        "in_place",
        "Places people meet, learn, trade and worship, as points",
        ("place_id",),
        (
            text("place_id", "Id in the source", required=True),
            text("kind", "Kind of place", among=PLACE_KINDS, required=True),
            text("name", "Name"),
            text("operator", "Who runs it, where the source says"),
            SOURCE,
        ),
        "Point",
    ),
    Layer(
        "in_land",
        "Land that could hold an asset, or limits where one could go, as areas",
        ("land_id",),
        (
            text("land_id", "Id in the source", required=True),
            text("kind", "Kind of land", among=LAND_KINDS, required=True),
            text("name", "Name"),
            text("operator", "Owner or operator, where the source says"),
            amount("area_m2", "m2", "Area of the whole parcel", required=True),
            SOURCE,
        ),
        "MultiPolygon",
    ),
    Layer(
        "in_road",
        "Streets, paths, rivers and canals in and round the area: what cables follow, and what they cannot cross",
        ("road_id",),
        (
            text("road_id", "Id in the source", required=True),
            text("kind", "What it is", among=("road", "path", "waterway"), required=True),
            text("sort", "What the source calls it, such as residential or river"),
            text("name", "Name"),
            flag("bridge", "True on a bridge"),
            flag("tunnel", "True in a tunnel or culvert"),
            SOURCE,
        ),
        "MultiLineString",
    ),
    Layer(
        "in_constraint",
        "Designations that limit what can be built: landscapes, habitats, flood, heritage",
        ("constraint_id",),
        (
            text("constraint_id", "Id in the source", required=True),
            text("kind", "Dataset name of the designation, such as conservation-area", required=True),
            text("name", "Name"),
            SOURCE,
        ),
        "MultiPolygon",
    ),
    Layer(
        "in_weather",
        "A typical year of hourly weather for the area",
        ("hour",),
        (
            count("hour", "Hour of the year; 0 starts 1 January 00:00 UTC", unit="h", most=8759, required=True),
            amount("ghi_w_m2", "W/m2", "Global horizontal irradiance, mean over the hour", required=True),
            amount("dni_w_m2", "W/m2", "Direct normal irradiance, mean over the hour", required=True),
            amount("dhi_w_m2", "W/m2", "Diffuse horizontal irradiance, mean over the hour", required=True),
            number("temp_air_c", "degC", "Air temperature", least=-60, most=60, required=True),
            amount("wind_speed_m_s", "m/s", "Wind speed at 10 m", required=True),
            SOURCE,
        ),
    ),
    Layer(
        "in_weather_year",
        "Sunshine of each year, where the weather file holds several",
        ("year",),
        (
            year("Calendar year", required=True),
            amount("light_kwh_m2", "kWh/m2", "Light of the year on the plane of the file", required=True),
            SOURCE,
        ),
    ),
    Layer(
        "in_elevation",
        "Elevation rasters on this computer and the ground they cover",
        ("path",),
        (
            text("path", "Where the raster is, from the area folder on when it is near", required=True),
            text("kind", "Tops of things (dsm) or bare ground (dtm)", among=("dsm", "dtm"), required=True),
            text("crs", "Coordinate system of the raster", required=True),
            amount("resolution_m", "m", "Cell size", most=10_000, usual=(0.1, 50), required=True),
            share("valid_share", "Share of cells inside the boundary that hold a value", required=True),
            text("survey_date", "Survey date, where known"),
            text("sha256", "Hash of the file", required=True),
            SOURCE,
        ),
        "MultiPolygon",
    ),
)
