#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_resume.sh TUBAN SCENE DUMP KILLS SIZE [PATCHES]: processes that are killed, interrupted or run out of disk
# anywhere in a run with layers and rules end, resumed, as one that was left alone (G4).
set -uo pipefail
tuban=$(realpath "$1") scene=$(realpath "$2") dump=$(realpath "$3") kills=$4 size=$5 least=${6:-1}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
unset TUBAN_THREADS TUBAN_MEMORY
export GDAL_PAM_ENABLED=NO
failures=0
RANDOM=7

wrong() {
  echo "FAILED: $*"
  sed 's/^/  out: /' out | head -5
  sed 's/^/  err: /' err | head -5
  failures=$((failures + 1))
}

"$scene" generate --width $size --height $size --tile 64 --seed 3 . >/dev/null || exit 1
mkdir results
job=(detect before.tif after.tif -o results/x.gpkg --before-valid before_valid.tif --after-valid after_valid.tif
  --layers layers.yaml --min-area 1px --mask results/mask.tif --score results/score.tif --tile 128)
content() { "$dump" results/x.gpkg results/mask.tif results/score.tif; }

now() { date +%s%N; }
begin=$(now)
"$tuban" "${job[@]}" --checkpoint 0.01 --json >out 2>err || wrong "the run that is left alone fails"
took=$(($(now) - begin))
content >whole.txt && [ -s whole.txt ] || wrong "no dump"
patches=$(sed 's/.*"patches": \([0-9]*\),.*/\1/' out)
[ "$patches" -ge "$least" ] || wrong "only $patches patches"
rm results/*

# Kills a run after a share, in percent, of the time that one took.
kill_after() { # PERCENT OPTIONS...
  "$tuban" "${job[@]}" --checkpoint 0.01 "${@:2}" >out 2>err &
  local pid=$!
  sleep $(printf '%d.%09d' $((took * $1 / 100 / 1000000000)) $((took * $1 / 100 % 1000000000)))
  kill -KILL $pid 2>/dev/null
  wait $pid 2>/dev/null
}
resumed=0
resume() { # WHAT
  "$tuban" "${job[@]}" --resume --json >out 2>err || wrong "resuming after $1 fails"
  [ "$(sed 's/.*"resumed_pixels": \([0-9]*\),.*/\1/' out)" != 0 ] && resumed=$((resumed + 1))
  content | cmp -s - whole.txt || wrong "resumed after $1 the result is another"
  [ "$(ls -A results | tr '\n' ' ')" = "mask.tif score.tif x.gpkg " ] || wrong "after $1 results/ holds $(ls -A results)"
  rm -rf results/* results/.[!.]*
}

for ((i = 0; i < kills; ++i)); do
  at=$((20 + RANDOM % 80))
  kill_after $at
  [ $((RANDOM % 3)) = 0 ] && [ ! -e results/x.gpkg ] && kill_after $((20 + RANDOM % 80)) --resume
  resume "kill -9 at $at %"
done
echo "$resumed of $kills killed runs reported resumed pixels"
[ $kills -lt 30 ] || [ $((2 * resumed)) -gt $kills ] || wrong "only $resumed of $kills runs were resumed"

# The first Ctrl-C saves what there is. It comes once there is something; a run that ends meanwhile is tried again.
for attempt in 1 2 3 4 5 6 7 8; do
  "$tuban" "${job[@]}" --checkpoint 0.01 >out 2>err &
  pid=$!
  until [ -e results/.x.gpkg.tuban-work/scan.state ] || ! kill -0 $pid 2>/dev/null; do sleep 0.002; done
  kill -INT $pid 2>/dev/null
  wait $pid 2>/dev/null
  code=$?
  [ $code = 130 ] && grep -q 'tuban: .*--resume' err && break
  rm -rf results/* results/.[!.]*
done
grep -qx 'tuban: the run was stopped on request; --resume goes on where it ended' err || wrong "no word of --resume"
resume "an interrupt"
grep -q '"resumed_pixels": [1-9]' out || wrong "an interrupted run is not resumed"

# A full disk: no file may grow beyond so many KiB. The scores are the largest.
saved=0
for share in 20 50 80; do
  limit=$((size * size * 4 / 1024 * share / 100))
  (ulimit -f $limit && "$tuban" "${job[@]}" --checkpoint 0) >out 2>err
  code=$?
  [ $code = 4 ] || wrong "exit code $code where the disk is full"
  grep -q '^tuban: .*File too large' err || wrong "no word of the full disk"
  # Workers may run into the limit before anything is committed: then there is nothing to go on with.
  if [ -e results/.x.gpkg.tuban-work/scan.state ]; then
    grep -q 'once that is mended, --resume goes on where it ended$' err || wrong "no word of --resume"
    saved=$((saved + 1))
  else
    ! grep -q -e '--resume' err || wrong "word of --resume where nothing was saved"
  fi
  resume "a full disk"
done
[ $saved -gt 0 ] || wrong "no full disk left a state to go on with"

# Done is done.
"$tuban" "${job[@]}" -q >out 2>err || wrong "a run that is left alone fails"
"$tuban" "${job[@]}" --resume >out 2>err || wrong "resuming a finished run fails"
[ "$(head -n 1 out)" = "finished already, nothing was to be done" ] || wrong "a finished run is not said to be"
"$tuban" "${job[@]}" --resume --json >out 2>err || wrong "resuming a finished run fails"
grep -q '"finished_before": true' out || wrong "JSON does not say that the run was finished"

[ $failures = 0 ] || exit 1
echo "all as expected"
