#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_check_symbols.sh CXX WORK: check_symbols.sh accepts the library whose list it wrote, and refuses one that
# exports more, less, or what a template leaves behind.
set -euo pipefail
cxx=$1 work=$2
rm -rf "$work"
mkdir -p "$work"
cp "$(dirname "$0")/check_symbols.sh" "$work"

library() {  # name, source
  printf '%s\n' "$2" >"$work/$1.cpp"
  "$cxx" -shared -fPIC -fvisibility=hidden -o "$work/$1.so" "$work/$1.cpp"
}
says() {  # name, line expected
  local said
  if said=$("$work/check_symbols.sh" "$work/$1.so"); then
    echo "$1: was accepted" >&2
    exit 1
  fi
  grep -qxF -- "$2" <<<"$said" || { echo "$1: expected the line $2 in: $said" >&2; exit 1; }
}

api='#define API __attribute__((visibility("default")))
#include <string>
namespace tuban {'
library listed "$api API int run(const std::string&) { return 1; } int own() { return 2; } }"
library more "$api API int run(const std::string&) { return 1; } API int own() { return 2; } }"
library less "$api API int walk(const std::string&) { return 1; } }"
library leaks "$api template <class T> struct API Leak { static int get() { return 1; } };
  API int run(const std::string&) { return Leak<long>::get(); } }"

"$work/check_symbols.sh" --update "$work/listed.so"
"$work/check_symbols.sh" "$work/listed.so"
says more '+tuban::own()'
says less '-tuban::run(std::string const&)'
says leaks '+tuban::Leak<long>::get()'
