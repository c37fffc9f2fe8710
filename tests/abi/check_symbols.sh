#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check_symbols.sh [--update] LIBRARY: what the library exports is what symbols.txt beside this says, one name a
# line; --update writes that file.
set -euo pipefail
update=
[ "$1" = --update ] && update=yes && shift
library=$1 list=$(dirname "$0")/symbols.txt
exported=$(nm -DC --defined-only --without-symbol-versions "$library" | sed -E 's/^[0-9a-f]* *//' | grep -v '^A ' |
  sed -E 's/^. //; s/std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >/std::string/g
    s/std::basic_string_view<char, std::char_traits<char> >/std::string_view/g
    s/std::vector<([^<>]+), std::allocator<\1 > >/std::vector<\1>/g' | LC_ALL=C sort -u)
if [ "$update" ]; then
  printf '%s\n' "$exported" >"$list"
elif ! difference=$(diff -U0 --label symbols.txt --label exported "$list" - <<<"$exported"); then
  sed '/^@@/d' <<<"$difference"
  cat <<END
The library exports other symbols than tests/abi/symbols.txt lists. A line with +: exported, not listed; is it meant for
hosts? A line with -: gone, or with another signature, so that programs built against it no longer start; such a change
belongs into a release that says so (docs/embedding.md). Where the difference is meant:
  tests/abi/check_symbols.sh --update $library
END
  exit 1
fi
