# SPDX-License-Identifier: Apache-2.0
"""Difference magnitude, Otsu and mask in chunks on two threads.  usage: dask_mask.py BEFORE AFTER MASK"""
import sys

import dask
import dask.array as da
import numpy as np
import rasterio
from rasterio.windows import Window
from skimage.filters import threshold_otsu

before_path, after_path, out_path = sys.argv[1:4]
with rasterio.open(before_path) as source:
    height, width, profile = source.height, source.width, source.profile
ROWS = 512


def magnitude(y):
    window = Window(0, y, width, min(ROWS, height - y))
    with rasterio.open(before_path) as b, rasterio.open(after_path) as a:
        one, two = b.read(window=window), a.read(window=window)
    difference = two.astype("float32") - one.astype("float32")
    out = np.sqrt((difference**2).sum(axis=0))
    out[(one == 0).any(axis=0) | (two == 0).any(axis=0)] = np.nan
    return out


parts = [
    da.from_delayed(dask.delayed(magnitude)(y), (min(ROWS, height - y), width), "float32")
    for y in range(0, height, ROWS)
]
with dask.config.set(scheduler="threads", num_workers=2):
    score = da.concatenate(parts).compute()
cut = threshold_otsu(score[np.isfinite(score)])
profile.update(count=1, dtype="uint8", nodata=None, compress=None)
profile.pop("predictor", None)
with rasterio.open(out_path, "w", **profile) as out:
    out.write((score > cut).astype("uint8"), 1)
