#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_abi_diff.sh ABI_DIFF WORK: abi_diff.sh, on a small repository, refuses a struct that has grown since the tag,
# accepts a function more, and asks for nothing where the SONAME has changed or there is no tag.
set -euo pipefail
abi_diff=$1 work=$2
command -v abidiff >/dev/null || { echo "abidiff (Debian: abigail-tools) is not installed"; exit 77; }
rm -rf "$work"
mkdir -p "$work/repo/package" "$work/repo/engine/include"
cd "$work/repo"

write() {  # fields of Job, more functions, SOVERSION
  cat >CMakeLists.txt <<END
cmake_minimum_required(VERSION 3.25)
project(tuban LANGUAGES CXX)
add_subdirectory(package)
END
  cat >package/CMakeLists.txt <<END
add_library(tuban_shared SHARED \${PROJECT_SOURCE_DIR}/run.cpp)
target_include_directories(tuban_shared PRIVATE \${PROJECT_SOURCE_DIR}/engine/include)
set_target_properties(tuban_shared PROPERTIES OUTPUT_NAME tuban SOVERSION $3
  LIBRARY_OUTPUT_DIRECTORY \${PROJECT_BINARY_DIR}/lib)
END
  printf '#pragma once\nstruct Job { %s };\nint run(const Job& job);\n' "$1" >engine/include/job.h
  printf '#include "job.h"\nint run(const Job& job) { return job.a; }\n%s\n' "$2" >run.cpp
}
expect() {  # exit code, words
  local code=0 said
  said=$("$abi_diff" "$work/repo" "$work/out" 2>&1) || code=$?
  if [ "$code" != "$1" ] || ! grep -q "$2" <<<"$said"; then
    echo "expected code $1 and \"$2\", got $code and: $said" >&2
    exit 1
  fi
}

git init -q .
git config user.name tuban
git config user.email tuban@example.org
git config commit.gpgsign false
write 'int a;' '' 1
git add -A
git commit -q -m first
expect 77 'no earlier ABI'
git tag v1
expect 0 'is that of v1'
write 'int a;' 'int walk() { return 1; }' 1
expect 0 'is that of v1'
write 'int a; int b;' '' 1
expect 1 'is not that of v1'
write 'int a; int b;' '' 2
expect 0 'another SONAME'
