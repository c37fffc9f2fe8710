# SPDX-License-Identifier: Apache-2.0
"""Tuban beside the libraries that programs of this field use."""

import sys

import numpy as np
import pytest
import tuban


def ids(result):
    return [feature["id"] for feature in result.features]


@pytest.fixture
def files(square, tmp_path):
    rasterio = pytest.importorskip("rasterio")
    from rasterio.transform import Affine

    paths = []
    for side in ("before", "after"):
        path = tmp_path / f"{side}.tif"
        array = getattr(square, side)
        with rasterio.open(path, "w", driver="GTiff", width=200, height=160, count=4, dtype="uint16",
                           crs=square.crs, transform=Affine.from_gdal(*square.transform)) as dataset:
            dataset.write(array)
            dataset.descriptions = ("blue", "green", "red", "nir")
        paths.append(path)
    return paths


def test_rasterio_datasets_are_read_by_path_while_open(square, files):
    rasterio = pytest.importorskip("rasterio")
    with rasterio.open(files[0]) as before, rasterio.open(files[1]) as after:
        result = tuban.detect(before, after, register="off")
        assert before.read(1)[3, 4] == square.before[0, 3, 4]  # still the host's
    assert ids(result) == ids(tuban.detect(*files, register="off")) != []
    assert result.manifest["before"]["fingerprint"]


def test_rasterio_datasets_in_memory_are_read_by_rasterio(square, files):
    rasterio = pytest.importorskip("rasterio")
    with rasterio.MemoryFile(files[0].read_bytes(), filename="before.tif") as one, \
            rasterio.MemoryFile(files[1].read_bytes(), filename="after.tif") as two:
        with one.open() as before, two.open() as after:
            result = tuban.detect(before, after, register="off")
    assert ids(result) == ids(tuban.detect(*files, register="off")) != []


def test_a_warped_dataset_is_read_by_rasterio(square, files):
    rasterio = pytest.importorskip("rasterio")
    from rasterio.vrt import WarpedVRT

    with rasterio.open(files[0]) as before, rasterio.open(files[1]) as after, WarpedVRT(after, crs="EPSG:4526") as vrt:
        assert len(tuban.detect(before, vrt, register="off")) == 1


def test_a_closed_dataset_is_refused(files):
    rasterio = pytest.importorskip("rasterio")
    with rasterio.open(files[0]) as dataset:
        pass
    with pytest.raises(tuban.UsageError, match="closed"):
        tuban.detect(dataset, files[1])


def test_data_arrays_bring_their_georeference(square):
    xarray = pytest.importorskip("xarray")
    left, width, _, top, _, height = square.transform
    arrays = [xarray.DataArray(array.transpose(1, 2, 0), dims=("y", "x", "band"), name=name,
                               coords={"x": left + width * (np.arange(200) + .5), "y": top + height * (np.arange(160) + .5),
                                       "band": ["blue", "green", "red", "nir"]}, attrs={"crs": "EPSG:4526"})
              for name, array in (("before", square.before), ("after", square.after))]
    result = tuban.detect(*arrays, register="off")
    plain = tuban.detect(square.before, square.after, **square.about)
    assert result._outcome.patches() == plain._outcome.patches()
    assert result.transform == square.transform


def test_data_arrays_that_run_north_measure_the_same(square):
    xarray = pytest.importorskip("xarray")
    left, width, _, top, _, height = square.transform
    north = [xarray.DataArray(array[:, ::-1], dims=("band", "lat", "lon"), attrs={"crs": "EPSG:4526"},
                              coords={"lon": left + width * (np.arange(200) + .5),
                                      "lat": (top + height * (np.arange(160) + .5))[::-1]})
             for array in (square.before, square.after)]
    plain = tuban.detect(square.before, square.after, **square.about)
    result = tuban.detect(*north, register="off", bands=square.about["bands"])
    (one,), (other,) = result.features, plain.features
    assert one["properties"]["area_m2"] == pytest.approx(other["properties"]["area_m2"])


def test_uneven_coordinates_are_refused(square):
    xarray = pytest.importorskip("xarray")
    array = xarray.DataArray(square.before, dims=("band", "y", "x"),
                             coords={"x": np.arange(200.) ** 2, "y": np.arange(160.)})
    with pytest.raises(tuban.UsageError, match="not evenly spaced"):
        tuban.detect(array, array)


def test_patches_are_a_geodataframe_where_geopandas_is(square):
    geopandas = pytest.importorskip("geopandas")
    result = tuban.detect(square.before, square.after, **square.about)
    frame = result.patches
    assert isinstance(frame, geopandas.GeoDataFrame)
    assert frame.crs.to_epsg() == 4526
    assert frame.geometry.is_valid.all()
    assert frame.geometry.area.iloc[0] == pytest.approx(frame.area_px.iloc[0] * 4)
    assert np.isnan(frame.valid_share.iloc[0]) or frame.valid_share.dtype == float


def test_without_geopandas_and_pandas_tables_are_plain(square, monkeypatch):
    monkeypatch.setitem(sys.modules, "geopandas", None)
    monkeypatch.setitem(sys.modules, "pandas", None)
    result = tuban.detect(square.before, square.after, **square.about)
    collection = result.patches.__geo_interface__
    assert collection["type"] == "FeatureCollection"
    (feature,) = collection["features"]
    assert feature["geometry"]["type"] == "MultiPolygon"
    ring = feature["geometry"]["coordinates"][0][0]
    assert ring[0] == ring[-1] and len(ring) > 4
    assert isinstance(result.findings, list)
    assert result.spectra[0]["epoch"] == "before"


def test_marking_a_frame_is_marking_its_file(scene, tmp_path):
    pytest.importorskip("geopandas")
    found = tuban.detect(scene / "before.tif", scene / "after.tif").patches
    found.to_file(tmp_path / "found.gpkg", driver="GPKG")
    by_path = tuban.mark(tmp_path / "found.gpkg", layers=scene / "layers.yaml")
    by_frame = tuban.mark(found, layers=scene / "layers.yaml")
    assert by_path.report["findings"] == by_frame.report["findings"] > 0
    assert by_path._outcome.patches() == by_frame._outcome.patches()
    assert list(by_frame.patches.patch_id) == list(found.patch_id)


def test_explain_speaks_of_a_patch_in_both_languages(scene, tmp_path):
    result = tuban.detect(scene / "before.tif", scene / "after.tif", layers=scene / "layers.yaml",
                          output=tmp_path / "out.gpkg")
    first = result.features[0]["id"]
    assert first in tuban.explain(tmp_path / "out.gpkg", first)
    assert "图斑" in tuban.explain(tmp_path / "out.gpkg", rank=1, lang="zh")
    with pytest.raises(tuban.UsageError, match="patch_id or rank"):
        tuban.explain(tmp_path / "out.gpkg")
    with pytest.raises(tuban.UsageError, match="lang"):
        tuban.explain(tmp_path / "out.gpkg", first, lang="fr")
