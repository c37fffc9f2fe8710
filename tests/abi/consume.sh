#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# consume.sh HOW PREFIX WORK CXX [VERSION]: builds the consumer against what is installed in PREFIX and runs it. HOW is
# shared or static (by CMake) or pkg-config.
set -euo pipefail
how=$1 prefix=$2 work=$3 cxx=$4 version=${5:-}
source=$(dirname "$0")/consumer
fail() {
  echo "consume: $*" >&2
  exit 1
}
third_parties='gdal|ogr|tiff|proj|geos|sqlite|tbb|oneapi|opencv|eigen|hwy|yaml-cpp|nlohmann|fmt|xlsxwriter'

rm -rf "$work"
mkdir -p "$work"
case $how in
  shared | static)
    options=(-S "$source" -B "$work" -G Ninja -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_PREFIX_PATH="$prefix"
      -DCONSUMER_STATIC="$([ "$how" = static ] && echo ON || echo OFF)")
    if [ "$how" = shared ]; then  # it must not even look for what it does not need
      for package in GDAL TIFF PROJ SQLite3 TBB OpenCV Eigen3 OpenMP PkgConfig yaml-cpp fmt ZLIB; do
        options+=("-DCMAKE_DISABLE_FIND_PACKAGE_$package=ON")
      done
    fi
    cmake "${options[@]}" -DCONSUMER_WANTS="$version" >"$work/log" 2>&1 || fail "configuring: $(cat "$work/log")"
    cmake --build "$work" >"$work/log" 2>&1 || fail "building: $(cat "$work/log")"
    if cmake "${options[@]}" -DCONSUMER_WANTS=99.0 >"$work/log" 2>&1; then
      fail "version 99.0 was asked for and found"
    fi
    grep -q 'requested version "99.0"' "$work/log" || fail "version 99.0 was refused for another reason: $(cat "$work/log")"
    ;;
  pkg-config)
    pc=$(dirname "$(find "$prefix" -name tuban.pc)")
    flags() { PKG_CONFIG_LIBDIR=$pc pkg-config "$@" tuban; }  # the folder of tuban.pc and no other
    [ -z "$version" ] || flags --atleast-version="$version" || fail "tuban.pc is older than $version"
    read -ra cflags <<<"$(flags --cflags)"
    read -ra libs <<<"$(flags --libs)"
    compile=(${CMAKE_CXX_COMPILER_LAUNCHER:+"$CMAKE_CXX_COMPILER_LAUNCHER"} "$cxx" -std=c++20 -Wall -Wextra -Werror "${cflags[@]}" "$source/main.cpp")
    # Not -M: Clang lists there what __has_include asks for.
    "${compile[@]}" -E | sed -n 's/^# [0-9]* "\(\/.*\)".*/\1/p' | sort -u >"$work/headers"
    grep -q '/tuban/job\.h$' "$work/headers" || fail "the compiler lists no tuban/job.h among the headers read"
    if grep -v '/tuban/[a-z]*\.h$\|/main\.cpp$' "$work/headers" | grep -iE "/($third_parties)[^/]*(/|\.h)"; then
      fail "these headers of third parties come in with Tuban's"
    fi
    "${compile[@]}" -c -o "$work/main.o"
    "$cxx" -o "$work/consumer" "$work/main.o" "${libs[@]}" "-Wl,-rpath,${libs[0]#-L}"
    ;;
  *) fail "shared, static or pkg-config, not $how" ;;
esac

needed=$(readelf -d "$work/consumer" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
if [ "$how" = static ]; then
  ! grep -q '^libtuban' <<<"$needed" || fail "the static consumer needs libtuban"
else
  grep -q '^libtuban\.so\.' <<<"$needed" || fail "the consumer does not need libtuban"
  ! grep -iE "^lib($third_parties)" <<<"$needed" || fail "the consumer needs these itself"
fi
"$work/consumer" "$work/out.gpkg"
[ -s "$work/out.gpkg" ] || fail "no $work/out.gpkg"
