#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a user has today, on the same files, in one interleaved race. Peers that are not installed are named.
# usage: bench/peers.sh [none|deflate]... [--slow]   (default: none deflate; --slow adds ten IR-MAD iterations in numpy)
# Debian's python3 is used, since apt installs its packages for it; BENCH_PYTHON names another.
set -euo pipefail
source "$(dirname "$0")/common.sh"
python=${BENCH_PYTHON:-/usr/bin/python3}
here=$root/bench/peers
slow=
kinds=()
for word in "$@"; do
  case $word in
    --slow) slow=1 ;;
    none | deflate) kinds+=("$word") ;;
    *)
      echo "usage: bench/peers.sh [none|deflate]... [--slow]" >&2
      exit 2
      ;;
  esac
done
((${#kinds[@]})) || kinds=(none deflate)

missing=()
has_modules() { # PEER PACKAGES MODULE...
  local peer=$1 packages=$2 module
  shift 2
  for module in "$@"; do
    "$python" -c "import $module" 2>/dev/null && continue
    missing+=("$peer: not installed: apt install $packages")
    return 1
  done
}
has_programs() { # PEER PACKAGES PROGRAM...
  local peer=$1 packages=$2 program
  shift 2
  for program in "$@"; do
    command -v "$program" >/dev/null && continue
    missing+=("$peer: not installed: apt install $packages")
    return 1
  done
}

machine
for kind in "${kinds[@]}"; do
  folder=$(pair "$kind")
  warm "$folder"/*.tif
  work=$BENCH_OUT/peers
  rm -rf "$work"
  mkdir -p "$work"
  b="'$folder/before.tif'" a="'$folder/after.tif'" parcels="'$folder/layers.gpkg'"
  missing=()
  words=("tuban, whole chain" "$(detect "$folder" --threads 2)")
  arrays="python3-rasterio python3-skimage python3-scipy python3-geopandas python3-shapely python3-rtree"
  if has_modules "practitioner's script" "$arrays" rasterio skimage scipy geopandas shapely rtree; then
    words+=("practitioner's script" "rm -f '$work/p.gpkg'; exec '$python' '$here/practitioner.py' $b $a $parcels '$work/p.gpkg'")
  fi
  mask="'$python' '$here/dask_mask.py' $b $a '$work/mask.tif'"
  dask=
  if has_modules "dask, magnitude to mask" "python3-dask python3-rasterio python3-skimage" dask.array rasterio skimage; then
    dask=1
    words+=("dask, magnitude to mask" "exec $mask")
  fi
  if has_modules "OpenCV strips, read to area filter" "python3-opencv python3-rasterio" cv2 rasterio; then
    words+=("OpenCV strips, read to area filter" "exec '$python' '$here/opencv_strips.py' $b $a '$work/cv.tif'")
  fi
  gdal=
  if has_programs "GDAL tools" "gdal-bin python3-gdal" gdal_calc.py gdal_sieve.py gdal_polygonize.py; then
    gdal=1
    squares=
    inputs=
    letters=(A B C D E F G H)
    for band in 1 2 3 4; do
      one=${letters[band - 1]} two=${letters[band + 3]}
      inputs+=" -$one $b --${one}_band=$band -$two $a --${two}_band=$band"
      squares+="${squares:+ + }($one.astype(float32) - $two)**2"
    done
    words+=("gdal_calc, magnitude" "gdal_calc.py --quiet --overwrite $inputs --outfile '$work/calc.tif' --type Float32 --calc 'sqrt($squares)'")
  fi
  if [ -n "$dask" ] && [ -n "$gdal" ] && has_modules "best of every stage" "python3-fiona python3-shapely" fiona shapely; then
    words+=("best of every stage" "set -e; rm -f '$work'/*.gpkg; $mask; gdal_sieve.py -q -8 -st 50 '$work/mask.tif' '$work/sieved.tif'; gdal_polygonize.py -q '$work/sieved.tif' -mask '$work/sieved.tif' -8 -f GPKG '$work/polygons.gpkg' polygons; '$python' '$here/overlay_strtree.py' '$work/polygons.gpkg' $b $a $parcels '$work/result.gpkg'")
  fi
  if has_programs "Orfeo ToolBox" "otb-bin" otbcli_MultivariateAlterationDetector otbcli_BandMath; then
    words+=("OTB MultivariateAlterationDetector" "exec otbcli_MultivariateAlterationDetector -in1 $b -in2 $a -out '$work/mad.tif' float")
    terms=
    for band in 1 2 3 4; do terms+="${terms:+ + }(im1b$band - im2b$band)^2"; done
    words+=("OTB BandMath, magnitude" "exec otbcli_BandMath -il $b $a -out '$work/otb.tif' float -exp 'sqrt($terms)'")
  fi
  if [ -n "$slow" ] && has_modules "ten IR-MAD iterations in numpy" "python3-rasterio python3-scipy" rasterio scipy; then
    words+=("ten IR-MAD iterations in numpy" "exec '$python' '$here/irmad_numpy.py' $b $a '$work/irmad.tif'")
  fi
  race --title "peers, $kind (ratio: peer : tuban)" --pixels "$(pixels)" "${words[@]}"
  for line in "${missing[@]}"; do echo "$line"; done
  rm -rf "$work"
done
