#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The whole chain on the standard pair, each table one interleaved race.
# usage: bench/scene.sh [chain|stages|threads|compute|tiles|density]...   (default: all)
set -euo pipefail
source "$(dirname "$0")/common.sh"

# Whole chain : decode floor, by compression, 2 threads.
chain() {
  local kind folder
  for kind in none deflate zstd; do
    folder=$(pair "$kind")
    warm "$folder"/*.tif
    echo "$kind: $(count_of "$folder")"
    race --title "whole chain : GDAL decode, $kind, 2 threads" --pixels "$(pixels)" \
      "GDAL decode of both images" "$(floor "$folder" 2)" "tuban, whole chain" "$(detect "$folder" --threads 2)" \
      "tuban, pixels to polygons" "$(detect "$folder" --threads 2 | sed "s/ --layers '[^']*'//")"
  done
}

# Where the time of the whole chain goes.
stages() {
  local kind folder
  for kind in none deflate; do
    folder=$(pair "$kind")
    printf '\n== stages, %s\n' "$kind"
    "$BENCH_BIN/tuban-stages" "$folder/job.yaml" -o "$result" --threads 2 --runs "$BENCH_RUNS"
  done
}

# What the second thread gains, of the chain and of decoding alone.
threads() {
  local folder
  folder=$(pair deflate)
  warm "$folder"/*.tif
  race --title "1 : 2 threads, DEFLATE" "decode, 2 threads" "$(floor "$folder" 2)" "decode, 1 thread" \
    "$(floor "$folder" 1)" "chain, 2 threads" "$(detect "$folder" --threads 2)" "chain, 1 thread" \
    "$(detect "$folder" --threads 1)" --tsv "$BENCH_OUT/threads.tsv.new"
  awk -F'\t' '{wall[$2] = $3} END {
    decode = wall["decode, 1 thread"] / wall["decode, 2 threads"]
    chain = wall["chain, 1 thread"] / wall["chain, 2 threads"]
    printf "gain of the second thread: decode %.2f, chain %.2f, chain : decode %.2f\n", decode, chain, chain / decode
  }' "$BENCH_OUT/threads.tsv.new"
  rm "$BENCH_OUT/threads.tsv.new"
}

# The same without any decoding: pixels in memory.
compute() {
  local folder
  folder=$(pair none)
  printf '\n== 1 : 2 threads, pixels in memory\n'
  "$BENCH_BIN/tuban-stages" "$folder/job.yaml" -o "$result" --bare --from-memory --threads 1,2 --runs "$BENCH_RUNS"
}

# Storage blocks, strips, and the size of the computing tiles.
tiles() {
  local base kind folder words=() size
  base=$(pair none)
  for kind in 256 1024 strips; do
    folder=$(dirname "$base")/deflate-$kind
    recompress "$base" "$folder" DEFLATE "$kind"
    warm "$folder"/*.tif
    race --title "storage blocks $kind, DEFLATE" "GDAL decode" "$(floor "$folder" 2)" "tuban, whole chain" \
      "$(detect "$folder" --threads 2)"
  done
  for size in 512 256 128 1024 2048; do words+=("tile $size" "$(detect "$base" --threads 2 --tile "$size")"); done
  race --title "computing tiles, uncompressed" "${words[@]}"
}

# More and more patches on the same ground: none, ten times fewer, the standard, crops as they change in a year.
density() {
  local base words=() folder changes
  base=$BENCH_OUT/pair-$BENCH_SIZE
  words=("standard" "$(detect "$(pair none)" --threads 2)")
  for changes in 0 10; do
    folder=$base/none-changes-$changes
    paint "$folder" $((changes * $(standard_changes) / 100))
    words+=("changes $changes %" "$(detect "$folder" --threads 2)")
  done
  paint "$base/none-crops" "$(standard_changes)" --phenology 1 --restless 1 --shift 0.3
  words+=("a year of crops, 0.3 px shift" "$(detect "$base/none-crops" --threads 2)")
  for folder in "$base/none" "$base"/none-changes-{0,10} "$base/none-crops"; do
    echo "$(basename "$folder"): $(count_of "$folder")"
  done
  race --title "patch densities, uncompressed" --pixels "$(pixels)" "${words[@]}"
}

machine
[ $# -gt 0 ] || set -- chain stages threads compute tiles density
for what in "$@"; do
  case $what in
    chain | stages | threads | compute | tiles | density) "$what" ;;
    *)
      echo "usage: bench/scene.sh [chain|stages|threads|compute|tiles|density]..." >&2
      exit 2
      ;;
  esac
done
