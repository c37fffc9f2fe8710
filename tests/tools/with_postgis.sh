#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# with_postgis.sh COMMAND...: runs it beside a PostGIS server of its own, reached by the words in TUBAN_TEST_PG (a
# socket, no port). Ends with 77, saying why, where no server can be started.
set -u

skip() {
  echo "skipped: $1"
  exit 77
}
tool() { # the newest of this name, in PATH or where Debian keeps it
  command -v "$1" || ls -d /usr/lib/postgresql/*/bin/"$1" 2>/dev/null | sort -V | tail -n 1
}
initdb=$(tool initdb) pg_ctl=$(tool pg_ctl)
[ -n "$initdb" ] && [ -n "$pg_ctl" ] || skip "PostgreSQL is not installed (Debian: postgresql-15-postgis-3)"
as=()
if [ "$(id -u)" = 0 ]; then # the server refuses to be root
  id postgres >/dev/null 2>&1 || skip "there is no user postgres to run the server as"
  as=(runuser -u postgres --)
fi
place=$(mktemp -d /tmp/tuban-pg.XXXXXX)
[ ${#as[@]} = 0 ] || chown postgres "$place"
stop() {
  (cd / && "${as[@]}" "$pg_ctl" -D "$place/data" -m immediate stop >/dev/null 2>&1)
  rm -rf "$place"
}
trap stop EXIT
cd /
"${as[@]}" "$initdb" -D "$place/data" -U tuban -A trust -E UTF8 --no-locale --no-sync >"$place/log" 2>&1 ||
  skip "initdb failed: $(tail -n 1 "$place/log")"
"${as[@]}" "$pg_ctl" -D "$place/data" -w -t 120 -l "$place/server.log" \
  -o "-c listen_addresses= -c unix_socket_directories=$place -c fsync=off" start >"$place/log" 2>&1 ||
  skip "the server does not start: $(tail -n 1 "$place/log")"
psql -q -h "$place" -U tuban -d postgres -c 'create extension postgis' >"$place/log" 2>&1 ||
  skip "PostGIS is not installed: $(tail -n 1 "$place/log")"
cd - >/dev/null
TUBAN_TEST_PG="host=$place user=tuban dbname=postgres" "$@"
