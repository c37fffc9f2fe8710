#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_debian.sh BUILD WORK CXX VERSION [PYTHON]: cpack makes packages that this system can install; unpacked into a root of
# their own, the command line runs, a consumer builds, and PYTHON imports its package and finds the QGIS plugin.
set -euo pipefail
build=$1 work=$2 cxx=$3 version=$4 python=${5:-}
for tool in dpkg-deb dpkg-shlibdeps file apt-get; do
  command -v "$tool" >/dev/null || { echo "no $tool here: no Debian package is made"; exit 77; }
done
rm -rf "$work"
mkdir -p "$work"
(cd "$build" && cpack -G DEB -B "$work" >"$work/log" 2>&1) || { cat "$work/log" >&2; exit 1; }

packages=("$work"/*.deb)
expected=(libtuban libtuban-dev tuban)
[ -z "$python" ] || expected+=(python3-tuban qgis-plugin-tuban)
[ "${#packages[@]}" = "${#expected[@]}" ] || { echo "expected ${expected[*]}, found ${packages[*]}" >&2; exit 1; }
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
if [ -n "$python" ]; then
  found=$(PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$work/root/usr/lib/python3/dist-packages "$python" -c \
    'import tuban; print(tuban.__file__, tuban.__version__)')
  [ "tuban ${found#"$work/root/usr/lib/python3/dist-packages/tuban/__init__.py "}" = "$("$work/root/usr/bin/tuban" --version)" ] ||
    { echo "the Python package is another one: $found" >&2; exit 1; }
  cmp <(cd "$work/root/usr/share/qgis/python/plugins/tuban_qgis" && cat *) \
    <(cd "$(dirname "$0")/../../bindings/qgis/tuban_qgis" && cat *.*)
fi
for how in shared pkg-config; do
  "$(dirname "$0")/consume.sh" "$how" "$work/root/usr" "$work/$how" "$cxx" "$version"
done
