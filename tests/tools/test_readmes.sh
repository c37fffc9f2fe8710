#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_readmes.sh ROOT: the Chinese README is in step with the English one, writes 疑似 and no verdict; each
# kind of difference is noticed.
set -euo pipefail
root=$1
check=$(cd "$(dirname "$0")" && pwd)/check_readmes.py
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "test_readmes: $*" >&2; exit 1; }

python3 "$check" "$root/README.md" "$root/README.zh.md" || fail "README.zh.md is not in step with README.md"
! grep -nE '(^|[^疑][^似])违法(占|采)' "$root/README.zh.md" || fail "a patch is 疑似, never more"

noticed() {  # what, sed script
  sed -E "$2" "$root/README.zh.md" >"$work/README.zh.md"
  ! cmp -s "$root/README.zh.md" "$work/README.zh.md" || fail "nothing was planted: $1"
  ! python3 "$check" "$root/README.md" "$work/README.zh.md" >/dev/null || fail "not noticed: $1"
}
noticed "a heading less" '0,/^## /{/^## /d}'
noticed "another command" 's/tuban detect before\.tif/tuban detect first.tif/'
noticed "another figure" '/^\|.*kappa/s/\.[0-9]/.1234/'
noticed "a row less" '/^\|.*kill -9/d'
noticed "another command in a table" '/^\|/s/run demo/run demos/'
noticed "a page not linked" 's/\(docs\/rules\.md\)//'
