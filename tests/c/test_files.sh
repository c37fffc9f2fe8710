#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_files.sh FILES TUBAN SCENE DUMP [VALGRIND...]: a job file, marking and explaining give from C what the command
# line gives.
set -euo pipefail
files=$1 tuban=$2 scene=$3 dump=$4
shift 4
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"$scene" generate "$folder" --seed 5 --width 640 --height 600 >/dev/null
"$@" "$files" job.yaml layers.yaml c.gpkg c_marked.gpkg >c.txt
"$tuban" detect --job job.yaml -o cli.gpkg --overwrite -q
"$tuban" mark c.gpkg -o cli_marked.gpkg --layers layers.yaml --pixel-size 1 -q
"$tuban" explain cli_marked.gpkg --rank 1 >cli.txt
"$tuban" explain cli_marked.gpkg --rank 1 --lang zh >>cli.txt
"$tuban" explain cli_marked.gpkg --rank 1 --json | sed 's/^{"patches": \[\(.*\)\]}$/\1/' >>cli.txt
for result in "" _marked; do
  [ -n "$("$dump" "c$result.gpkg" | grep -m 1 patch_id)" ] || { echo "c$result.gpkg holds no patch" >&2; exit 1; }
  cmp <("$dump" "c$result.gpkg") <("$dump" "cli$result.gpkg")
done
diff <(sed 's/c_marked/cli_marked/g' c.txt) cli.txt
