#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Reading alone: GDAL against the reader chosen automatically, in one process, interleaved.
# usage: bench/read.sh [THREADS]   (default 2)
set -euo pipefail
source "$(dirname "$0")/common.sh"
machine
for kind in none deflate zstd; do
  folder=$(pair "$kind")
  warm "$folder"/*.tif
  printf '\n== reading both images, %s, %s threads\n' "$kind" "${1:-2}"
  "$BENCH_BIN/tuban_read" "${1:-2}" "$BENCH_RUNS" "$folder/before.tif" "$folder/after.tif"
done
