#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# pipeline.sh BEFORE AFTER LAYERS.yaml PATCHES.gpkg MARKED.csv: patches through pipes, with no file of Tuban's between.
set -euo pipefail # or a run that failed would look like one without patches
before=$1 after=$2 layers=$3 patches=$4 marked=$5

# In the scene's CRS, in the order of Tuban's own results.
tuban detect "$before" "$after" --layers "$layers" -o /vsistdout/ --of FlatGeobuf --lco SPATIAL_INDEX=NO |
  ogr2ogr -f GPKG "$patches" /vsistdin/

# Patches that exist, marked again, one line each, and of those the ones with a mark.
tuban mark "$patches" --layers "$layers" -o /vsistdout/ --of GeoJSONSeq -q |
  ogr2ogr -f CSV /vsistdout/ /vsistdin/ -select patch_id,lon,lat,area_m2,marks,severity -where "marks <> ''" >"$marked"
