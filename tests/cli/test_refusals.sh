#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_refusals.sh TUBAN SCENE: whatever is wrong with the inputs, one sentence on stderr names it, the exit code
# says whose matter it is, and nothing is left beside the output.
set -uo pipefail
tuban=$(realpath "$1") scene=$(realpath "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
unset TUBAN_THREADS TUBAN_MEMORY
failures=0

wrong() {
  echo "FAILED: tuban ${arguments[*]}: $*"
  sed 's/^/  out: /' out | head -5
  sed 's/^/  err: /' err | head -5
  failures=$((failures + 1))
}

run() {
  arguments=("$@")
  "$tuban" "$@" >out 2>err </dev/null
  code=$?
  grep -v '^tuban: warning: ' err >sentences
}

# refuses CODE TEXT ARGUMENTS...
refuses() {
  local expected=$1 text=$2
  shift 2
  run "$@"
  [ $code = "$expected" ] || wrong "exit code $code, expected $expected"
  [ ! -s out ] || wrong "something on stdout"
  [ "$(wc -l <sentences)" = 1 ] || wrong "not exactly one sentence on stderr"
  grep -q '^tuban: ' sentences || wrong "the sentence does not begin with tuban:"
  grep -qF -- "$text" sentences || wrong "the sentence lacks: $text"
  [ -z "$(ls -A results)" ] || wrong "results/ holds $(ls -A results)"
  rm -rf results/* results/.[!.]*
}

# says TEXT ARGUMENTS...: exit code 0 and TEXT on stdout or in a warning.
says() {
  local text=$1
  shift
  run "$@"
  [ $code = 0 ] || wrong "exit code $code"
  [ ! -s sentences ] || wrong "something on stderr"
  grep -qF -- "$text" out err || wrong "neither stdout nor a warning says: $text"
  rm -rf results/*
}

detect() { # CODE TEXT BEFORE AFTER OPTIONS...
  refuses "$1" "$2" detect "${@:3}" -o results/x.gpkg
}

"$scene" generate --width 256 --height 256 --tile 64 --seed 3 . >/dev/null || exit 1
mkdir results
pair=(before.tif after.tif)
make() { gdal_translate -q "$@" || exit 1; }

# Rasters that are none, or end too early.
: >empty.tif
head -c 4 before.tif >four.tif
head -c "$(($(stat -c %s after.tif) * 3 / 4))" after.tif >cut.tif
make -of VRT before.tif missing.vrt
sed -i 's/before.tif/gone.tif/' missing.vrt
printf '<VRTDataset' >broken.vrt
detect 2 'cannot open gone.tif' gone.tif after.tif
detect 2 'cannot open empty.tif' empty.tif after.tif
detect 2 'cannot open four.tif' before.tif four.tif
detect 2 'cannot open layers.gpkg' layers.gpkg after.tif
detect 2 'cannot open broken.vrt' broken.vrt after.tif
detect 2 'cannot open /vsimem/a.tif' /vsimem/a.tif after.tif
detect 2 'cannot open /vsizip/no.zip/a.tif' /vsizip/no.zip/a.tif after.tif
detect 1 'cannot read band 1 of cut.tif in window ' before.tif cut.tif --mask results/m.tif --score results/s.tif
detect 1 'cannot read band 1 of missing.vrt in window ' missing.vrt after.tif

# Two rasters that do not fit together.
make -b 1 -b 2 before.tif two.tif
make -ot Float32 before.tif float.tif
make -ot Float64 before.tif double.tif
make -ot CFloat32 before.tif complex.tif
make -a_srs EPSG:32649 before.tif other_crs.tif
make -a_ullr 0 512 512 0 before.tif far.tif
make -outsize 50% 50% before.tif coarse.tif
make -scale 0 65535 0 0 -a_nodata 0 before.tif void.tif
make -a_srs 'LOCAL_CS["my site",UNIT["m",1]]' before.tif local.tif
make -ot Byte -scale 0 6000 0 255 -b 1 before.tif grey.tif
make -of VRT grey.tif palette.vrt
sed -i 's#<ColorInterp>[A-Za-z]*</ColorInterp>#<ColorInterp>Palette</ColorInterp><ColorTable><Entry c1="9" c2="2" c3="3" c4="255"/></ColorTable>#' palette.vrt
detect 3 'two.tif has 2 and after.tif has 4; choose them with --bands' two.tif after.tif
detect 3 'it is float32 in float.tif and uint16 in after.tif' float.tif after.tif
detect 3 'band 1 of double.tif is float64; supported are' double.tif after.tif
detect 3 'band 1 of complex.tif is cfloat32; supported are' complex.tif after.tif
detect 3 'the CRS is EPSG:32649' other_crs.tif after.tif
detect 3 '--reproject brings the second onto the grid of the first' other_crs.tif after.tif
make -a_ullr 900000 3300000 902560 3297440 after.tif abroad.tif
detect 3 'have no ground in common' before.tif abroad.tif --reproject
make -of VRT after.tif no_crs.vrt
sed -i '/<SRS/d' no_crs.vrt
detect 3 'the other has none' before.tif no_crs.vrt --reproject
detect 2 'give one of them' "${pair[@]}" --reproject --grid after
detect 2 'cannot open' "${pair[@]}" --grid missing.tif
detect 2 'add --reproject or --grid' "${pair[@]}" --resampling cubic --register off
place="-a_ullr 500000 3300512 500496 3300000"
make -srcwin 0 0 248 256 $place before.tif west.tif
make -srcwin 8 0 248 256 $place after.tif east.tif
detect 3 'east.tif lies 8.' west.tif east.tif
detect 3 'more than 5 px; georeference it again, or give --max-shift 9' west.tif east.tif
detect 2 'expected auto, off, estimate or translation, found "affine"' "${pair[@]}" --register affine
detect 2 'expected 0 or 1, found "2"' "${pair[@]}" --shift-tolerance 2
detect 2 'expected a number of pixels from 0 to 64, found "-1"' "${pair[@]}" --max-shift -1
detect 2 'expected nearest, bilinear, cubic or average' "${pair[@]}" --reproject --resampling lanczos
detect 3 'there is no overlap: the extent is x 0 to 512' far.tif after.tif
detect 3 'the pixel size is 4 x -4 in coarse.tif and 2 x -2 in after.tif' coarse.tif after.tif
detect 3 'no pixel is valid on both dates: void.tif' void.tif after.tif --mask results/m.tif
detect 3 'the coordinate reference system "my site" cannot be measured on' local.tif local.tif
detect 3 'band 1 of palette.vrt holds numbers of a colour table' palette.vrt palette.vrt
detect 3 'the validity file must lie on the grid' "${pair[@]}" --before-valid coarse.tif
detect 3 'the validity file float.tif holds' "${pair[@]}" --before-valid float.tif
make -b 1 -ot Byte -scale 0 60000 0 11 before.tif scl.tif
make -srcwin 0 0 100 100 scl.tif corner.tif
detect 3 'the size is 256 x 256 in before.tif and 100 x 100 in corner.tif' "${pair[@]}" --before-cloud corner.tif
detect 2 '"sclx" is no class map; expected scl, qa_pixel or binary' "${pair[@]}" --before-cloud scl.tif --cloud-classes sclx
detect 2 'add --before-cloud or --after-cloud' "${pair[@]}" --cloud-classes scl
detect 2 'add --before-cloud or --after-cloud' "${pair[@]}" --cloud-dilate 3
detect 2 'cannot open missing.tif' "${pair[@]}" --after-cloud missing.tif
detect 3 'after.tif has no band "SCL" to tell its clouds' "${pair[@]}" --after-cloud band=SCL
make -b 1 -ot Byte -scale 0 60000 12 13 before.tif odd.tif
detect 3 'the cloud mask odd.tif holds 12' "${pair[@]}" --after-cloud odd.tif --cloud-classes scl
make -of VRT -a_scale 0 before.tif scaleless.vrt
detect 3 'has scale 0 and offset 0; expected a positive scale' scaleless.vrt after.tif
detect 2 '--before-offset: expected a number of samples such as -1000, found "1k"' "${pair[@]}" --before-offset 1k
detect 3 'before.tif has no band "9"' "${pair[@]}" --bands blue=9
detect 2 'band 1 of before.tif is chosen twice' "${pair[@]}" --bands 1,1
detect 2 '"purple" is no role' "${pair[@]}" --bands purple=1
detect 2 'role red is given to two bands' "${pair[@]}" --bands red=1,red=2
make -of VRT -b 1 -b 2 -b 3 before.tif three.vrt
sed -i '/<Description>/d' three.vrt
detect 2 '--profile "spot" is unknown; there are: sentinel2' "${pair[@]}" --profile spot
detect 3 '--profile gf1 knows 4 bands: blue, green, red, nir, and three.vrt has 3' three.vrt three.vrt --profile gf1
detect 3 '--profile sar contradicts before.tif' "${pair[@]}" --profile sar

# Options.
detect 2 '--detector "cvaa" is unknown; there are: default, difference, ratio, cva' "${pair[@]}" --detector cvaa
detect 3 '--detector bsi needs bands that before.tif does not have or name: swir1' "${pair[@]}" --detector bsi
detect 2 '--normalise none means nothing to --detector mad' "${pair[@]}" --detector mad --normalise none
detect 2 'expected invariant, mean-sigma, histogram or none, found "sigma"' "${pair[@]}" --normalise sigma
detect 2 '--threshold cfar:0.01 means nothing to --detector cva' "${pair[@]}" --detector cva --threshold cfar:0.01
detect 2 '--threshold chi2:0.01 means nothing to --detector irmad,' "${pair[@]}" --detector irmad --threshold chi2:0.01
detect 2 'no longer chi-square; give --smooth none' "${pair[@]}" --detector irmad-tempered --threshold chi2:0.01
detect 2 '--looks 4 is used by --threshold cfar:RATE alone' "${pair[@]}" --detector log-ratio --looks 4
detect 2 'expected a factor of 1 or more, such as 1.25, found "0.9"' "${pair[@]}" --hysteresis 0.9
detect 2 'are the images swapped?' "${pair[@]}" --before-date 2023-10-01 --after-date 2022-01-01
detect 2 '"2023-02-30" is no date' "${pair[@]}" --before-date 2023-02-30
detect 2 'driver GTiff does not support open option' "${pair[@]}" --oo NOPE=1
detect 2 'nowhere is no folder' "${pair[@]}" --work-folder nowhere
detect 4 'the smallest plan needs' "${pair[@]}" --memory 20MB

# The advice holds, also in a run that starts a little larger.
advice=$(grep -o 'give --memory [0-9A-Z]*' sentences | cut -d ' ' -f 3)
for threads in 1 2 3; do
  says 'peak memory' detect "${pair[@]}" -o results/x.gpkg --memory "${advice:-0}" --threads $threads
done

# Outputs.
refuses 2 "'/dev/full' exists and is not a regular file" detect "${pair[@]}" -o /dev/full
refuses 2 'names a folder, not a file' detect "${pair[@]}" -o results/
refuses 2 "the extension '.xyz' stands for no vector format" detect "${pair[@]}" -o results/x.xyz
refuses 2 'not to what PG: connects to' detect "${pair[@]}" -o PG:dbname=x
refuses 2 "GDAL's virtual file systems" detect "${pair[@]}" -o /vsimem/x.gpkg
refuses 2 "'XLSX' is not one that can hold patches" detect "${pair[@]}" -o results/x.xlsx --of XLSX
refuses 1 "'/proc" detect "${pair[@]}" -o /proc/x.gpkg
detect 2 'use the extension .tif' "${pair[@]}" --mask results/m.png
detect 2 'name the same file' "${pair[@]}" --mask results/m.tif --score results/../results/m.tif

# What a result is made from is never replaced by it.
cp layers.gpkg layers.kept
make -of VRT before.tif inner.vrt
make -of VRT inner.vrt outer.vrt
refuses 2 "is also the reference layer '" detect "${pair[@]}" --layers layers.yaml --overwrite -o layers.gpkg
detect 2 "'after.tif' is also the input 'after.tif'" "${pair[@]}" --overwrite --mask after.tif
detect 2 "'before.tif' is also the input 'before.tif'" outer.vrt after.tif --overwrite --mask before.tif
cmp -s layers.gpkg layers.kept || wrong "the reference layer was touched"

# A limit on the size of files stops the job wherever it meets it.
for kilobytes in 4 32 64 128; do
  (
    ulimit -f $kilobytes
    detect 4 '' "${pair[@]}" --mask results/m.tif --score results/s.tif --min-area 0
    exit $failures
  ) || failures=$((failures + 1))
done

# A reader of the progress that goes away, and a terminal that closes.
"$tuban" detect "${pair[@]}" -o results/x.gpkg --progress json 2>&1 >/dev/null | head -n 1 >/dev/null
arguments=('detect ... 2>&1 | head -n 1')
[ "$(ls -A results)" = x.gpkg ] || wrong "results/ holds $(ls -A results)"
rm -rf results/*

# Rulebooks.
book() { # PREDICATE [SCOPE] [EFFECT]
  cat >book.yaml <<Y
rulebook: mine
version: 1.0
rules:
  - id: X1
    name: {zh: a, en: b}
    scope: ${2:-patch}
    effect: ${3:-mark}
    mark: farmland
    basis: y
    cases:
      - severity: S4
        when: ["$1"]
Y
}
refused_book() { # TEXT BOOK...
  book "${@:2}"
  refuses 2 "book.yaml: rule X1: $1" rules check book.yaml
  detect 2 "book.yaml: rule X1: $1" "${pair[@]}" --rules book.yaml
}
refused_book 'predicate `aera_m2 > 1`: unknown fact "aera_m2"; did you mean "area_m2"?' 'aera_m2 > 1'
refused_book "predicate \`area_m2 > 'x'\`: area_m2 is compared with 'x': a number with text" "area_m2 > 'x'"
refused_book 'predicate `area_m2 > 1 AND`: SQLite says: ' 'area_m2 > 1 AND'
refused_book 'key "of" is missing' 'area_m2 > 1' cluster
refused_book 'key "derive" is missing' 'area_m2 > 1' patch derive
refused_book 'effect "shout" is unknown' 'area_m2 > 1' patch shout
detect 2 'rulebook "farmlnd" is neither a file nor shipped' "${pair[@]}" --rules farmlnd
printf 'rulebook: [x\n' >torn.yaml
detect 2 'torn.yaml: line 2, column 1: this is not valid YAML' "${pair[@]}" --rules torn.yaml

# Reference layers.
layer() { # YAML of one layer
  printf 'layers:\n  - %s\n' "$1" >l.yaml
}
refused_layer() { # CODE TEXT YAML
  layer "$3"
  detect "$1" "$2" "${pair[@]}" --layers l.yaml
}
refused_layer 2 'l.yaml: layer 1: unknown role "land_usee"; did you mean "land_use"?' '{role: land_usee, path: layers.gpkg}'
refused_layer 2 'l.yaml: layer 1: unknown key "clas"; did you mean "class"?' '{role: land_use, path: layers.gpkg, clas: x}'
refused_layer 2 'l.yaml: mining_right: gone.gpkg: no such file' '{role: mining_right, path: gone.gpkg}'
refused_layer 2 'l.yaml: mining_right: layers.gpkg: it has no layer "CKR"; did you mean "CKQ"?' '{role: mining_right, path: layers.gpkg, layer: CKR}'
refused_layer 2 'l.yaml: closed_mine: layers.gpkg: it holds 5 layers, none called 关闭矿山, 废弃矿山; name one with the key "layer"' '{role: closed_mine, path: layers.gpkg}'
refused_layer 2 'it has no field "NOPE"' \
  '{role: land_use, path: layers.gpkg, layer: DLTB, class: DLBM, valid: {from: NOPE}}'
refused_layer 3 'has "0101" in the field DLBM; expected is a date' \
  '{role: land_use, path: layers.gpkg, layer: DLTB, class: DLBM, valid: {to: DLBM}}'
ogr2ogr plain.shp layers.gpkg DLTB 2>/dev/null && rm -f plain.prj
refused_layer 3 'plain.shp, layer plain: it has no CRS' '{role: land_use, path: plain.shp, class: DLBM}'
ogr2ogr second.gpkg layers.gpkg -sql 'select geom, substr(DLBM, 1, 3) as DLBM from DLTB'
refused_layer 3 'a three-digit code of the second survey' '{role: land_use, path: second.gpkg, class: DLBM}'
make -of PNM -b 1 before.tif b.pgm
make -of PNM -b 1 after.tif a.pgm
detect 3 'layers.yaml cannot be laid over images without a coordinate reference system' \
  b.pgm a.pgm --layers layers.yaml

printf 'layers:\n  - {role: land_use, path: layers.gpkg, layer: DLTB, class: \265\330\300\340}\n' >gbk.yaml
detect 2 'gbk.yaml: line 2 is not in UTF-8' "${pair[@]}" --layers gbk.yaml
printf 'before: before.tif\n# \265\330\300\340\n' >gbk_job.yaml
refuses 2 'gbk_job.yaml: line 2 is not in UTF-8' detect --job gbk_job.yaml

# Names of files are bytes.
gbk=$(printf '\265\330.tif')
cp before.tif "$gbk"
says 'peak memory' detect "$gbk" after.tif -o "results/$gbk.gpkg" --layers layers.yaml

read -r left top < <(gdalinfo before.tif | sed -n 's/^Origin = (\([0-9]*\)[.0-9]*,\([0-9]*\).*/\1 \2/p')
box() { echo "$((left + $1)) $((top - $2)),"; }
{
  echo WKT,number
  echo "\"POLYGON(($(box 10 10) $(box 200 200) $(box 200 10) $(box 10 200) $((left + 10)) $((top - 10))))\",1"
  echo "\"POLYGON(($(box 300 10) $(box 400 10) $(box 400 200) $(box 300 200) $((left + 300)) $((top - 10))))\",1"
} >bow.csv
ogr2ogr -a_srs EPSG:4526 bow.gpkg bow.csv -nlt POLYGON -oo GEOM_POSSIBLE_NAMES=WKT
layer '{role: mining_right, path: bow.gpkg}'
says 'warning: mining_right layer bow.gpkg: 1 of 2 polygons were invalid and were repaired' \
  detect "${pair[@]}" -o results/x.gpkg --layers l.yaml

[ $failures = 0 ] || exit 1
echo "all refusals as expected"
