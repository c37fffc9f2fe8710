# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts of this folder: where things lie, and the pairs they all measure on.
#   BENCH_BIN   programs, default build/release/bin       BENCH_OUT  pairs and results, default out/bench
#   BENCH_SIZE  pixels a side, default 10980              BENCH_RUNS interleaved runs, default 5
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BENCH_BIN=${BENCH_BIN:-$root/build/release/bin}
BENCH_OUT=${BENCH_OUT:-$root/out/bench}
BENCH_SIZE=${BENCH_SIZE:-10980}
BENCH_RUNS=${BENCH_RUNS:-5}
mkdir -p "$BENCH_OUT"
tuban=$BENCH_BIN/tuban
result=$BENCH_OUT/result.gpkg

say() { printf '== %s\n' "$*" >&2; }

machine() {
  printf 'machine: %s, %s cores, %s\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" \
    "$(awk '/MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo)"
}

race() { "$BENCH_BIN/tuban-race" --runs "$BENCH_RUNS" "$@"; }

# The standard pair: two dates of 4 bands uint16, clouds as nodata in the images, changes only where they were
# planted (harvests would be found too, rightly, and by the ten thousand), about 100,000 parcels.
paint() { # FOLDER CHANGES OPTION...
  local folder=$1 changes=$2
  shift 2
  [ -f "$folder/done" ] && return
  say "painting $folder ($BENCH_SIZE x $BENCH_SIZE, once)"
  "$BENCH_BIN/tuban-scene" generate "$folder" --seed 11 --width "$BENCH_SIZE" --height "$BENCH_SIZE" \
    --compression NONE --threads "$(nproc)" --validity nodata --shift 0 --phenology 0 --restless 0.2 \
    --field-width 58 --changes "$changes" "$@" >&2
  touch "$folder/done"
}

# Planted changes for about 2,000 patches at 10,980 x 10,980.
standard_changes() { echo $((BENCH_SIZE * BENCH_SIZE / 70900)); }

recompress() { # FROM TO COMPRESSION TILE
  local from=$1 to=$2 compression=$3 tile=$4 options date
  [ -f "$to/done" ] && return
  say "writing $to ($compression, blocks of $tile)"
  mkdir -p "$to"
  options=(-co "COMPRESS=$compression" -co BIGTIFF=IF_SAFER -co INTERLEAVE=PIXEL -co NUM_THREADS=ALL_CPUS)
  [ "$compression" = NONE ] || options+=(-co PREDICTOR=2)
  if [ "$tile" = strips ]; then options+=(-co BLOCKYSIZE=16); else options+=(-co TILED=YES -co "BLOCKXSIZE=$tile" -co "BLOCKYSIZE=$tile"); fi
  for date in before after; do gdal_translate -q "${options[@]}" "$from/$date.tif" "$to/$date.tif"; done
  cp "$from/job.yaml" "$from/layers.yaml" "$to/"
  ln -sf "$(realpath "$from/layers.gpkg")" "$to/layers.gpkg"
  touch "$to/done"
}

pair() { # none | deflate | zstd: prints the folder of the standard pair
  local base=$BENCH_OUT/pair-$BENCH_SIZE
  paint "$base/none" "$(standard_changes)"
  case $1 in
    none) ;;
    deflate) recompress "$base/none" "$base/deflate" DEFLATE 512 ;;
    zstd) recompress "$base/none" "$base/zstd" ZSTD 512 ;;
  esac
  echo "$base/$1"
}

warm() { cat "$@" >/dev/null; }
pixels() { echo $((BENCH_SIZE * BENCH_SIZE)); }
detect() { # FOLDER OPTION...: the command of a whole chain: layers, rules, GeoPackage
  local folder=$1
  shift
  echo "exec '$tuban' detect '$folder/before.tif' '$folder/after.tif' --before-date 2023-05-18 --after-date 2023-10-12 --layers '$folder/layers.yaml' -o '$result' --overwrite --progress none $*"
}
floor() { # FOLDER THREADS: the command that only decodes both images
  echo "exec '$BENCH_BIN/tuban-floor' --threads $2 '$1/before.tif' '$1/after.tif'"
}
field() { # KEY: its number in a --json report on stdin
  sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p" | tail -n 1
}
count_of() { # FOLDER: patches and parcels of a pair
  local report
  report=$(eval "$(detect "$1" --json) | cat" 2>/dev/null) || { echo "bench: tuban detect failed on $1" >&2; return 1; }
  printf '%s patches, %s findings, %s changed of %s pixels; %s parcels\n' "$(field patches <<<"$report")" \
    "$(field findings <<<"$report")" "$(field changed_pixels <<<"$report")" "$(field pixels <<<"$report")" \
    "$(ogrinfo -ro -so "$1/layers.gpkg" DLTB 2>/dev/null | sed -n 's/Feature Count: //p')"
}
