#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_check_rules.sh: plants one breach of every rule in a tree that keeps them all, and expects to be told.
set -euo pipefail
check=$(cd "$(dirname "$0")" && pwd)/check_rules.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

fresh_tree() {
  rm -rf "${tree:?}"/*
  mkdir -p "$tree"/{kernels,engine/{include/tuban,scan,patch,rules,io,align,delivery},bindings/cli}
  local file
  for file in kernels/a.h engine/include/tuban/a.h engine/scan/a.cpp engine/scan/executor_tbb.cpp engine/patch/a.cpp \
    engine/rules/a.cpp engine/io/a.cpp engine/align/a.cpp engine/delivery/a.cpp bindings/cli/a.cpp engine/run.cpp; do
    printf '// SPDX-License-Identifier: Apache-2.0\n#include <vector>\n' >"$tree/$file"
  done
}

expect() {  # pass|breach, file, line of code
  fresh_tree
  printf '%s\n' "$3" >>"$tree/$2"
  local outcome=pass
  "$check" "$tree" >/dev/null || outcome=breach
  if [ "$outcome" != "$1" ]; then
    echo "expected $1, got $outcome: $2: $3"
    failures=$((failures + 1))
  fi
}

expect pass kernels/a.h '#include "hwy/highway.h"'
expect pass kernels/a.h '#include <Eigen/Dense>'
expect pass kernels/a.h '#include "kernels/b.h"  // like engine/x.h'
expect breach kernels/a.h '#include "engine/scan/a.h"'
expect breach kernels/a.h '#include "tuban/a.h"'
expect breach kernels/a.h '#include <opencv2/core.hpp>'
expect breach kernels/a.h '#include <immintrin.h>'
expect breach kernels/a.h '#include <mutex>'
expect breach kernels/a.h '#include <cstdio>'

expect pass engine/io/a.cpp '#include <gdal_priv.h>'
expect pass engine/io/a.cpp '#include "engine/rules/a.h"'
expect pass engine/align/a.cpp '#include <ogr_spatialref.h>'
expect pass engine/align/a.cpp '#include "engine/io/a.h"'
expect breach engine/io/a.cpp '#include "engine/align/a.h"'
expect pass engine/delivery/a.cpp '#include "engine/io/a.h"'
expect pass engine/delivery/a.cpp '#include <xlsxwriter.h>'
expect breach engine/io/a.cpp '#include <xlsxwriter.h>'
expect breach engine/io/a.cpp '#include "engine/delivery/a.h"'
expect breach engine/delivery/a.cpp '#include <gdal_priv.h>'
expect breach engine/delivery/a.cpp '#include "engine/run.h"'
expect breach engine/scan/a.cpp '#include "engine/align/a.h"'
expect breach engine/scan/a.cpp '#include <gdal.h>'
expect breach engine/rules/a.cpp '#include <ogrsf_frmts.h>'
expect breach engine/patch/a.cpp '#include "cpl_conv.h"'
expect breach engine/run.cpp '#include <gdal.h>'

expect pass engine/scan/executor_tbb.cpp '#include <oneapi/tbb/task_arena.h>'
expect breach engine/scan/a.cpp '#include <tbb/parallel_for.h>'
expect breach engine/scan/a.cpp '#include <omp.h>'
expect breach engine/patch/a.cpp '#pragma omp parallel for'
expect breach engine/io/a.cpp '#include <opencv2/core.hpp>'

expect pass engine/rules/a.cpp '#include "engine/patch/a.h"'
expect pass engine/patch/a.cpp '#include "engine/scan/a.h"'
expect breach engine/scan/a.cpp '#include "engine/patch/a.h"'
expect breach engine/scan/a.cpp '#include "engine/io/a.h"'
expect breach engine/patch/a.cpp '#include "engine/rules/a.h"'
expect breach engine/rules/a.cpp '#include "engine/io/a.h"'
expect breach engine/io/a.cpp '#include "engine/plan.h"'
expect breach engine/run.cpp '#include "bindings/cli/a.h"'

expect pass bindings/cli/a.cpp '#include "tuban/job.h"'
expect pass bindings/cli/a.cpp '#include <CLI/CLI.hpp>'
expect pass bindings/cli/a.cpp 'void f() { std::printf("x"); }'
expect breach bindings/cli/a.cpp '#include "engine/scan/a.h"'
expect breach bindings/cli/a.cpp '#include <gdal.h>'

expect pass engine/include/tuban/a.h '#include "tuban/b.h"'
expect breach engine/include/tuban/a.h '#include "engine/scan/a.h"'
expect breach engine/include/tuban/a.h '#include <fmt/format.h>'

expect pass engine/scan/a.cpp 'void f() { std::snprintf(b, 3, "exit(1)"); }'
expect pass engine/scan/a.cpp 'void f() { std::fputs(b, file_); }'
expect breach engine/scan/a.cpp 'void f() { std::fputs(b, stderr); }'
expect breach engine/scan/a.cpp 'void f() { std::printf("x"); }'
expect breach engine/scan/a.cpp 'void f() { std::cerr << 1; }'
expect breach kernels/a.h 'inline void f() { abort(); }'
expect breach engine/io/a.cpp 'void f() { std::exit(1); }'
expect breach engine/io/a.cpp 'void f() { GDALSetCacheMax64(1); }'
expect breach engine/io/a.cpp 'void f() { setenv("A", "b", 1); }'
expect pass engine/io/a.cpp 'void f() { CPLSetThreadLocalConfigOption("A", "b"); }'
expect pass engine/scan/a.cpp 'int f() { return std::thread::hardware_concurrency(); }'
expect breach engine/io/a.cpp 'void f() { std::jthread worker(g); }'
expect breach engine/io/a.cpp 'std::vector<std::thread> crew;'

fresh_tree
echo 'int x;' >"$tree/kernels/b.h"
if "$check" "$tree" >/dev/null; then
  echo "expected breach: a file without the SPDX line"
  failures=$((failures + 1))
fi

[ "$failures" = 0 ] || exit 1
echo "every planted breach was found"
