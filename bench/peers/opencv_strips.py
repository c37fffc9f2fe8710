# SPDX-License-Identifier: Apache-2.0
"""Read in strips, magnitude, Otsu, label and area filter with OpenCV.  usage: opencv_strips.py BEFORE AFTER MASK"""
import sys

import cv2
import numpy as np
import rasterio
from rasterio.windows import Window

before_path, after_path, out_path = sys.argv[1:4]
with rasterio.open(before_path) as b, rasterio.open(after_path) as a:
    height, width, profile = b.height, b.width, b.profile
    score = np.empty((height, width), "float32")
    for y in range(0, height, 512):
        window = Window(0, y, width, min(512, height - y))
        one, two = b.read(window=window), a.read(window=window)
        total = np.zeros(one.shape[1:], "float32")
        for band in range(one.shape[0]):
            difference = cv2.subtract(two[band], one[band], dtype=cv2.CV_32F)
            total = cv2.accumulateSquare(difference, total)
        total[(one[0] == 0) | (two[0] == 0)] = 0
        score[y : y + total.shape[0]] = cv2.sqrt(total)
scaled = cv2.convertScaleAbs(score, alpha=255.0 / float(np.percentile(score[::16, ::16], 99.9)))
_, mask = cv2.threshold(scaled, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
_, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
keep = (stats[:, cv2.CC_STAT_AREA] >= 50).astype("uint8")
keep[0] = 0
profile.update(count=1, dtype="uint8", nodata=None, compress=None)
profile.pop("predictor", None)
with rasterio.open(out_path, "w", **profile) as out:
    out.write(keep[labels], 1)
