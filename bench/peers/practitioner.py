# SPDX-License-Identifier: Apache-2.0
"""The script a practitioner writes: difference magnitude, Otsu, small objects out, polygons with attributes,
overlay with the parcels, GeoPackage.  usage: practitioner.py BEFORE AFTER PARCELS OUT"""
import sys

import geopandas as gpd
import numpy as np
import rasterio
from rasterio.features import shapes
from scipy import ndimage
from shapely.geometry import shape
from skimage.filters import threshold_otsu
from skimage.morphology import remove_small_objects

before_path, after_path, parcels_path, out_path = sys.argv[1:5]
with rasterio.open(before_path) as source:
    before = source.read().astype("float32")
    transform, crs, nodata = source.transform, source.crs, source.nodata
with rasterio.open(after_path) as source:
    after = source.read().astype("float32")
valid = (before != nodata).all(axis=0) & (after != nodata).all(axis=0)

magnitude = np.sqrt(((after - before) ** 2).sum(axis=0))
magnitude[~valid] = 0
mask = (magnitude > threshold_otsu(magnitude[valid])) & valid
mask = remove_small_objects(mask, min_size=50, connectivity=2)
labels, count = ndimage.label(mask, structure=np.ones((3, 3)))

# Mean of each band and date per patch: bincount, since ndimage.mean takes minutes.
flat = labels.ravel()
pixels = np.bincount(flat, minlength=count + 1)
columns = {"pixels": pixels[1:]}
for name, image in (("before", before), ("after", after)):
    for band in range(image.shape[0]):
        columns[f"{name}_{band + 1}"] = np.bincount(flat, image[band].ravel(), count + 1)[1:] / pixels[1:]
columns["score"] = np.bincount(flat, magnitude.ravel(), count + 1)[1:] / pixels[1:]

outlines = {}
for geometry, value in shapes(labels.astype("int32"), mask=mask, connectivity=8, transform=transform):
    outlines.setdefault(int(value), []).append(shape(geometry).buffer(0))
order = sorted(outlines)
patches = gpd.GeoDataFrame(
    {name: values[np.array(order) - 1] for name, values in columns.items()},
    geometry=[outlines[i][0] for i in order],
    crs=crs,
)
patches["area_m2"] = patches.area
patches["patch"] = order

parcels = gpd.read_file(parcels_path, layer="DLTB")
parcels = parcels.set_crs(crs, allow_override=True)
pieces = gpd.overlay(patches[["patch", "geometry"]], parcels[["DLBM", "geometry"]], how="intersection")
pieces["piece_m2"] = pieces.area
farmland = pieces[pieces["DLBM"].str.startswith("01")].groupby("patch")["piece_m2"].sum()
patches["farmland_m2"] = patches["patch"].map(farmland).fillna(0.0)
patches["suspected"] = patches["farmland_m2"] >= 200
patches.to_file(out_path, driver="GPKG")
print(len(patches), "patches,", int(patches["suspected"].sum()), "on farmland")
