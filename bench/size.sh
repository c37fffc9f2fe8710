#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Time per pixel and peak memory as the raster grows: VRT mosaics that repeat the real blocks of the DEFLATE pair,
# --memory 1GB, 2 threads, no layers (they cover the first copy only).
# usage: bench/size.sh [--ten]     --ten: 10 Gpx too (once)
set -euo pipefail
source "$(dirname "$0")/common.sh"

folder=$(pair deflate)
block=512
side=$((BENCH_SIZE / block * block)) # whole blocks only, so that copies meet at block edges
transform=$(gdalinfo "$folder/before.tif" | awk -F'[(,)]' '/^Origin/ {x = $2; y = $3} /^Pixel Size/ {print x ", " $2 ", 0, " y ", 0, " $3}')

mosaic() { # NAME ACROSS DOWN SIDE: before and after
  local name=$1 across=$2 down=$3 part=$4 date band x y
  for date in before after; do
    {
      echo "<VRTDataset rasterXSize=\"$((across * part))\" rasterYSize=\"$((down * part))\">"
      echo "<SRS>EPSG:4526</SRS><GeoTransform>$transform</GeoTransform>"
      for band in 1 2 3 4; do
        echo "<VRTRasterBand dataType=\"UInt16\" band=\"$band\" blockXSize=\"$block\" blockYSize=\"$block\"><Description>$(sed -n "${band}p" <<<$'blue\ngreen\nred\nnir')</Description><NoDataValue>0</NoDataValue>"
        for ((y = 0; y < down; ++y)); do
          for ((x = 0; x < across; ++x)); do
            echo "<SimpleSource><SourceFilename relativeToVRT=\"0\">$folder/$date.tif</SourceFilename><SourceBand>$band</SourceBand><SourceProperties RasterXSize=\"$BENCH_SIZE\" RasterYSize=\"$BENCH_SIZE\" DataType=\"UInt16\" BlockXSize=\"$block\" BlockYSize=\"$block\"/><SrcRect xOff=\"0\" yOff=\"0\" xSize=\"$part\" ySize=\"$part\"/><DstRect xOff=\"$((x * part))\" yOff=\"$((y * part))\" xSize=\"$part\" ySize=\"$part\"/></SimpleSource>"
          done
        done
        echo "</VRTRasterBand>"
      done
      echo "</VRTDataset>"
    } >"$BENCH_OUT/$name-$date.vrt"
  done
}
chain() { # NAME
  echo "exec '$tuban' detect '$BENCH_OUT/$1-before.vrt' '$BENCH_OUT/$1-after.vrt' -o '$result' --overwrite --progress none --memory 1GB --threads 2"
}

machine
warm "$folder"/*.tif
mosaic quarter 1 1 $((side / 2 / block * block))
mosaic one 1 1 "$side"
mosaic four 2 2 "$side"
mosaic nine 3 3 "$side"
mosaic sixteen 4 4 "$side"
table=$BENCH_OUT/size.tsv
rm -f "$table"
gigapixels() { awk -v across="$1" -v part="$2" 'BEGIN {printf "%.4f Gpx", across * across * part * part / 1e9}'; }
race --title "raster size, DEFLATE, 2 threads, --memory 1GB" --tsv "$table" \
  "$(gigapixels 1 "$side")" "$(chain one)" "$(gigapixels 1 $((side / 2 / block * block)))" "$(chain quarter)" \
  "$(gigapixels 2 "$side")" "$(chain four)" "$(gigapixels 3 "$side")" "$(chain nine)" \
  "$(gigapixels 4 "$side")" "$(chain sixteen)"
if [ "${1:-}" = --ten ]; then
  mosaic ten 9 10 "$side"
  BENCH_RUNS=1 race --warm 0 --title "ten gigapixels, once" --tsv "$table" "$(gigapixels 1 "$side")" "$(chain one)" \
    "$(awk -v part="$side" 'BEGIN {printf "%.4f Gpx", 90 * part * part / 1e9}')" "$(chain ten)"
fi
printf '\n| size | ns per pixel | peak MB |\n|---|---|---|\n'
awk -F'\t' '{split($2, size, " "); printf "| %s | %.2f | %.0f |\n", $2, $3 / size[1], $5}' "$table"
