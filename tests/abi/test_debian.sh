#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_debian.sh BUILD WORK CXX VERSION: cpack makes packages that this system can install; unpacked into a root of their own,
# the command line runs and a consumer builds.
set -euo pipefail
build=$1 work=$2 cxx=$3 version=$4
for tool in dpkg-deb dpkg-shlibdeps file apt-get; do
  command -v "$tool" >/dev/null || { echo "no $tool here: no Debian package is made"; exit 77; }
done
rm -rf "$work"
mkdir -p "$work"
(cd "$build" && cpack -G DEB -B "$work" >"$work/log" 2>&1) || { cat "$work/log" >&2; exit 1; }

packages=("$work"/*.deb)
[ "${#packages[@]}" = 3 ] || { echo "expected three packages, found ${packages[*]}" >&2; exit 1; }
simulated=$(apt-get --simulate install "${packages[@]}" 2>&1) || { echo "$simulated" >&2; exit 1; }
for package in "${packages[@]}"; do
  name=$(dpkg-deb -f "$package" Package)
  grep -q "^Inst $name " <<<"$simulated" || { echo "$name would not be installed: $simulated" >&2; exit 1; }
  dpkg-deb -x "$package" "$work/root"
done
dpkg-deb -f "$work"/libtuban-dev_*.deb Depends | grep -q '^libtuban[0-9.]* (= [0-9.]*)$' ||
  { echo "libtuban-dev depends on more than its library" >&2; exit 1; }

[ "$("$work/root/usr/bin/tuban" --version)" = "$("$build/bin/tuban" --version)" ] ||
  { echo "the tool in the package is of another version" >&2; exit 1; }
for how in shared pkg-config; do
  "$(dirname "$0")/consume.sh" "$how" "$work/root/usr" "$work/$how" "$cxx" "$version"
done
