# SPDX-License-Identifier: Apache-2.0
"""Patches with zonal means, overlaid with the parcels by an STRtree.
usage: overlay_strtree.py POLYGONS.gpkg BEFORE AFTER PARCELS OUT"""
import sys

import fiona
import numpy as np
import rasterio
from rasterio.features import rasterize
from shapely.geometry import shape
from shapely.strtree import STRtree

polygons_path, before_path, after_path, parcels_path, out_path = sys.argv[1:6]
with fiona.open(polygons_path) as source:
    patches = [g for g in (shape(f["geometry"]).buffer(0) for f in source) if g.area >= 200]
    crs = source.crs
with fiona.open(parcels_path, layer="DLTB") as source:
    parcels, codes = [], {}
    for feature in source:
        geometry = shape(feature["geometry"])
        parcels.append(geometry)
        codes[id(geometry)] = feature["properties"]["DLBM"]
tree = STRtree(parcels)

count = len(patches)
means = []
with rasterio.open(before_path) as source:
    burned = rasterize(((g, i + 1) for i, g in enumerate(patches)), (source.height, source.width), transform=source.transform, dtype="int32")
inside = np.flatnonzero(burned)
labels = burned.ravel()[inside]
pixels = np.maximum(np.bincount(labels, minlength=count + 1), 1)
for path in (before_path, after_path):
    with rasterio.open(path) as source:
        for band in range(1, source.count + 1):
            means.append(np.bincount(labels, source.read(band).ravel()[inside], count + 1) / pixels)

schema = {
    "geometry": "Unknown",
    "properties": {"area_m2": "float", "farmland_m2": "float", **{f"mean_{i}": "float" for i in range(len(means))}},
}
with fiona.open(out_path, "w", driver="GPKG", crs=crs, schema=schema) as out:
    rows = []
    for number, patch in enumerate(patches, 1):
        farmland = sum(patch.intersection(p).area for p in tree.query(patch) if codes[id(p)].startswith("01"))
        rows.append(
            {
                "geometry": patch.__geo_interface__,
                "properties": {
                    "area_m2": patch.area,
                    "farmland_m2": farmland,
                    **{f"mean_{i}": float(mean[number]) for i, mean in enumerate(means)},
                },
            }
        )
    out.writerecords(rows)
print(count, "patches")
