# SPDX-License-Identifier: Apache-2.0
"""tuban.detect() on NumPy arrays against tuban-arrays, the C++ API, on the same pages of memory: run in turns, each
round begun by the other one. usage: arrays.py TUBAN_ARRAYS FOLDER RUNS THREADS"""
import gc
import os
import statistics
import subprocess
import sys
import time

import numpy as np
import rasterio
import tuban

program, folder, runs, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
with rasterio.open(f"{folder}/before.tif") as file:
    width, height, crs, transform = file.width, file.height, file.crs.to_wkt(), file.transform.to_gdal()
layers = f"{folder}/layers.yaml"
arrays = [np.memmap(f"{folder}/{side}.bip", np.uint16, "r", shape=(height, width, 4)).transpose(2, 0, 1)
          for side in ("before", "after")]
host = subprocess.Popen([program, *(f"{folder}/{side}.bip" for side in ("before", "after")), str(width), str(height), crs,
                         *map(repr, transform), layers, threads], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def cpp():
    host.stdin.write("\n")
    host.stdin.flush()
    wall, cpu, patches = host.stdout.readline().split()
    return float(wall), float(cpu), int(patches)


def python():
    gc.collect()
    start, used = time.perf_counter(), os.times()
    result = tuban.detect(*arrays, crs=crs, transform=transform, nodata=0, bands=["blue", "green", "red", "nir"],
                          before_date="2023-05-18", after_date="2023-10-12", layers=layers, threads=threads)
    wall, now = time.perf_counter() - start, os.times()
    return wall, now.user + now.system - used.user - used.system, len(result)


cpp(), python()
rounds = []
for number in range(runs):
    pair = [python(), cpp()] if number % 2 else [cpp(), python()][::-1]
    if pair[0][2] != pair[1][2]:
        sys.exit(f"arrays.py: {pair[0][2]} patches by Python, {pair[1][2]} by C++")
    rounds.append(pair)
host.stdin.close()
host.wait()
print(f"{width} x {height} x 4 uint16 in memory, {rounds[0][0][2]} patches, layers and rules, {threads} threads, {runs} rounds; "
      f"load {os.getloadavg()[0]:.1f}")
for place, what in ((0, "wall"), (1, "CPU")):
    times = [statistics.median(pair[side][place] for pair in rounds) for side in (0, 1)]
    ratio = statistics.median(pair[0][place] / pair[1][place] for pair in rounds)
    print(f"{what}: Python {times[0]:.3f} s, C++ {times[1]:.3f} s, ratio {ratio:.3f} (to be at most 1.05)")
