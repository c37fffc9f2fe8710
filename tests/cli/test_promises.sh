#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_promises.sh TUBAN SCENE DUMP: what the outputs say of each other, checked with GDAL's own tools.
set -uo pipefail
tuban=$(realpath "$1") scene=$(realpath "$2") dump=$(realpath "$3")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
unset TUBAN_THREADS TUBAN_MEMORY
export GDAL_PAM_ENABLED=NO
failures=0

wrong() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

size=256
"$scene" generate --width $size --height $size --tile 64 --seed 3 . >/dev/null || exit 1
mkdir out
layers=(--layers layers.yaml)
valid=(--before-valid before_valid.tif --after-valid after_valid.tif)

detect() { # NAME BEFORE AFTER OPTIONS...: out/NAME.gpkg
  "$tuban" detect "${@:2:2}" -o "out/$1.gpkg" "${layers[@]}" "${valid[@]}" -q "${@:4}" </dev/null || wrong "detect ${*:2}"
}
answer() { # FILE SQL: the numbers of the one row
  ogrinfo -q "$1" -dialect sqlite -sql "$2" | sed -n 's/.* = //p' | tr '\n' ' ' | sed 's/ $//'
}
values() { gdal_translate -q -of XYZ "$1" /vsistdout/ | cut -d ' ' -f 3; }
ones() { values "$1" | sed 's/^255$/0/'; }
extent=$(gdalinfo -json before.tif | tr -d ' \n' |
  sed 's/.*"lowerLeft":\[\([^]]*\)\].*"upperRight":\[\([^]]*\)\].*/\1,\2/' | tr ',' ' ')
burn() { gdal_rasterize -q -burn 1 -init 0 -ot Byte -te $extent -ts $size $size -l patches "$1" "$2"; }

# The mask is what was traced; the patch mask what is reported; the score decides both.
detect all before.tif after.tif --min-area 0 --mask out/mask.tif --score out/score.tif
traced=$(values out/mask.tif | grep -cx 1)
[ "$traced" -gt 100 ] || wrong "only $traced pixels changed"
[ "$(values out/mask.tif | grep -cx 255)" -gt 100 ] || wrong "no clouds"
[ "$(answer out/all.gpkg 'select sum(area_px) from patches')" = "$traced" ] || wrong "areas do not sum to the mask"
burn out/all.gpkg out/burned.tif
cmp -s <(ones out/mask.tif) <(ones out/burned.tif) || wrong "the patches rasterised are not the mask"
detect large before.tif after.tif --min-area 500 --patch-mask out/patch_mask.tif
burn out/large.gpkg out/burned.tif
cmp -s <(ones out/patch_mask.tif) <(ones out/burned.tif) || wrong "the patches rasterised are not the patch mask"
[ "$(ones out/patch_mask.tif | grep -cx 1)" -lt "$traced" ] || wrong "--min-area dropped nothing"
cut=$(answer out/all.gpkg "select json_extract(value, '$.value') from run where key = 'cut'")
paste -d ' ' <(values out/score.tif) <(values out/mask.tif) |
  awk -v cut="$cut" '{ want = $1 ~ /nan/ ? 255 : ($1 + 0 > cut + 0 ? 1 : 0) } want != $2 { ++bad } END { exit bad > 0 }' ||
  wrong "the score cut at $cut is not the mask"

