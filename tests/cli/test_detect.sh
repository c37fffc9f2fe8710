#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_detect.sh TUBAN SCENE DUMP: the command line end to end on a small generated scene.
set -uo pipefail
tuban=$(realpath "$1") scene=$(realpath "$2") dump=$(realpath "$3")
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

# run CODE ARGUMENTS...
run() {
  local expected=$1
  shift
  "$tuban" "$@" >out 2>err </dev/null
  local code=$?
  [ $code = "$expected" ] || wrong "exit code $code, expected $expected: tuban $*"
}

# Nothing but the listed files may stand in results/: no temporary name, no work folder.
only() {
  local found expected
  found=$(cd results && find . -mindepth 1 ! -name '*.aux.xml' | sort | tr '\n' ' ')
  expected=$(printf './%s\n' "$@" | sort | tr '\n' ' ')
  [ "$found" = "$expected" ] || wrong "results holds $found instead of $expected"
}

"$scene" generate --width 512 --height 512 --tile 64 --seed 3 . >/dev/null || exit 1
mkdir results
pair=(before.tif after.tif)

run 0 detect "${pair[@]}" -o results/flags.gpkg --before-valid before_valid.tif --after-valid after_valid.tif \
  --before-date 2023-05-18 --after-date 2023-10-12 --layers layers.yaml --min-area 100 --mask results/mask.tif
[ ! -s err ] || wrong "something on stderr though it is no terminal"
[ "$(tail -n 2 out | tr '\n' ' ')" = "results/flags.gpkg results/mask.tif " ] || wrong "the paths do not end the output"
grep -q '^[1-9][0-9]* patches, ' out || wrong "no patches"
only flags.gpkg mask.tif

cat >job.yaml <<'Y'
before: {path: before.tif, valid: before_valid.tif, date: 2023-05-18}
after: {path: after.tif, valid: after_valid.tif, date: 2023-10-12}
layers: [layers.yaml]
min_area: 100
output: results/job.gpkg
threads: 1
Y
run 0 detect --job job.yaml --threads 3 --tile 100x70 --executor jthread
"$dump" results/flags.gpkg >flags.txt && "$dump" results/job.gpkg >job.txt || wrong "a result that cannot be dumped"
[ -s flags.txt ] || wrong "an empty dump"
cmp -s flags.txt job.txt || wrong "a job file and flags that say the same give different results"

cp results/job.gpkg kept.gpkg
run 2 detect --job job.yaml
grep -q 'overwrite' err || wrong "the sentence does not name --overwrite"
cmp -s results/job.gpkg kept.gpkg || wrong "a refused output was touched"
run 0 detect --job job.yaml --overwrite -q
[ ! -s out ] && [ ! -s err ] || wrong "-q is not quiet"

run 0 detect --job job.yaml --overwrite --json
[ "$(wc -l <out)" = 1 ] && grep -q '^{"outputs": {"output": "results/job.gpkg"}, "patches": [1-9].*}$' out ||
  wrong "--json does not print one object"

run 0 detect --job job.yaml --overwrite --progress bar
grep -qx '0...10...20...30...40...50...60...70...80...90...100 - done.' err || wrong "no whole progress bar"
run 0 detect --job job.yaml --overwrite --progress json
grep -q '^{"stage": "emit", "share": 1.000, .*"seconds_left": 0.000}$' err || wrong "progress does not end at 1"
sed 's/.*"share": \([0-9.]*\).*/\1/' err | sort -c -n || wrong "progress went back"

run 0 detect before.tif before.tif -o results/same.gpkg
grep -q '^0 patches' out || wrong "patches between a raster and itself"
[ -e results/same.gpkg ] || wrong "no result without patches"
rm results/*

gdal_translate -q -of PNM -b 1 before.tif b.pgm && gdal_translate -q -of PNM -b 1 after.tif a.pgm || exit 1
run 0 detect b.pgm a.pgm -o results/pixels.gpkg
grep -q '^tuban: warning: .*coordinate reference system' err || wrong "no warning of a missing CRS"
run 5 detect b.pgm a.pgm -o results/pixels.gpkg --overwrite --strict
rm results/*

run 3 detect before.tif b.pgm -o results/x.gpkg
TUBAN_MEMORY=20MB run 4 detect "${pair[@]}" -o results/x.gpkg
grep -q -- '--memory' err || wrong "the sentence does not name --memory"
run 1 detect "${pair[@]}" -o nowhere/x.gpkg
head -c "$(($(stat -c %s before.tif) / 2))" before.tif >cut.tif
run 1 detect cut.tif after.tif -o results/x.gpkg -q
grep -q 'cut.tif' err && [ "$(wc -l <err)" = 1 ] || wrong "a truncated file gives no single sentence that names it"
rmdir results && mkdir results || wrong "a failed job left something behind"

# Interrupted while it scans, as soon as it says so; a run that was faster than the signal is tried again.
mkfifo progress
"$scene" generate --width 1024 --height 1024 --tile 64 --seed 3 large >/dev/null || exit 1
for signal in INT HUP; do
  code=0
  for _ in 1 2 3 4 5; do
    "$tuban" detect large/before.tif large/after.tif -o results/x.gpkg --executor serial --progress json >out 2>progress &
    pid=$!
    while read -r line; do
      case $line in *'"scan"'*) kill -$signal $pid 2>/dev/null ;; esac
      echo "$line"
    done <progress >err
    wait $pid
    code=$?
    [ $code = 0 ] || break
    rm -f results/*
  done
  [ $code = 130 ] || wrong "exit code $code for an interrupted run"
  grep -q '^tuban: the run was stopped on request' err || wrong "an interrupted run does not say so"
  [ -z "$(ls -A results | grep -vx .x.gpkg.tuban-work)" ] || wrong "an interrupted run left more than its work folder"
done

[ $failures = 0 ] || exit 1
echo "all as expected"
