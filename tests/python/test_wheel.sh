#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_wheel.sh SOURCE WORK PYTHON SCENE DUMP TUBAN: pip install into a fresh environment, the demo pair from arrays
# and paths there, the tests of the tree with the newest NumPy and the oldest that is promised, what the module links,
# and that its symbols are its own. Exit code 77 where no index can be asked.
set -euo pipefail
source=$1 work=$2 python=$3 scene=$4 dump=$5 tuban=$6
rm -rf "$work"
mkdir -p "$work"
"$python" -m venv "$work/venv"
pip=("$work/venv/bin/python" -m pip -q --disable-pip-version-check)
if ! "${pip[@]}" download --no-deps -d "$work/try" scikit-build-core >/dev/null 2>&1; then
  echo "test_wheel: no package index can be reached"
  exit 77
fi
# With the flags of the tree, so that ccache has it all.
export CMAKE_ARGS=-DTUBAN_WERROR=ON CCACHE_BASEDIR=$source CCACHE_NOHASHDIR=1
"${pip[@]}" install "$source"
unset PYTHONPATH
"$scene" generate "$work/s" --seed 1 --width 1024 --height 1024 >/dev/null
"$tuban" detect --job "$work/s/job.yaml" -o "$work/cli.gpkg" --mask "$work/cli.tif" -q
cd "$work"
"$work/venv/bin/python" - <<'EOF'
import tuban
result = tuban.detect(job="s/job.yaml", output="python.gpkg", mask="python.tif")
assert len(result) > 10 and result.report["findings"] > 0, result
assert tuban.__file__.startswith(__import__("sys").prefix)
print(tuban.__version__, result)
EOF
cmp <("$dump" cli.gpkg | grep -v "$work") <("$dump" python.gpkg | grep -v "$work")
# rasterio's wheel brings a GDAL of its own; both work in one process, whichever comes first.
"${pip[@]}" install rasterio
for order in "rasterio, tuban" "tuban, rasterio"; do
  "$work/venv/bin/python" - "$order" <<'EOF'
import sys
exec("import " + sys.argv[1])
with rasterio.open("s/before.tif") as before, rasterio.open("s/after.tif") as after:
    by_path = tuban.detect(before, after, layers="s/layers.yaml")
    where = {"transform": before.transform, "crs": before.crs}
    by_array = tuban.detect(before.read(), after.read(), bands=["blue", "green", "red", "nir"], layers="s/layers.yaml",
                            before_date="2023-05-18", after_date="2023-10-12", **where)
    assert before.read(1).any()
assert [one["id"] for one in by_path.features] == [one["id"] for one in by_array.features] != []
EOF
done
"${pip[@]}" install pyarrow
"$work/venv/bin/python" - <<'EOF'
import pyarrow, tuban
result = tuban.detect(job="s/job.yaml", output=None, mask=True)
table = pyarrow.table(result)
assert table["patch_id"].to_pylist() == [one["id"] for one in result.features]
assert table["wkb_geometry"].to_pylist() == result._outcome.patch_wkb()
assert pyarrow.table(result.to_arrow("findings")).num_rows == len(result.findings)
EOF
# Built once more, from what the build left, for the environments below.
"${pip[@]}" wheel --no-deps -w "$work" "$source"
suite() {  # environment, version of its NumPy, what must not be skipped for want of a module
  TUBAN_PROGRAM=$tuban TUBAN_DUMP=$dump TUBAN_SCENE=$scene PYTHONDONTWRITEBYTECODE=1 OMP_WAIT_POLICY=passive \
    "$1/bin/python" -m pytest -q -rs -p no:cacheprovider "$source/tests/python" --ignore "$source/tests/python/qgis_plugin" \
    >"$work/suite" 2>&1 || { cat "$work/suite" >&2; exit 1; }
  "$1/bin/python" -c 'import numpy, sys; assert numpy.__version__.startswith(sys.argv[1]), numpy.__version__' "$2"
  if grep "could not import '\($3\)'" "$work/suite"; then
    echo "test_wheel: tests were skipped that this environment is for" >&2
    exit 1
  fi
  tail -1 "$work/suite"
}
"${pip[@]}" install pytest xarray geopandas matplotlib tqdm ipywidgets ipykernel nbclient
suite "$work/venv" 2. '.*'
if "$python" -c 'import sys; sys.exit(sys.version_info >= (3, 12))'; then  # NumPy 1.24 knows no later Python
  "$python" -m venv "$work/oldest"
  "$work/oldest/bin/python" -m pip -q --disable-pip-version-check install "$work"/tuban-*.whl 'numpy==1.24.*' pytest
  suite "$work/oldest" 1.24. numpy
fi
module=$(find "$work/venv" -name '_tuban*.so')
allowed='^(libgdal|libtiff|libproj|libsqlite3|libgeos_c|libhwy|libxlsxwriter|libyaml-cpp|libfmt|libtbb|libgomp|libz|libstdc\+\+|libm|libgcc_s|libc|ld-linux-x86-64)\.so'
if readelf -d "$module" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE "$allowed"; then
  echo "test_wheel: the module links these, which nobody allowed" >&2
  exit 1
fi
if readelf -d "$module" | grep -E 'RPATH|RUNPATH'; then
  echo "test_wheel: the module says where to look for libraries" >&2
  exit 1
fi
if nm -D --defined-only "$module" | grep -v ' PyInit__tuban$' | grep -E ' [TVWBDRu] ' | head -5 | grep .; then
  echo "test_wheel: the module exports more than its entry point" >&2
  exit 1
fi