# Simplified outlines are valid and keep their area; attributes stay exact.
for tolerance in 2 5; do
  detect simple$tolerance before.tif after.tif --min-area 0 --simplify $tolerance
  read -r valid_count count drift points area < <(answer out/simple$tolerance.gpkg "select sum(st_isvalid(geom)), count(*),
    max(abs(st_area(geom) / (area_px * 4.0) - 1)) <= 0.01 + 1e-9, sum(st_npoints(geom)), sum(area_px) from patches")
  [ "$valid_count" = "$count" ] || wrong "--simplify $tolerance: $valid_count of $count geometries are valid"
  [ "$drift" = 1 ] || wrong "--simplify $tolerance: an area drifts by more than 1 %"
  [ "$area" = "$traced" ] || wrong "--simplify $tolerance changes attributes"
  [ "$points" -lt "$(answer out/all.gpkg 'select sum(st_npoints(geom)) from patches')" ] ||
    wrong "--simplify $tolerance simplifies nothing"
done

# 8-connectivity groups the 4-connected parts.
detect four before.tif after.tif --min-area 0 --connectivity 4
parts=$(answer out/all.gpkg 'select sum(st_numgeometries(geom)) from patches')
[ "$(answer out/four.gpkg 'select count(*), sum(area_px) from patches')" = "$parts $traced" ] ||
  wrong "--connectivity 4 does not give the $parts parts of --connectivity 8"

# Storage never shows.
"$dump" out/all.gpkg >all.txt && [ -s all.txt ] || wrong "no dump"
same() { # DESCRIPTION BEFORE AFTER
  detect other "${@:2}" --min-area 0 --overwrite
  "$dump" out/other.gpkg | cmp -s - all.txt || wrong "$1 gives another result"
}
mkdir striped odd virtual 里面\ 1
for date in before after; do
  gdal_translate -q -co TILED=NO $date.tif striped/$date.tif
  gdal_translate -q -co TILED=YES -co BLOCKXSIZE=48 -co BLOCKYSIZE=80 -co INTERLEAVE=BAND -co COMPRESS=LZW \
    -co BIGTIFF=YES $date.tif odd/$date.tif
  gdal_translate -q -of VRT $date.tif virtual/$date.vrt
done
cp before.tif after.tif 里面\ 1
same 'a striped file' striped/before.tif striped/after.tif
same 'other tiles, band by band' odd/before.tif odd/after.tif
same 'a VRT' virtual/before.vrt virtual/after.vrt
same 'a Chinese folder with a space' 里面\ 1/before.tif 里面\ 1/after.tif
tar -cf packed.tar before.tif after.tif
same 'a file inside an archive' /vsitar/packed.tar/before.tif /vsitar/packed.tar/after.tif

# Other sample types, and floats with what nobody measured in them.
for type in Byte Int16 Float32; do
  [ $type = Byte ] && scale=(-scale 0 6000 0 255) || scale=()
  for date in before after; do gdal_translate -q -ot $type "${scale[@]}" $date.tif $type$date.tif; done
  detect $type ${type}before.tif ${type}after.tif --min-area 0
  [ "$(answer out/$type.gpkg 'select count(*) > 0 from patches')" = 1 ] || wrong "no patches from $type"
done
ramp() { # SEED WORD: 64 x 64 numbers with a bright square, and WORD in the first row
  awk -v seed="$1" -v word="$2" 'BEGIN {
    srand(seed); print "ncols 64\nnrows 64\nxllcorner 38406488\nyllcorner 2500000\ncellsize 2"
    for (y = 0; y < 64; ++y) { row = ""; for (x = 0; x < 64; ++x) {
      v = 100 + 10 * rand(); if (seed == 2 && y > 20 && y < 30 && x > 20 && x < 40) v = 500
      row = row " " (y == 0 ? word : v) } print row } }'
}
ramp 1 -3.4e38 >one.asc && ramp 2 inf >two.asc
for name in one two; do gdal_translate -q -ot Float32 -a_srs EPSG:4526 $name.asc $name.tif; done
"$tuban" detect one.tif two.tif -o out/wild.gpkg -q --mask out/wild.tif || wrong "floats beyond measure are refused"
[ "$(answer out/wild.gpkg 'select count(*) from patches')" = 1 ] || wrong "floats beyond measure hide the change"
[ "$(values out/wild.tif | head -n 64 | sort -u)" = 255 ] || wrong "floats beyond measure are taken for valid"

# Every format that is promised opens and is whole.
count=$(answer out/all.gpkg 'select count(*) from patches')
for file in out/f.geojson out/f.fgb out/f.shp; do
  "$tuban" detect before.tif after.tif -o $file "${layers[@]}" "${valid[@]}" -q --min-area 0 || wrong "detect -o $file"
  [ "$(ogrinfo -so -al $file | grep -cx "Feature Count: $count")" = 1 ] ||
    wrong "$file has not $count features"
  rm -f out/f_*
done

# A rulebook of one's own beside the shipped ones.
cat >book.yaml <<'Y'
rulebook: mine
version: 1.0
rules:
  - id: X1
    name: {zh: 大图斑, en: Large}
    scope: patch
    effect: mark
    mark: farmland
    basis: none
    parameters: {least_m2: 0}
    cases:
      - {severity: S2, when: ["area_m2 >= :least_m2"]}
Y
[ "$("$tuban" rules check book.yaml | head -n 1)" = "book.yaml: rulebook mine 1.0, 1 rule, no errors" ] ||
  wrong "rules check"
detect mine before.tif after.tif --min-area 0 --rules farmland --rules book.yaml
[ "$(answer out/mine.gpkg "select count(*) from findings where rulebook = 'mine' and status = 'fired'")" = "$count" ] ||
  wrong "the own rulebook does not mark every patch"
[ "$(answer out/mine.gpkg "select count(distinct rulebook) from findings")" = 2 ] || wrong "the shipped rulebook is silent"

detect changed before.tif after.tif --min-area 0 --rules farmland --rules book.yaml --rule X1.least_m2=1e12 \
  --rule farmland.F01=off --rule F02=off
[ "$(answer out/changed.gpkg "select count(*) from findings where rulebook = 'mine' or rule_id in ('F01', 'F02')")" = 0 ] ||
  wrong "--rule changes nothing"
[ "$(answer out/changed.gpkg "select count(*) from run where key = 'rule_changes' and value like '%X1%least_m2%F01%off%F02%off%'")" = 1 ] ||
  wrong "--rule is not told"

[ $failures = 0 ] || exit 1
echo "all promises kept"
