#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What Python costs: tuban.detect() on NumPy arrays : the C++ API on the same memory.
# usage: bench/python.sh [THREADS]   (default 2; BENCH_PYTHON: the Python of the build, default python3 of the system)
set -euo pipefail
source "$(dirname "$0")/common.sh"
machine
folder=$(pair none)
for date in before after; do
  [ -f "$folder/$date.bip" ] || gdal_translate -q -of ENVI -co INTERLEAVE=BIP "$folder/$date.tif" "$folder/$date.bip"
done
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$BENCH_BIN/../python "${BENCH_PYTHON:-/usr/bin/python3}" -W ignore "$root/bench/arrays.py" \
  "$BENCH_BIN/tuban-arrays" "$folder" "$BENCH_RUNS" "${1:-2}"
