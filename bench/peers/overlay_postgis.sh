#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Patches over every reference layer in PostGIS: a server of its own on a socket in a temporary folder, gone at the end.
# usage: overlay_postgis.sh start FOLDER | load FOLDER PATCHES.gpkg LAYERS.gpkg | run FOLDER [PIECES.tsv] | stop FOLDER
# FOLDER is the server's; load prints its seconds, run prints those of pieces and facts, and what the server took.
set -euo pipefail
verb=$1 folder=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
programs=${BENCH_PG_BIN:-/usr/lib/postgresql/15/bin}
# A server does not run as root.
as_server() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- env PGHOST="$folder" PGDATABASE=postgres PGUSER=tuban "$@"; else PGHOST=$folder PGDATABASE=postgres PGUSER=tuban "$@"; fi; }
sql() { as_server env PGOPTIONS='-c client_min_messages=warning' psql -qX -v ON_ERROR_STOP=1 "$@"; }

# Role, layer, id, class, ridge, since, until: as layers.yaml of the prefecture has them.
layers() {
  cat <<'TABLE'
land_use DLTB bsm dlbm kcxs - -
basic_farmland YJJBNTBHTB bsm - - - -
ecological_redline STBHHX bsm - - - -
protected_area ZRBHD bsm - - - -
urban_boundary CZKFBJ bsm - - - -
approved_land ZZ_NYDZYFW dzjgh - - pzrq yxqz
acquired_land ZZ_TDZSFW dzjgh - - pzrq yxqz
supplied_land GDGY dzjgh - - pzrq yxqz
advance_land XX_XMZDFW dzjgh - - pzrq yxqz
temporary_land LSYD dzjgh - - pzrq yxqz
facility_filing SSNYD dzjgh - - pzrq yxqz
major_project ZDXM dzjgh - - pzrq yxqz
mining_right CKQ xkzh - - qsrq zzrq
exploration_right TKQ xkzh - - qsrq zzrq
closed_mine GBKS xkzh - - - -
special_mineral XTKZ xkzh - - - -
settlement CZCDYD bsm - - - -
district XZQ xzqdm - - - -
TABLE
}

case $verb in
  start)
    mkdir -p "$folder"
    [ "$(id -u)" != 0 ] || chown postgres "$folder"
    as_server "$programs/initdb" -D "$folder/data" -U tuban -A trust --no-sync >/dev/null
    as_server "$programs/pg_ctl" -D "$folder/data" -l "$folder/log" -w start -o "-c listen_addresses='' -c unix_socket_directories='$folder' \
      -c shared_buffers=1GB -c maintenance_work_mem=512MB -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
      -c max_wal_size=4GB -c max_parallel_workers=2 -c max_parallel_maintenance_workers=2" >/dev/null
    sql -c 'CREATE EXTENSION postgis'
    ;;
  load)
    patches=$3 layers=$4
    start=$(date +%s.%N)
    target="PG:host=$folder user=tuban dbname=postgres"
    copy() { PG_USE_COPY=YES ogr2ogr -q -f PostgreSQL "$target" "$1" "$2" -nln "$3" -lco GEOMETRY_NAME=geom -lco SPATIAL_INDEX=NONE -lco UNLOGGED=YES; }
    copy "$patches" JCTB patches
    while read -r role layer id class ridge since until; do
      copy "$layers" "$layer" "$role"
      [ "$id" = - ] || sql -c "ALTER TABLE $role RENAME $id TO id"
      [ "$class" = - ] || sql -c "ALTER TABLE $role RENAME $class TO class; ALTER TABLE $role RENAME $ridge TO ridge"
      [ "$since" = - ] || sql -c "ALTER TABLE $role RENAME $since TO since; ALTER TABLE $role RENAME $until TO until"
      sql -c "CREATE INDEX ON $role USING gist (geom); ANALYZE $role"
    done < <(layers)
    sql -c 'CREATE INDEX ON patches USING gist (geom); ANALYZE patches; ALTER TABLE patches SET (parallel_workers = 2)'
    echo "load $(awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN {printf "%.3f", b - a}') s"
    ;;
  run)
    parts=
    while read -r role layer id class ridge since until; do
      columns="NULL::text AS class, NULL::float8 AS ridge"
      [ "$class" = - ] || columns="f.class::text, coalesce(f.ridge, 0) AS ridge"
      terms="NULL::date AS since, NULL::date AS until"
      [ "$since" = - ] || terms="f.since, f.until"
      parts+="${parts:+ UNION ALL }SELECT jcbh, '$role' AS role, id, class, ridge, since, until, piece, ST_Area(piece) AS area FROM (SELECT p.jcbh, f.id::text, $columns, $terms, CASE WHEN ST_Contains(f.geom, p.geom) THEN p.geom ELSE ST_Intersection(p.geom, f.geom) END AS piece FROM $role f JOIN patches p ON p.geom && f.geom AND ST_Intersects(f.geom, p.geom) OFFSET 0) one WHERE ST_Area(piece) >= 1e-4"
    done < <(layers)
    read -r master <"$folder/data/postmaster.pid"
    peak=0
    while sleep 0.5; do # proportional shares, so that shared buffers count once
      now=$(cat /proc/"$master"/smaps_rollup $(sed 's:\([0-9]*\):/proc/\1/smaps_rollup:g' "/proc/$master/task/$master/children") 2>/dev/null | awk '/^Pss:/ {sum += $2} END {printf "%d", sum * 1024 / 1e6}') || true
      if ((now > peak)); then peak=$now && echo "peak $peak MB" >"$folder/peak"; fi
    done &
    watcher=$!
    cpu() { awk -v tick="$(getconf CLK_TCK)" '{sub(/.*\) /, ""); printf "%.3f\n", ($14 + $15) / tick}' "/proc/$master/stat"; } # of processes that ended
    before=$(cpu)
    sql -v parts="$parts" -f "$here/overlay_postgis.sql" | awk '/^pieces|^facts/ {what = $1} /^Time:/ {printf "%s %.3f s\n", what, $2 / 1000}'
    kill "$watcher" 2>/dev/null || true
    sleep 0.3
    echo "cpu $(awk -v a="$before" -v b="$(cpu)" 'BEGIN {printf "%.3f", b - a}') s"
    cat "$folder/peak"
    sql -Atc "SELECT 'count ' || count(*) FROM pieces" -c "SELECT 'version PostGIS ' || postgis_lib_version() || ', GEOS ' || split_part(postgis_geos_version(), '-', 1)"
    [ $# -lt 3 ] || sql -c "\\copy (SELECT jcbh, role, id, area FROM pieces) TO STDOUT" >"$3"
    ;;
  stop) as_server "$programs/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null && rm -rf "$folder" ;;
esac
