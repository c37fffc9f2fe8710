# SPDX-License-Identifier: Apache-2.0
"""Patches over every reference layer with shapely 2: STRtree, vectorised intersections, two threads.
usage: overlay_shapely.py PATCHES.gpkg LAYERS.gpkg [PIECES.tsv]
Prints seconds of loading and of overlay; the facts are those that rules ask for, areas are of the plane."""
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyogrio
import shapely

patches_path, layers_path = sys.argv[1:3]
pieces_path = sys.argv[3] if len(sys.argv) > 3 else None
DATE = np.datetime64("2023-10-12")
# Role, layer, fields: id first.
LAYERS = {
    "land_use": ("DLTB", ["BSM", "DLBM", "KCXS"]),
    "basic_farmland": ("YJJBNTBHTB", ["BSM"]),
    "ecological_redline": ("STBHHX", ["BSM"]),
    "protected_area": ("ZRBHD", ["BSM"]),
    "urban_boundary": ("CZKFBJ", ["BSM"]),
    "approved_land": ("ZZ_NYDZYFW", ["DZJGH", "PZRQ", "YXQZ"]),
    "acquired_land": ("ZZ_TDZSFW", ["DZJGH", "PZRQ", "YXQZ"]),
    "supplied_land": ("GDGY", ["DZJGH", "PZRQ", "YXQZ"]),
    "advance_land": ("XX_XMZDFW", ["DZJGH", "PZRQ", "YXQZ"]),
    "temporary_land": ("LSYD", ["DZJGH", "PZRQ", "YXQZ"]),
    "facility_filing": ("SSNYD", ["DZJGH", "PZRQ", "YXQZ"]),
    "major_project": ("ZDXM", ["DZJGH", "PZRQ", "YXQZ"]),
    "mining_right": ("CKQ", ["XKZH", "QSRQ", "ZZRQ"]),
    "exploration_right": ("TKQ", ["XKZH", "QSRQ", "ZZRQ"]),
    "closed_mine": ("GBKS", ["XKZH"]),
    "special_mineral": ("XTKZ", ["XKZH"]),
    "settlement": ("CZCDYD", ["BSM"]),
    "district": ("XZQ", ["XZQDM"]),
}
GROUPS = {"farmland": ("01",), "agricultural": ("01", "02", "03", "0401", "0402", "0403", "1006", "1103", "1104", "1107", "1202", "1203"), "mining": ("0602",)}
pool = ThreadPoolExecutor(2)


def halves(function, *arrays):
    """A vectorised shapely function over two halves side by side: it lets go of the interpreter's lock."""
    middle = len(arrays[0]) // 2
    first = pool.submit(function, *(a[:middle] for a in arrays))
    second = function(*(a[middle:] for a in arrays))
    return np.concatenate([first.result(), second])


def read(path, layer, fields):
    _, _, geometry, columns = pyogrio.raw.read(path, layer=layer, columns=fields)
    order = pyogrio.read_info(path, layer=layer)["fields"]
    named = dict(zip([f for f in order if f in fields], columns))
    return halves(shapely.from_wkb, geometry), [named[f] for f in fields]


start = time.perf_counter()
patches, (patch_id,) = read(patches_path, "JCTB", ["JCBH"])
layers = {role: read(layers_path, layer, fields) for role, (layer, fields) in LAYERS.items()}
loaded = time.perf_counter()
cpu = time.process_time()

count = len(patches)
shapely.prepare(patches)
total = shapely.area(patches)


def united(owner, shape):
    """One union per patch; most have a single piece."""
    out = np.full(count, shapely.Polygon(), object)
    if not len(owner):
        return out
    order = np.argsort(owner, kind="stable")
    owner, shape = owner[order], shape[order]
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    for first, last in zip(starts, np.r_[starts[1:], len(owner)]):
        out[owner[first]] = shape[first] if last - first == 1 else shapely.union_all(shape[first:last])
    return out


