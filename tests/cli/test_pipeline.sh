#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_pipeline.sh TUBAN SCENE DUMP EXAMPLE: results on standard output, whole or not at all.
set -uo pipefail
tuban=$(realpath "$1") scene=$(realpath "$2") dump=$(realpath "$3") example=$(realpath "$4")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
unset TUBAN_THREADS TUBAN_MEMORY
export TMPDIR=$folder/temporary
mkdir temporary programs
ln -s "$tuban" programs/tuban
PATH=$folder/programs:$PATH
failures=0

wrong() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# stream CODE SENTENCE ARGUMENTS...: what detect writes goes to out, and err says this.
stream() {
  local expected=$1 sentence=$2
  shift 2
  tuban detect before.tif after.tif -o /vsistdout/ "$@" >out 2>err </dev/null
  local code=$?
  [ $code = "$expected" ] || wrong "exit code $code, expected $expected: $*"
  [ -z "$sentence" ] || grep -q -- "$sentence" err || wrong "no '$sentence' from $*: $(cat err)"
}

"$scene" generate --width 400 --height 360 --seed 3 . >/dev/null || exit 1
tuban detect before.tif after.tif --layers layers.yaml -o file.gpkg -q || exit 1
patches_of() {  # a dump's patches, without what only one of the formats has
  "$dump" "$1" | awk '/^table/ { on = $2 == "patches" } on' | sed -E 's/ findings="([^"\\]|\\.)*"//; s/ 00:00:00"/"/g'
}
patches_of file.gpkg >expected
count=$(($(wc -l <expected) - 1))
[ $count -gt 10 ] || wrong "no patches to compare"

"$example" before.tif after.tif layers.yaml piped.gpkg marked.csv 2>err || wrong "the example fails: $(cat err)"
patches_of piped.gpkg | cmp -s - expected || wrong "the pipe and the file hold other patches"
[ "$(tail -n +2 marked.csv | wc -l)" = "$(grep -vc ' marks="" \|^table' expected)" ] || wrong "other marks"
[ "$(head -n 1 marked.csv | tr -d '\r')" = patch_id,lon,lat,area_m2,marks,severity ] || wrong "$(head -n 1 marked.csv)"

for format in GeoJSONSeq GeoJSON FlatGeobuf; do
  stream 0 "^$count patches, " --of $format
  [ "$(ogrinfo -ro -al -so /vsistdin/ <out | sed -n 's/^Feature Count: //p')" = $count ] || wrong "$format: other patches"
done
stream 0 "^{\"outputs\": {\"output\": \"/vsistdout/\"}, \"patches\": $count,.*\"manifest\": {" --of GeoJSONSeq --json
[ "$(wc -l <out)" = $count ] && ! grep -qv '^{ "type": "Feature",' out || wrong "not one patch a line"
stream 0 '^{"stage": "emit", "share": 1.000' --of GeoJSONSeq --progress json
cp out first
stream 0 '' --of GeoJSONSeq --threads 1 --tile 100x70 --mask mask.tif -q
[ ! -s err ] && cmp -s out first && [ -s mask.tif ] || wrong "another cut, other bytes"

# Without patches.
empty=(--min-area 1000000)
stream 0 '^0 patches' --of GeoJSON "${empty[@]}"
ogrinfo -ro -so out patches | grep -q '^Feature Count: 0' || wrong "no readable GeoJSON without patches"
stream 0 '^0 patches' --of FlatGeobuf "${empty[@]}"
ogr2ogr -f GPKG empty.gpkg /vsistdin/ <out && [ "$(patches_of empty.gpkg | wc -l)" = 1 ] || wrong "no readable FlatGeobuf without patches"
stream 0 '^0 patches' --of GeoJSONSeq "${empty[@]}"
[ ! -s out ] || wrong "lines without patches"

# What cannot be, before anything is computed or written.
stream 2 'GPKG needs a file and cannot be a stream; take --of GeoJSONSeq, GeoJSON or FlatGeobuf'
stream 2 'ESRI Shapefile needs a file' --of 'ESRI Shapefile'
stream 2 'is a stream, which cannot be resumed' --of GeoJSON --resume
stream 2 'the register is a file' --of GeoJSON --military-register /vsistdout/
stream 2 'use the extension .tif' --of GeoJSON --mask /vsistdout/
[ ! -s out ] || wrong "something on standard output"
tuban detect before.tif after.tif -o /vsistdout/ --of GeoJSON >&- 2>err && wrong "standard output was closed"
grep -q 'standard output is closed' err || wrong "not told of: $(cat err)"

# A reader that goes away, or a full disk behind: nothing else of the run stays.
rm mask.tif*
{ tuban detect before.tif after.tif -o /vsistdout/ --of GeoJSON --mask mask.tif 2>err; echo $? >code; } | true
[ "$(cat code)" = 1 ] && grep -q "cannot write '/vsistdout/': Broken pipe" err || wrong "code $(cat code): $(cat err)"
tuban detect before.tif after.tif -o /vsistdout/ --of FlatGeobuf --mask mask.tif >/dev/full 2>err
[ $? = 4 ] && grep -q "cannot write '/vsistdout/': No space" err || wrong "a full disk: $(cat err)"
[ ! -e mask.tif ] || wrong "a mask without its patches"

# Nothing is told of a run that is stopped.
"$scene" generate --width 2048 --height 2048 --seed 3 large >/dev/null || exit 1
tuban detect large/before.tif large/after.tif --threads 1 -o /vsistdout/ --of GeoJSONSeq --progress json >out 2>err &
run=$!
until grep -q '"scan"' err || ! kill -0 $run 2>/dev/null; do sleep .02; done
kill -INT $run
wait $run
[ $? = 130 ] || wrong "not stopped: $(tail -n 1 err)"
[ ! -s out ] || wrong "a part of the result was told"
[ -z "$(ls -A temporary)" ] || wrong "left behind: $(ls -A temporary)"

[ $failures = 0 ] && echo "all as expected"
exit $failures
