#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_delivery.sh TUBAN SCENE: a result explained and handed on, checked with GDAL's own tools.
set -uo pipefail
tuban=$(realpath "$1") scene=$(realpath "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
unset TUBAN_THREADS TUBAN_MEMORY
failures=0

wrong() {
  echo "FAILED: $*"
  sed 's/^/  out: /' out | head -5
  sed 's/^/  err: /' err | head -5
  failures=$((failures + 1))
}
run() { # CODE ARGUMENTS...
  local expected=$1
  shift
  "$tuban" "$@" >out 2>err </dev/null
  local code=$?
  [ $code = "$expected" ] || wrong "exit code $code, expected $expected: tuban $*"
}
refuses() { # TEXT ARGUMENTS...: usage, one sentence
  run 2 "${@:2}"
  [ ! -s out ] || wrong "something on stdout: tuban ${*:2}"
  [ "$(wc -l <err)" = 1 ] || wrong "not exactly one sentence: tuban ${*:2}"
  grep -qF -- "$1" err || wrong "the sentence lacks: $1"
}
answer() { # FILE SQL: the numbers of the one row
  ogrinfo -q "$1" -dialect sqlite -sql "$2" | sed -n 's/.* = //p' | tr '\n' ' ' | sed 's/ $//'
}

"$scene" generate --width 512 --height 512 --tile 64 --seed 3 . >/dev/null || exit 1
town() { # CODE NAME WEST EAST
  printf '{"type": "Feature", "properties": {"XZQDM": "%s", "XZQMC": "%s"}, "geometry": {"type": "Polygon", "coordinates":
    [[[%s, 22.5], [%s, 22.5], [%s, 22.7], [%s, 22.7], [%s, 22.5]]]}}' "$1" "$2" "$3" "$4" "$4" "$3" "$3"
}
printf '{"type": "FeatureCollection", "features": [%s, %s]}' "$(town 440703100 杜阮镇 113 113.0955)" \
  "$(town 440705101 会城街道 113.0955 113.2)" >towns.geojson
cat >>layers.yaml <<'Y'
  - role: district
    path: towns.geojson
    id: XZQDM
    class: XZQMC
Y
run 0 detect before.tif after.tif -o result.gpkg --before-valid before_valid.tif --after-valid after_valid.tif \
  --before-date 2023-05-18 --after-date 2023-10-12 --layers layers.yaml --min-area 100 -q
id=$(ogrinfo -q result.gpkg -sql "select patch_id from patches where rank = 1" | sed -n 's/.* = //p')

run 0 explain result.gpkg "$id"
for text in "Patch $id (rank 1 of " 'between 2023-05-18 and 2023-10-12' 'holds: construction_like' 'rulebook farmland' \
  'Land under the patch' '(44070' 'A patch is a lead'; do
  grep -qF -- "$text" out || wrong "the explanation lacks: $text"
done
cp out page
run 0 explain result.gpkg --rank 1
cmp -s out page || wrong "--rank 1 explains another patch"
run 0 explain result.gpkg "$id" --rank 2 --lang zh
[ "$(grep -c '^图斑 ' out)" = 2 ] && grep -q '成立：' out && grep -q '自然资发〔2023〕258号' out || wrong "no two pages in Chinese"
run 0 explain result.gpkg "$id" --json
[ "$(wc -l <out)" = 1 ] && grep -q '^{"patches": \[{"patch":{' out || wrong "--json is not one object"
refuses "did you mean $id?" explain result.gpkg "${id:0:12}"
refuses 'ranks go from 1 to' explain result.gpkg --rank 0
refuses 'it has no table patches' explain layers.gpkg x

run 0 deliver result.gpkg -o handed --lang zh
grep -q '^440703: [0-9]* patches, .* zone 38 (EPSG:4526)$' out || wrong "no line of county 440703"
[ "$(tail -n 1 out)" = handed ] || wrong "the folder does not end the output"
read -r patches area < <(answer result.gpkg 'select count(*), round(sum(area_m2), 4) from patches')
delivered=0 sum=0
for county in 440703 440705; do
  file=handed/$county/$county
  read -r count own < <(answer $file.gpkg 'select count(*), sum(area_m2) from patches')
  [ "$count" = "$(ogrinfo -so -al ${file}_patches.shp | sed -n 's/Feature Count: //p')" ] || wrong "$county: counts differ"
  [ "$(cat ${file}_patches.cpg)" = UTF-8 ] || wrong "$county: the Shapefile does not say that it is UTF-8"
  ogrinfo -so $file.gpkg patches | grep -q 'ID\["EPSG",4526\]\]$' || wrong "$county: not in zone 38"
  listed=$(ogrinfo -q $file.xlsx -sql 'select * from "图斑清单"' | grep -c "图斑编号 (String) = [0-9a-f]")
  [ "$listed" = "$count" ] || wrong "$county: the list has $listed of $count patches"
  delivered=$((delivered + count))
  sum=$(awk "BEGIN { printf \"%.4f\", $sum + $own }")
done
[ "$delivered" = "$patches" ] || wrong "$delivered of $patches patches were delivered"
[ "$(awk "BEGIN { print ($sum - $area) ^ 2 < 1e-6 }")" = 1 ] || wrong "areas sum to $sum, not to $area"
cmp -s <(cd handed && find . -type f | sort) <(grep -o '"44[^"]*/[^"]*"' handed/delivery.json | tr -d '"' | sed 's,^,./,' |
  cat - <(echo ./delivery.json) | sort) || wrong "delivery.json does not list the files"

refuses '--overwrite replaces an earlier delivery' deliver result.gpkg -o handed
run 0 deliver result.gpkg -o handed --overwrite --by none --format gpkg,xlsx --schema jctb --severity S3 --json
[ "$(wc -l <out)" = 1 ] && grep -q '"left_out": [1-9]' out || wrong "--json does not count what was left out"
[ "$(cd handed && find . -type f | sort | tr '\n' ' ')" = "./all/all.gpkg ./all/all.xlsx ./delivery.json " ] ||
  wrong "an old file survived --overwrite"
[ "$(answer handed/all/all.gpkg 'select count(*) from JCTB_OUT where YZCD < 3 or PDLX is not null')" = 0 ] ||
  wrong "--severity S3 let others through, or a machine determined"
mkdir mine && touch mine/letter
refuses 'is no earlier delivery' deliver result.gpkg -o mine --overwrite
refuses '--format: expected shp, gpkg, xlsx, found "pdf"' deliver result.gpkg -o x --format pdf
refuses '--by: expected county or none' deliver result.gpkg -o x --by town
refuses '--zone: expected auto or a zone' deliver result.gpkg -o x --zone east
refuses "cannot read 'towns.geojson' as a result" deliver towns.geojson -o x
[ -z "$(find . -name '.*tuban*')" ] && [ ! -e x ] || wrong "something was left behind"

[ $failures = 0 ] || exit 1
echo "explained and delivered"