facts, rows, unions, found = {"area": total}, [], {}, {}
for role, (shapes, columns) in layers.items():
    tree = shapely.STRtree(shapes)
    # Boxes first. Features that many patches meet are prepared, else the patches are: either way one of the two
    # is looked up, not walked along (and by one thread: a prepared shape is not safe to share). A patch inside a feature is its own piece.
    owner, feature = tree.query(patches)
    met = np.unique(feature)
    if len(owner) > 3 * len(met):
        shapely.prepare(shapes[met])
        inside = shapely.contains_properly(shapes[feature], patches[owner])
        meets = inside.copy()
        meets[~inside] = shapely.intersects(shapes[feature[~inside]], patches[owner[~inside]])
    else:
        meets = shapely.intersects(patches[owner], shapes[feature])
        inside = np.zeros(len(owner), bool)
    owner, feature, inside = owner[meets], feature[meets], inside[meets]
    shape = patches[owner]
    across = np.flatnonzero(~inside)
    shape[across] = halves(shapely.intersection, shape[across], shapes[feature][across])
    area = shapely.area(shape)
    keep = area >= 1e-4
    owner, feature, shape, area = owner[keep], feature[keep], shape[keep], area[keep]
    rows.append((role, owner, columns[0][feature], area))
    columns = [c[feature] for c in columns]
    found[role] = owner, shape, area, columns
pieces_done = time.perf_counter()

for role, (owner, shape, area, columns) in found.items():
    if role == "land_use":
        code, ridge = columns[1].astype(str), np.nan_to_num(columns[2].astype(float))
        for group, prefixes in GROUPS.items():
            member = np.logical_or.reduce([np.char.startswith(code, p) for p in prefixes])
            facts[group] = np.bincount(owner[member], area[member], count)
            facts[group + "_net"] = np.bincount(owner[member], (area * (1 - ridge))[member], count)
            if group == "farmland":
                unions["farmland"] = united(owner[member], shape[member])
        continue
    if len(columns) == 3:
        begin, end = (c.astype("datetime64[D]") for c in columns[1:])
        valid = ~(begin > DATE) & ~(end < DATE)
        facts[role + "_expired"] = np.bincount(owner[end < DATE], area[end < DATE], count)
        owner, shape = owner[valid], shape[valid]
    unions[role] = united(owner, shape)
    facts[role] = shapely.area(unions[role])
# Only where there is something to take away is the rest another shape than the whole.
for name, whole in (("unapproved", patches), ("farmland_unapproved", unions["farmland"]), ("basic_farmland_unapproved", unions["basic_farmland"])):
    rest = shapely.area(whole)
    there = np.flatnonzero((facts["approved_land"] > 0) & (rest > 0))
    if len(there):
        rest[there] = shapely.area(halves(shapely.difference, whole[there], unions["approved_land"][there]))
    facts[name] = rest
rights, (_, begin, end) = layers["mining_right"]
valid = ~(begin.astype("datetime64[D]") > DATE) & ~(end.astype("datetime64[D]") < DATE)
if valid.any():
    near, distance = shapely.STRtree(rights[valid]).query_nearest(patches, return_distance=True, all_matches=False)
    facts["mining_right_distance"] = distance
done = time.perf_counter()

peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(f"load {loaded - start:.3f} s\npieces {pieces_done - loaded:.3f} s\nfacts {done - pieces_done:.3f} s\ncpu {time.process_time() - cpu:.3f} s\npeak {peak * 1024 / 1e6:.0f} MB")
print(f"count {sum(len(r[1]) for r in rows)}\nversion shapely {shapely.__version__}, GEOS {shapely.geos_version_string}")
if pieces_path:
    with open(pieces_path, "w") as out:
        for role, owner, identity, area in rows:
            out.writelines(f"{patch_id[o]}\t{role}\t{i}\t{a:.9g}\n" for o, i, a in zip(owner, identity, area))
