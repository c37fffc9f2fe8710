-- SPDX-License-Identifier: Apache-2.0
-- Pieces of all layers, then the facts that rules ask for, as \timing shows. A patch inside a feature is its own
-- piece. :parts holds one SELECT per layer; PostGIS keeps the prepared shape of what it meets again.
\set ON_ERROR_STOP on
\pset tuples_only on
SET max_parallel_workers_per_gather = 2;
SET parallel_leader_participation = off;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET enable_parallel_append = on;
SET jit = off;
SET work_mem = '256MB';
DROP TABLE IF EXISTS pieces, facts;
\echo pieces
\timing on
CREATE UNLOGGED TABLE pieces AS :parts;
\timing off
ANALYZE pieces;
\echo facts
\timing on
CREATE UNLOGGED TABLE facts AS
WITH sums AS (
  SELECT jcbh, sum(area) FILTER (WHERE class LIKE '01%') AS farmland_m2,
         sum(area * (1 - ridge)) FILTER (WHERE class LIKE '01%') AS farmland_net_m2,
         sum(area) FILTER (WHERE class = '0602') AS recorded_mining_m2
  FROM pieces WHERE role = 'land_use' GROUP BY jcbh
), grounds AS (
  SELECT jcbh, role, CASE count(*) WHEN 1 THEN (array_agg(piece))[1] ELSE ST_Union(piece) END AS ground
  FROM pieces
  WHERE (role = 'land_use' AND class LIKE '01%')
     OR (role <> 'land_use' AND role <> 'district'
         AND (since IS NULL OR since <= date '2023-10-12') AND (until IS NULL OR until >= date '2023-10-12'))
  GROUP BY jcbh, role
), lost AS (
  SELECT g.jcbh, g.role, ST_Area(ST_Difference(g.ground, a.ground)) AS rest
  FROM (SELECT * FROM grounds WHERE role IN ('land_use', 'basic_farmland')
        UNION ALL SELECT jcbh, 'patch', geom FROM patches) g
  JOIN grounds a ON a.jcbh = g.jcbh AND a.role = 'approved_land'
)
SELECT p.jcbh, s.farmland_m2, s.farmland_net_m2, s.recorded_mining_m2, g.areas, l.rests, near.metres
FROM patches p
LEFT JOIN sums s USING (jcbh)
LEFT JOIN (SELECT jcbh, jsonb_object_agg(role, ST_Area(ground)) AS areas FROM grounds GROUP BY jcbh) g USING (jcbh)
LEFT JOIN (SELECT jcbh, jsonb_object_agg(role, rest) AS rests FROM lost GROUP BY jcbh) l USING (jcbh)
LEFT JOIN LATERAL (SELECT ST_Distance(p.geom, r.geom) AS metres FROM mining_right r
                   WHERE r.since <= date '2023-10-12' AND r.until >= date '2023-10-12'
                   ORDER BY p.geom <-> r.geom LIMIT 1) near ON true;
\timing off
