#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# abi_diff.sh SOURCE WORK: does this tree's library still serve programs built against the last tag's? Builds both with
# debug information and compares them with abidiff. 77 where there is nothing to compare.
set -euo pipefail
source=$1 work=$2
command -v abidiff >/dev/null || { echo "abidiff (Debian: abigail-tools) is not installed: nothing was compared"; exit 77; }
tag=$(git -C "$source" describe --tags --abbrev=0 2>/dev/null) ||
  { echo "no commit before this one has a tag: there is no earlier ABI to compare with"; exit 77; }
git -C "$source" cat-file -e "$tag:package/CMakeLists.txt" 2>/dev/null ||
  { echo "$tag has no shared library: there is no earlier ABI to compare with"; exit 77; }

rm -rf "$work"
mkdir -p "$work/tag"
git -C "$source" archive "$tag" | tar -x -C "$work/tag"
library() {  # source, build
  cmake -S "$1" -B "$2" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DTUBAN_TESTS=OFF -DTUBAN_BENCH=OFF >/dev/null
  cmake --build "$2" --target tuban_shared -- --quiet
  readlink -f "$2/lib/libtuban.so"
}
old=$(library "$work/tag" "$work/old") new=$(library "$source" "$work/new")
if [ "$(readelf -d "$old" | grep SONAME)" != "$(readelf -d "$new" | grep SONAME)" ]; then
  echo "$tag's library has another SONAME: nothing has to stay as it was"
  exit 0
fi
report=$(abidiff --no-added-syms --headers-dir1 "$work/tag/engine/include" --headers-dir2 "$source/engine/include" \
  "$old" "$new") || { echo "$report"; echo "the ABI is not that of $tag, and the SONAME is the same"; exit 1; }
echo "the ABI is that of $tag"
