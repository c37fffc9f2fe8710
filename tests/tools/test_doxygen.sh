#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_doxygen.sh SOURCE WORK: the reference builds without a warning and has both languages; a comment that
# does not fit its function is noticed.
set -euo pipefail
source=$1 work=$2
command -v doxygen >/dev/null || { echo "doxygen is not installed"; exit 77; }
fail() { echo "test_doxygen: $*" >&2; exit 1; }

rm -rf "$work"
mkdir -p "$work/reference" "$work/wrong"
cd "$source"
TUBAN_DOCS=$work/reference doxygen docs/Doxyfile 2>"$work/said" || fail "doxygen docs/Doxyfile: $(cat "$work/said")"
[ ! -s "$work/said" ] || fail "doxygen says: $(cat "$work/said")"
for header in engine/include/tuban/*.h bindings/c/include/*.h; do
  name=$(basename "$header" .h)
  [ -s "$work/reference/html/${name//_/__}_8h.html" ] || fail "the reference has no page for $header"
done
for sentence in "Runs the whole line" "Runs a job" "Handles are made by"; do
  grep -rqs "$sentence" "$work/reference/html" || fail "the reference does not hold: $sentence"
done

printf '/** Adds.\n * @param c there is none */\nint add(int a, int b);\n' >"$work/wrong/wrong.h"
if (cat docs/Doxyfile; echo "INPUT = $work/wrong") | TUBAN_DOCS=$work/wrong doxygen - 2>"$work/said"; then
  fail "a parameter that there is not went unnoticed"
fi
grep -q "wrong.h.*'c'" "$work/said" || fail "expected a warning about parameter c, found: $(cat "$work/said")"
