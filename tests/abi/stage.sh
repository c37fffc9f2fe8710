#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# stage.sh BUILD PREFIX: installs, and moves what is installed to PREFIX: nothing may know where it was put first.
set -euo pipefail
build=$1 prefix=$2
rm -rf "$prefix" "$prefix.first"
mkdir -p "$(dirname "$prefix")"
cmake --install "$build" --prefix "$prefix.first" >/dev/null
mv "$prefix.first" "$prefix"
if grep -rIl -e "$prefix.first" -e "$build" "$prefix"; then
  echo "stage: these files name the folder they were built or installed in" >&2
  exit 1
fi
version=$("$prefix/bin/tuban" --version)
[ -n "$version" ] || { echo "stage: bin/tuban says no version" >&2; exit 1; }
echo "$version"
