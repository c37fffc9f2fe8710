#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check_rules.sh ROOT: the rules of who may know what. Prints every breach as file:line: rule, and fails if
# there is one.
set -euo pipefail
cd "$1"

find kernels engine bindings \( -name '*.h' -o -name '*.cpp' -o -name '*.c' -o -name '*.inl' \) -print0 |
  LC_ALL=C sort -z | LC_ALL=C xargs -0 awk '
function breach(rule) {
  printf "%s:%d: %s: %s\n", FILENAME, FNR, rule, $0
  broken = 1
}
function room(path) {
  if (path ~ /^engine\/include\//) return "public"
  if (match(path, /^engine\/[a-z_]+\//)) return substr(path, 8, RLENGTH - 8)
  if (match(path, /^[a-z]+\//)) return substr(path, 1, RLENGTH - 1)
  return ""
}
# <name>: a header of the C++ standard library has neither folder nor suffix.
function is_std(name) { return name ~ /^[a-z0-9_]+$/ }

FNR == 1 {
  here = room(FILENAME)
  if ($0 !~ /SPDX-License-Identifier: Apache-2.0/) breach("the first line is the SPDX line")
}
{ line = $0; sub(/\/\/.*/, "", line) }

line ~ /^[ \t]*#[ \t]*include/ {
  quoted = line ~ /"/
  name = line
  sub(/^[^"<]*["<]/, "", name)
  sub(/[">].*$/, "", name)
  there = quoted ? room(name) : ""

  if (here == "kernels") {
    if (name !~ /^(kernels|hwy|Eigen)\// && !is_std(name)) breach("kernels know only std, Eigen, Highway")
    if (name ~ /^(thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier|stop_token|atomic|fstream|iostream|filesystem|chrono|cstdio|ctime)$/)
      breach("kernels know no threads, files, clocks or I/O")
  }
  if (here == "public" && name !~ /^tuban\// && !is_std(name)) breach("public headers know only public headers and std")
  if (here == "bindings") {
    if (quoted && name !~ /^(tuban|bindings)\/[a-z0-9_\/]+\.h$/) breach("bindings know only public headers")
    if (!quoted && name ~ /^(engine|kernels|gdal|ogr|cpl_|tbb|oneapi|opencv2|geos|yaml-cpp)/) breach("bindings know only public headers")
  }
  if (name ~ /(^|\/)(gdal|ogr|cpl_|vrt)[a-z0-9_]*\.h$/ && here !~ /^(io|align)$/)
    breach("only engine/io and engine/align know GDAL")
  if (name ~ /^tiff[a-z]*\.h$/ && here != "io") breach("only engine/io knows libtiff")
  if (name ~ /^opencv2\// && here != "align") breach("only align knows OpenCV")
  if (name ~ /^(tbb|oneapi)\// && FILENAME != "engine/scan/executor_tbb.cpp") breach("only its executor knows oneTBB")
  if (name == "omp.h" && FILENAME != "engine/scan/executor_openmp.cpp") breach("only its executor knows OpenMP")

  if (here == "scan" && there ~ /^(patch|rules|io|align)$/) breach("scan is below patch, rules, io and align")
  if (here == "patch" && there ~ /^(rules|io|align)$/) breach("patch is below rules, io and align")
  if (here == "rules" && there ~ /^(io|align)$/) breach("rules know neither io nor align")
  if (here == "io" && there == "align") breach("io is below align")
  if (here ~ /^(scan|patch|rules|io|align)$/ && there == "delivery") breach("delivery is above every other room")
  if (name ~ /^xlsxwriter/ && here != "delivery") breach("only delivery knows libxlsxwriter")
  if (here ~ /^(scan|patch|rules|io|align|delivery)$/ && there == "engine") breach("rooms know nothing of what ties them together")
  if (here ~ /^(kernels|public|scan|patch|rules|io|align|delivery|engine)$/ && there ~ /^(bindings|bench|tests)$/) breach("the library knows none of its users")
}

line ~ /#[ \t]*pragma[ \t]+omp/ && line !~ /pragma[ \t]+omp[ \t]+simd/ && FILENAME != "engine/scan/executor_openmp.cpp" {
  breach("only its executor knows OpenMP")
}

here == "bindings" { next }
{
  code = line
  gsub(/"([^"\\]|\\.)*"/, "\"\"", code)
  gsub(/[A-Za-z0-9_]+/, " & ", code)  # awk has no word boundary
}
code ~ / (printf|vprintf|puts|putchar|perror) *\(/ || code ~ / (stdout|stderr|cout|cerr|clog) / || code ~ / fmt *:: *print / {
  breach("the library never prints (G7)")
}
code ~ / (exit|_exit|_Exit|quick_exit|abort|terminate) *\(/ { breach("the library never ends the process (G7)") }
code ~ / (signal|sigaction|setenv|putenv|unsetenv|setlocale|chdir|umask|omp_set_[a-z_]+|CPLSetConfigOption|CPLSetConfigOptions|CPLSetErrorHandler|CPLSetErrorHandlerEx|GDALSetCacheMax|GDALSetCacheMax64|setNumThreads) *\(/ {
  breach("the library changes nothing global (G7)")
}
(code ~ / std *:: *(thread|jthread) *[^: ]/ || code ~ / std *:: *async / || code ~ / pthread_create /) && FILENAME != "engine/scan/executor_jthread.cpp" {
  breach("only executors start threads")
}
END { exit broken }
'
