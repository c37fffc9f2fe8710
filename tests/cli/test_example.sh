#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The embedding example and the command line give the same patches on the same job.
set -euo pipefail
example=$1 tuban=$2 scene=$3 dump=$4
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$scene" generate "$folder/s" --seed 3 --width 640 --height 600 >/dev/null
"$example" "$folder/s/before.tif" "$folder/s/after.tif" "$folder/s/layers.yaml" "$folder/a.gpkg"
"$tuban" detect "$folder/s/before.tif" "$folder/s/after.tif" --layers "$folder/s/layers.yaml" -o "$folder/b.gpkg" -q
cmp <("$dump" "$folder/a.gpkg" | grep -v "$folder") <("$dump" "$folder/b.gpkg" | grep -v "$folder")
if "$example" "$folder/none.tif" "$folder/s/after.tif" "$folder/s/layers.yaml" "$folder/c.gpkg" 2>"$folder/err"; then
  echo "a missing file was accepted" >&2
  exit 1
fi
grep -q "none.tif" "$folder/err"
