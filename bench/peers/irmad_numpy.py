# SPDX-License-Identifier: Apache-2.0
"""Ten IR-MAD iterations in numpy, the whole image in memory.  usage: irmad_numpy.py BEFORE AFTER OUT"""
import sys

import numpy as np
import rasterio
from scipy import linalg, stats

before_path, after_path, out_path = sys.argv[1:4]
with rasterio.open(before_path) as source:
    one = source.read().reshape(source.count, -1)
    profile = source.profile
with rasterio.open(after_path) as source:
    two = source.read().reshape(source.count, -1)
valid = (one != 0).all(axis=0) & (two != 0).all(axis=0)
x, y = one[:, valid].astype("float32"), two[:, valid].astype("float32")
bands = x.shape[0]
weights = np.ones(x.shape[1], "float32")
for _ in range(10):
    both = np.vstack([x, y])
    mean = (both * weights).sum(axis=1) / weights.sum()
    both -= mean[:, None].astype("float32")
    cov = ((both * weights) @ both.T).astype("float64") / weights.sum()
    s11, s12, s22 = cov[:bands, :bands], cov[:bands, bands:], cov[bands:, bands:]
    squares, a = linalg.eigh(s12 @ np.linalg.solve(s22, s12.T), s11)
    rho = np.sqrt(np.clip(squares, 0, 1))
    b = np.linalg.solve(s22, s12.T) @ a / np.maximum(rho, 1e-9)
    variates = a.T.astype("float32") @ both[:bands] - b.T.astype("float32") @ both[bands:]
    chi = (variates**2 / (2 * (1 - rho))[:, None].astype("float32")).sum(axis=0)
    weights = stats.chi2.sf(chi, bands).astype("float32")
out = np.zeros(one.shape[1], "float32")
out[valid] = chi
profile.update(count=1, dtype="float32", nodata=None, compress=None)
profile.pop("predictor", None)
with rasterio.open(out_path, "w", **profile) as target:
    target.write(out.reshape(profile["height"], profile["width"]), 1)
