# SPDX-License-Identifier: Apache-2.0
"""One job by the command line, C++, C and Python: the same canonical dump."""

import os
import subprocess

import numpy as np
import pytest
import tuban

from conftest import BANDS, program


@pytest.fixture
def ways():
    """A host in C++ of both native APIs; there is none where only the package is installed."""
    if "TUBAN_WAYS" not in os.environ:
        pytest.skip("no TUBAN_WAYS: only the package is here")
    return program("TUBAN_WAYS")


def test_a_job_file(scene, tmp_path, dump, ways):
    job = scene / "ways.yaml"  # without a mask, which four runs cannot write at one place
    job.write_text("".join(line for line in open(scene / "job.yaml") if not line.startswith("mask")))
    subprocess.run([program("TUBAN_PROGRAM"), "detect", "--job", job, "-o", tmp_path / "cli.gpkg", "-q"], check=True)
    tuban.detect(job=job, output=tmp_path / "python.gpkg")
    for api in ("cpp", "c"):
        subprocess.run([ways, api, job, tmp_path / f"{api}.gpkg"], check=True)
    expected = dump(tmp_path / "cli.gpkg")
    assert sum("patch_id" in line for line in expected) > 0
    for way in ("cpp", "c", "python"):
        assert dump(tmp_path / f"{way}.gpkg") == expected, way


def test_arrays(scene, tmp_path, dump, ways):
    rasterio = pytest.importorskip("rasterio")
    arrays, layers = [], scene / "layers.yaml"
    for side in ("before", "after"):
        with rasterio.open(scene / f"{side}.tif") as file:
            arrays.append(file.read())
            crs, transform = file.crs.to_wkt(), file.transform.to_gdal()
        np.ascontiguousarray(arrays[-1].transpose(1, 2, 0)).tofile(tmp_path / f"{side}.bip")
    rows, columns = arrays[0].shape[1:]
    for api in ("cpp", "c"):
        subprocess.run([ways, api, tmp_path / "before.bip", tmp_path / "after.bip", layers, tmp_path / f"{api}.gpkg",
                        str(columns), str(rows), crs, *map(repr, transform)], check=True)
    tuban.detect(*arrays, bands=BANDS, crs=crs, transform=transform, before_date="2023-05-18", after_date="2023-10-12",
                 layers=layers, output=tmp_path / "python.gpkg")
    expected = dump(tmp_path / "cpp.gpkg")
    assert sum("patch_id" in line for line in expected) > 0
    assert dump(tmp_path / "c.gpkg") == expected
    assert dump(tmp_path / "python.gpkg") == expected
