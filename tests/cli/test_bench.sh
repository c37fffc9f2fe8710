#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_bench.sh BENCH_FOLDER BIN_FOLDER: the instruments measure what they say, and say when they cannot.
set -euo pipefail
bench=$1
export BENCH_BIN=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export BENCH_OUT=$work/out BENCH_SIZE=300 BENCH_RUNS=1

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# Medians and ratios of a race, per label, in turns.
"$BENCH_BIN/tuban-race" --runs 3 --warm 1 --title turns --tsv "$work/t.tsv" one "echo 1 >>$work/order" two "echo 2 >>$work/order; sleep 0.2" >"$work/table"
[ "$(sort "$work/order" | uniq -c | tr -s ' \n' ' ')" = " 4 1 4 2 " ] || fail "each command runs once a round"
[ "$(tr -d '\n' <"$work/order")" = 12211221 ] || fail "rounds begin with another command in turn"
awk -F'\t' '$2 == "two" && $6 > 1 {found = 1} END {exit !found}' "$work/t.tsv" || fail "the slower one has a ratio above 1"
grep -q '^| two | ' "$work/table" || fail "the table has Markdown lines"
if "$BENCH_BIN/tuban-race" --runs 1 broken 'echo why; exit 3' 2>"$work/error"; then fail "a failing command fails the race"; fi
grep -q 'broken.*failed' "$work/error" && grep -q why "$work/error" || fail "the race says which command failed and why"

# The floor reads what is there, and says what is not.
if "$BENCH_BIN/tuban-floor" "$work/nothing.tif" 2>/dev/null; then fail "a missing raster is an error"; fi

# The pairs of a benchmark hold the same pixels, whatever their compression.
bash -c "source '$bench/common.sh'; pair zstd; pair deflate" >"$work/folders" 2>/dev/null
for folder in none deflate zstd; do
  "$BENCH_BIN/tuban-floor" "$BENCH_OUT/pair-300/$folder/before.tif" >/dev/null
  gdalinfo -checksum "$BENCH_OUT/pair-300/$folder/after.tif" | grep Checksum >"$work/$folder.sums"
done
cmp "$work/none.sums" "$work/deflate.sums" && cmp "$work/none.sums" "$work/zstd.sums" || fail "recompressed pairs differ"
"$BENCH_BIN/tuban-stages" "$BENCH_OUT/pair-300/none/job.yaml" -o "$BENCH_OUT/memory.gpkg" --bare --from-memory --threads 1,2 --runs 1 >"$work/stages"
grep -q '^scan ' "$work/stages" && grep -q '^whole ' "$work/stages" || fail "stages are told one by one"
"$bench/compare" "$BENCH_BIN/.." "$BENCH_BIN/tuban" "$BENCH_OUT/pair-300/none/job.yaml" >"$work/compare" 2>&1 || fail "$(cat "$work/compare")"
grep -q '^| B | ' "$work/compare" || fail "compare tells both builds"
if "$bench/compare" "$work" "$work" 2>/dev/null; then fail "compare refuses what is no build"; fi

# A prefecture's overlay; peers that are not here are named with what installs them.
BENCH_PYTHON=/nothing BENCH_PG_BIN=/nothing "$bench/overlay.sh" 0.002 >"$work/overlay" 2>"$work/said" || fail "$(tail "$work/said")"
grep -q '^| tuban mark' "$work/overlay" || fail "the overlay is timed"
grep -q 'shapely 2.*pip install' "$work/overlay" && grep -q 'PostGIS: not installed: apt install' "$work/overlay" || fail "missing peers are named"
echo ok
