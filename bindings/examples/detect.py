# SPDX-License-Identifier: Apache-2.0
# python detect.py FOLDER [PICTURE.png]: the demo pair of `./run demo` or `tuban-scene generate FOLDER`, from arrays.
# The cells run in a notebook as they are.

# %% Two dates as arrays; any source of arrays will do.
import sys
from pathlib import Path

import rasterio
import tuban

folder = Path(sys.argv[1])
with rasterio.open(folder / "before.tif") as before, rasterio.open(folder / "after.tif") as after:
    dates = before.read(), after.read()
    where = {"transform": before.transform, "crs": before.crs}

# %% What changed between them, and which rules it meets.
result = tuban.detect(
    *dates,
    bands=["blue", "green", "red", "nir"],
    before_date="2023-05-18",
    after_date="2023-10-12",
    layers=folder / "layers.yaml",
    mask=True,
    progress=True,
    **where,
)
print(result)

# %% The patches to look at first.
first = sorted(result.features, key=lambda feature: feature["properties"]["rank"])[:5]
for feature in first:
    row = feature["properties"]
    print(f"{row['rank']:3} {row['severity'] or '-':2} {row['area_m2']:9.0f} m2  {row['change_type']}  {row['marks']}")

# %% A picture, where matplotlib is installed.
if len(sys.argv) > 2:
    try:
        import matplotlib
    except ImportError:
        sys.exit("no picture: matplotlib is not installed")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plot

    left, width, _, top, _, height = result.transform
    rows, columns = result.mask.shape
    extent = (left, left + columns * width, top + rows * height, top)
    figure, axes = plot.subplots(1, 2, figsize=(12, 6), sharex=True, sharey=True)
    for axis, image in zip(axes, dates):
        axis.imshow((image[[2, 1, 0]].transpose(1, 2, 0) / 4000).clip(0, 1), extent=extent)
        for feature in result.features:
            for polygon in feature["geometry"]["coordinates"]:
                for ring in polygon:
                    axis.plot(*zip(*ring), color="red", linewidth=1)
    figure.savefig(sys.argv[2], dpi=100)
