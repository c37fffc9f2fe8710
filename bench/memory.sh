#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# G3 at size: a 10,980 x 10,980 x 4 uint16 DEFLATE pair with layers and rules inside --memory 1GB.
# usage: bench/memory.sh BIN_FOLDER WORK_FOLDER [SIZE]
set -euo pipefail
bin=$1
work=$2
size=${3:-10980}
limit=1000000000

scene=$work/scene-$size
if [ ! -f "$scene/job.yaml" ]; then
  echo "== generating $size x $size at 10 m in $scene"
  "$bin/tuban-scene" generate "$scene" --seed 7 --width "$size" --height "$size" --gsd 10
fi
report=$("$bin/tuban" detect --job "$scene/job.yaml" -o "$work/memory.gpkg" --overwrite --memory 1GB --json)
peak=$(sed -n 's/.*"peak_rss_bytes": *\([0-9]*\).*/\1/p' <<<"$report" | tail -n 1)
echo "$report"
echo "peak resident $peak bytes of $limit allowed"
[ "$peak" -le "$limit" ] || {
  echo "memory.sh: the promise of --memory 1GB was broken" >&2
  exit 1
}
