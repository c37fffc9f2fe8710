#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_usage.sh TUBAN: what the command line answers before any pixel is read.
set -uo pipefail
tuban=$(realpath "$1")
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
}

# refuses CODE TEXT ARGUMENTS...: this exit code, nothing on stdout, one sentence on stderr that holds TEXT.
refuses() {
  local expected=$1 text=$2
  shift 2
  run "$@"
  [ $code = "$expected" ] || wrong "exit code $code, expected $expected"
  [ ! -s out ] || wrong "something on stdout"
  [ "$(wc -l <err)" = 1 ] || wrong "not exactly one line on stderr"
  grep -q '^tuban: ' err || wrong "the line does not begin with tuban:"
  grep -qF -- "$text" err || wrong "the sentence lacks: $text"
}

# says TEXT ARGUMENTS...: exit code 0, nothing on stderr, TEXT on stdout.
says() {
  local text=$1
  shift
  run "$@"
  [ $code = 0 ] || wrong "exit code $code"
  [ ! -s err ] || wrong "something on stderr"
  grep -qF -- "$text" out || wrong "stdout lacks: $text"
}

says 'tuban 0.' --version
says 'tuban detect 2020.tif 2021.tif -o patches.gpkg' --help
says '--before-valid FILE' detect --help
says 'Exit codes: 0 done' detect -h
says 'RASTER' info --help
says '%Y with %m and %d' scenes --help
says 'check' rules --help

refuses 2 'a command is missing'
refuses 2 'PATCHES is missing' mark
refuses 2 'give an output' mark patches.shp
refuses 2 'no such file' mark patches.shp -o out.gpkg
refuses 2 '--nonsense' mark patches.shp -o out.gpkg --nonsense
refuses 2 "'detct' was not expected" detct
refuses 2 'BEFORE is missing' detect
refuses 2 'AFTER is missing' detect a.tif
refuses 2 "'c.tif' was not expected" detect a.tif b.tif c.tif -o o.gpkg
refuses 2 'did you mean "--threads"?' detect a.tif b.tif -o o.gpkg --thraeds 3
refuses 2 'did you mean "--min-area"?' detect a.tif b.tif -o o.gpkg --min-aera=3
refuses 2 '--threads' detect a.tif b.tif -o o.gpkg --threads
refuses 2 '--threads: expected a whole number from 0 to 4096, found "x"' detect a.tif b.tif --threads x
refuses 2 'found 2 values' detect a.tif b.tif --threads 1 --threads 2
refuses 2 '--memory: expected a size with its unit' detect a.tif b.tif --memory 512
refuses 2 '--min-area: expected an area' detect a.tif b.tif --min-area 5ha
refuses 2 '--tile: expected N or WxH' detect a.tif b.tif --tile 0
refuses 2 '--threshold: expected auto, otsu' detect a.tif b.tif --threshold kittler
refuses 2 '--threshold: expected auto, otsu' detect a.tif b.tif --threshold percentile:100
refuses 2 '--connectivity: expected 4 or 8' detect a.tif b.tif --connectivity 6
refuses 2 '--executor: expected tbb, serial, openmp, jthread or host-tbb' detect a.tif b.tif --executor gpu
refuses 2 '--bands: expected bands' detect a.tif b.tif --bands 1,,2
refuses 2 '--co: expected KEY=VALUE' detect a.tif b.tif --co COMPRESS
refuses 2 '--progress: expected bar, json or none' detect a.tif b.tif --progress dots
refuses 2 'RASTER is required' info
refuses 2 "'x' was not expected" facts x
refuses 2 'RESULT is required' explain
refuses 2 'which patch? tuban explain RESULT PATCH_ID, or --rank N' explain none.gpkg
refuses 2 "cannot read 'none.gpkg' as a result" explain none.gpkg 0123456789abcdef
refuses 2 '--lang: expected en or zh, found "de"' explain none.gpkg x --lang de
says '--rank N' explain --help
refuses 2 'RESULT is required' deliver
refuses 2 '-o is required' deliver none.gpkg
refuses 2 "cannot read 'none.gpkg' as a result" deliver none.gpkg -o x
says '--schema NAME' deliver --help
refuses 2 'a command is missing' rules
refuses 2 'FILE is required' rules check

TUBAN_THREADS=many refuses 2 'TUBAN_THREADS: expected a whole number' detect a.tif b.tif -o o.gpkg
TUBAN_MEMORY=lots refuses 2 'TUBAN_MEMORY: expected a size' detect a.tif b.tif -o o.gpkg

refuses 2 "cannot read the job file 'none.yaml'" detect --job none.yaml
printf 'before: a.tif\nafter: b.tif\nthraeds: 3\n' >job.yaml
refuses 2 'job.yaml:3: thraeds is unknown; did you mean "threads"?' detect --job job.yaml
printf 'before: a.tif\nafter: b.tif\nthreads: [1]\n' >job.yaml
refuses 2 'job.yaml:3: threads: expected a whole number from 0 to 4096, found a list' detect --job job.yaml
printf 'before: [a.tif\n' >job.yaml
refuses 2 'job.yaml:2: this is no YAML or JSON' detect --job job.yaml
printf '{"before": "a.tif", "afterr": "b.tif"}' >job.json
refuses 2 'did you mean "after"?' detect --job job.json

says 'area_m2' facts
says '{"facts": [{"name": ' facts --json
says '| `area_m2` | number | m2 | 椭球面积 | official ellipsoidal area, unrounded | patch | the scenes have no CRS |' facts --markdown
[ "$(head -n 2 out)" = "| name | type | unit | zh | en | source | unknown when |
|---|---|---|---|---|---|---|" ] || wrong "no Markdown table"
[ "$(grep -c '^| `' out)" = "$("$tuban" facts --json | grep -o '"name"' | wc -l)" ] || wrong "not one row per fact"
refuses 2 'exclude each other' facts --json --markdown
says 'farmland' rules list
says '{"rulebooks": [{"rulebook": ' rules list --json
printf 'rulebook: mine\n' >book.yaml
refuses 2 'book.yaml' rules check book.yaml
refuses 2 'none.yaml' rules check none.yaml
refuses 2 'none.tif' info none.tif
refuses 2 'none.csv' scenes none.csv
printf 'path,dates\na.tif,2021-01-01\n' >scenes.csv
refuses 3 'did you mean "date"' scenes scenes.csv
refuses 2 'none.tif' detect none.tif none.tif -o o.gpkg
[ ! -e o.gpkg ] || wrong "a refused job left an output"

if [ -e /dev/full ]; then
  arguments=(facts '>/dev/full')
  "$tuban" facts >/dev/full 2>err
  code=$?
  [ $code = 1 ] || wrong "exit code $code for a standard output that is full"
fi

[ $failures = 0 ] || exit 1
echo "all answers as expected"
