#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A prefecture's patches over all its layers: overlay, facts and rules against the same overlay with shapely 2 and with
# PostGIS, from the same GeoPackage, in interleaved rounds; then every piece is compared. Loading is shown apart: the
# peers read every layer before they overlay; tuban reads features near patches while it marks, and what that takes,
# measured in the same round by tuban-overlay, is moved from its overlay to its loading (CPU time by threads).
# usage: bench/overlay.sh [SCALE]      SCALE: share of a whole prefecture, default 1; BENCH_RUNS rounds, default 3
# shapely 2 is not in Debian 12: BENCH_PYTHON names a python3 that has it (python3 -m venv V && V/bin/pip install
# 'shapely>=2' pyogrio). PostGIS: apt install postgresql-15 postgresql-15-postgis-3; a server of its own is started.
set -euo pipefail
BENCH_RUNS=${BENCH_RUNS:-3}
source "$(dirname "$0")/common.sh"
scale=${1:-1}
python=${BENCH_PYTHON:-/usr/bin/python3}
peers=$root/bench/peers
folder=$BENCH_OUT/prefecture-$scale
work=$BENCH_OUT/overlay
threads=2
rm -rf "$work"
mkdir -p "$work"
if [ ! -f "$folder/done" ]; then
  say "writing $folder (once)"
  "$BENCH_BIN/tuban-scene" prefecture "$folder" --scale "$scale" >&2
  touch "$folder/done"
fi
patches=$folder/patches.gpkg layers=$folder/layers.gpkg

server=
stop_server() { [ -z "$server" ] || "$peers/overlay_postgis.sh" stop "$server"; }
trap stop_server EXIT
programs=tuban
missing=()
if "$python" -c 'import shapely, pyogrio; assert shapely.__version__ >= "2"' 2>/dev/null; then
  programs+=" shapely"
else
  missing+=("shapely 2 with STRtree: not installed: python3 -m venv V && V/bin/pip install 'shapely>=2' pyogrio, then BENCH_PYTHON=V/bin/python")
fi
if [ -x "${BENCH_PG_BIN:-/usr/lib/postgresql/15/bin}/initdb" ] && [ -f /usr/share/postgresql/15/extension/postgis.control ]; then
  server=$(mktemp -d /tmp/tuban-bench-pg.XXXXXX)
  say "starting a PostGIS server in $server and loading it"
  "$peers/overlay_postgis.sh" start "$server"
  "$peers/overlay_postgis.sh" load "$server" "$patches" "$layers" >"$work/postgis.load"
  programs+=" postgis"
else
  missing+=("PostGIS: not installed: apt install postgresql-15 postgresql-15-postgis-3")
fi

one() { # PROGRAM [PIECES.tsv]
  case $1 in
    tuban) # load: patches read and measured; emit: every table written, which the others do not
      local report reading
      report=$("$tuban" mark "$patches" --layers "$folder/layers.yaml" -o "$work/marked.gpkg" --overwrite --threads $threads --progress none --json)
      stage() { sed -n "s/.*\"stage\": \"$1\", \"seconds\": \([0-9.]*\), \"cpu_seconds\": \([0-9.]*\).*/\\$2/p" <<<"$report"; }
      reading=$("$BENCH_BIN/tuban-overlay" "$patches" --layers "$folder/layers.yaml" --threads $threads | sed -n 's/^reading \([0-9.]*\).*/\1/p')
      printf 'mark %s s\nreading %s s\nemit %s s\npeak %s MB\n' "$(stage mark 1)" "$reading" "$(stage emit 1)" \
        "$(($(field peak_rss_bytes <<<"$report") / 1000000))"
      awk -v read="$(stage read 1)" -v mark="$(stage mark 1)" -v cpu="$(stage mark 2)" -v reading="$reading" -v threads=$threads \
        'BEGIN {printf "load %.3f s\noverlay %.3f s\ncpu %.3f s\n", read + reading / threads, mark - reading / threads, cpu - reading}'
      ;;
    shapely) "$python" "$peers/overlay_shapely.py" "$patches" "$layers" ${2:+"$2"} ;;
    postgis) cat "$work/postgis.load" && "$peers/overlay_postgis.sh" run "$server" ${2:+"$2"} ;;
  esac
}

machine
rest=${programs#tuban}
"$BENCH_BIN/tuban-overlay" "$patches" --layers "$folder/layers.yaml" --pieces "$work/tuban.tsv"
for ((round = 0; round <= BENCH_RUNS; ++round)); do # the first warms
  for program in $programs; do
    say "round $round: $program"
    pieces=
    [ "$round" -gt 0 ] || [ "$program" = tuban ] || pieces=$work/$program.tsv
    one "$program" $pieces | sed "s/^/$round $program /" >>"$work/times"
  done
done

# Medians of rounds; the ratio is taken inside each round.
awk -v runs="$BENCH_RUNS" -v programs="$programs" '
  function median(values, n,   i, j, t) {
    for (i = 2; i <= n; ++i) for (j = i; j > 1 && values[j - 1] > values[j]; --j) {t = values[j]; values[j] = values[j - 1]; values[j - 1] = t}
    return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
  }
  function middle(program, what,   i, v) {for (i = 1; i <= runs; ++i) v[i] = got[i, program, what]; return median(v, runs)}
  function ratio(program, what,   i, v) {for (i = 1; i <= runs; ++i) v[i] = got[i, program, what] / got[i, "tuban", what]; return median(v, runs)}
  $1 > 0 {got[$1, $2, $3] = $4; if ($3 == "pieces" || $3 == "facts") got[$1, $2, "overlay"] += $4}
  $3 == "version" {name = $0; sub(/^[0-9]+ [a-z]+ version /, "", name); version[$2] = name}
  END {
    printf "\n| %s | load s | pieces s | overlay + facts s | CPU s | peak MB | ratio | CPU ratio |\n|---|---|---|---|---|---|---|---|\n", "medians of " runs " interleaved rounds"
    n = split(programs, list, " ")
    for (k = 1; k <= n; ++k) {
      p = list[k]
      printf "| %s | %.1f | %s | %.2f | %.2f | %.0f | %.2f | %.2f |\n", p == "tuban" ? "tuban mark, with all rules and ellipsoidal areas" : version[p], middle(p, "load"),
        p == "tuban" ? "" : sprintf("%.2f", middle(p, "pieces")), middle(p, "overlay"), middle(p, "cpu"), middle(p, "peak"), ratio(p, "overlay"), ratio(p, "cpu")
    }
    printf "tuban: stage mark %.2f s, %.2f s of CPU time in it for reading layers near patches; it then writes every table in %.1f s\n", middle("tuban", "mark"), middle("tuban", "reading"), middle("tuban", "emit")
  }' "$work/times"
for line in "${missing[@]}"; do echo "$line"; done

# Every piece: as many, and planar areas within max(1e-6 A, 1e-4 m2).
failed=0
for program in $rest; do
  awk -F'\t' -v other="$program" '
    {key = $1 FS $2 FS $3}
    NR == FNR {area[key] = $4; ++ours; next}
    {++theirs; if (!(key in area)) {++alone; next}
     d = area[key] - $4; d = d < 0 ? -d : d; limit = 1e-6 * $4; limit = limit > 1e-4 ? limit : 1e-4
     if (d / limit > worst) worst = d / limit; if (d > limit) ++off}
    END {printf "pieces, tuban and %s: %d and %d, %d without a partner, %d further apart than max(1e-6 A, 1e-4 m2), worst %.4f of it\n", other, ours, theirs, alone, off, worst
      exit !(ours == theirs && alone == 0 && off == 0)}' "$work/tuban.tsv" "$work/$program.tsv" || failed=1
done
exit "$failed"
