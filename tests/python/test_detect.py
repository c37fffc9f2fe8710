# SPDX-License-Identifier: Apache-2.0
"""Scenes of every kind give the result that the command line gives."""

import json
import sqlite3
import subprocess

import numpy as np
import pytest
import tuban

from conftest import BANDS, program


def ids(result):
    return [feature["id"] for feature in result.features]


def test_paths_give_what_the_command_line_gives(scene, tmp_path, dump):
    subprocess.run([program("TUBAN_PROGRAM"), "detect", scene / "before.tif", scene / "after.tif", "--layers",
                    scene / "layers.yaml", "-o", tmp_path / "cli.gpkg", "-q"], check=True)
    result = tuban.detect(scene / "before.tif", str(scene / "after.tif"), layers=scene / "layers.yaml",
                          output=tmp_path / "python.gpkg")
    assert dump(tmp_path / "python.gpkg") == dump(tmp_path / "cli.gpkg")
    assert len(result) == result.report["patches"] > 5
    assert len(result.findings) == result.report["findings"] > 0


def test_a_job_file_is_run_and_keywords_win_over_it(scene, tmp_path, dump):
    subprocess.run([program("TUBAN_PROGRAM"), "detect", "--job", scene / "job.yaml", "-o", tmp_path / "cli.gpkg",
                    "--mask", tmp_path / "mask.tif", "--min-area", "60px", "-q"], check=True)
    tuban.detect(job=scene / "job.yaml", output=tmp_path / "python.gpkg", mask=tmp_path / "again.tif", min_area="60px")
    assert dump(tmp_path / "python.gpkg") == dump(tmp_path / "cli.gpkg")
    assert dump(tmp_path / "again.tif") == dump(tmp_path / "mask.tif")


def test_tables_have_the_columns_and_rows_of_the_file(scene, tmp_path):
    result = tuban.detect(job=scene / "job.yaml", output=tmp_path / "out.gpkg", mask=tmp_path / "mask.tif")
    file = sqlite3.connect(tmp_path / "out.gpkg")
    for table in ("patches", "findings", "overlaps", "pieces", "spectra", "lineage"):
        cells = file.execute(f"SELECT * FROM {table} ORDER BY fid")
        names = [column[0] for column in cells.description]
        got = tuban._result._rows(getattr(result._outcome, table)())
        expected = [dict(zip(names, row)) for row in cells]
        assert len(got) == len(expected)
        for mine, theirs in zip(got, expected):
            for name in ("fid", "geom", "evidence"):
                theirs.pop(name, None)
            mine.pop("evidence", None)
            assert list(mine) == list(theirs)
            assert mine == theirs
    evidence = [json.loads(row[0]) for row in file.execute("SELECT evidence FROM findings ORDER BY fid")]
    assert evidence and len(evidence) == len(result.findings)


def test_an_array_of_a_file_gives_the_result_of_the_file(scene, tmp_path, dump):
    rasterio = pytest.importorskip("rasterio")
    arrays, about = [], {}
    for side in ("before", "after"):
        with rasterio.open(scene / f"{side}.tif") as dataset:
            arrays.append(dataset.read())
            about.update(transform=dataset.transform, crs=dataset.crs)
    files = tuban.detect(scene / "before.tif", scene / "after.tif", layers=scene / "layers.yaml")
    memory = tuban.detect(*arrays, bands=BANDS, layers=scene / "layers.yaml", before_date="2023-05-18",
                          after_date="2023-10-12", **about)
    assert ids(memory) == ids(files)
    ours, theirs = memory._outcome.patches(), files._outcome.patches()
    assert ours["area_m2"] == theirs["area_m2"]
    assert ours["marks"] == theirs["marks"]
    assert memory._outcome.patch_wkb() == files._outcome.patch_wkb()


LAYOUTS = {
    "interleaved": lambda a: np.ascontiguousarray(a.transpose(1, 2, 0)).transpose(2, 0, 1),
    "Fortran": np.asfortranarray,
    "upside down in memory": lambda a: np.ascontiguousarray(a[:, ::-1])[:, ::-1],
    "every second column": lambda a: np.repeat(a, 2, axis=2)[:, :, ::2],
    "bands backwards in memory": lambda a: np.ascontiguousarray(a[::-1])[::-1],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_layout_gives_the_same_result(square, layout):
    plain = tuban.detect(square.before, square.after, **square.about, mask=True)
    other = tuban.detect(LAYOUTS[layout](square.before), LAYOUTS[layout](square.after), **square.about, mask=True)
    assert ids(plain) == ids(other) != []
    assert plain._outcome.patches() == other._outcome.patches()
    assert np.array_equal(plain.mask, other.mask)


def test_a_read_only_array_is_taken(square):
    before = square.before.copy()
    before.flags.writeable = False
    assert ids(tuban.detect(before, square.after, **square.about)) == \
        ids(tuban.detect(square.before, square.after, **square.about))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_each_type_of_samples_is_taken(square, dtype):
    scale = 20 if dtype == "uint8" else 1
    result = tuban.detect((square.before // scale).astype(dtype), (square.after // scale).astype(dtype),
                          **square.about)
    assert len(result) == 1


def test_one_band_may_have_two_dimensions(square):
    assert len(tuban.detect(square.before[3], square.after[3], crs=square.crs, transform=square.transform,
                            register="off")) == 1


def test_mask_and_score_come_as_arrays_in_place(square):
    result = tuban.detect(square.before, square.after, **square.about, mask=True, score=True)
    assert result.mask.shape == result.score.shape == (160, 200)
    assert result.mask.dtype == np.uint8 and result.score.dtype == np.float32
    assert (result.mask == 1).sum() == result.report["changed_pixels"]
    assert result.mask[75, 115] == 1 and result.mask[10, 10] == 0
    assert np.shares_memory(result.mask, np.asarray(result._outcome.mask()))
    mask = result.mask
    del result
    assert mask[75, 115] == 1  # the array keeps what it shows alive
    assert tuban.detect(square.before, square.after, **square.about).mask is None


def test_nan_masked_and_nodata_pixels_are_invalid(square):
    hidden = np.zeros((160, 200), dtype=bool)
    hidden[50:100, 90:140] = True
    holes = square.after.astype(np.float32)
    holes[1, hidden] = np.nan
    zeros = np.where(hidden, 0, square.after)
    masked = np.ma.MaskedArray(square.after, mask=np.broadcast_to(hidden, square.after.shape))
    ways = {
        "nan": ((square.before.astype(np.float32), holes), {}),
        "masked": ((square.before, masked), {}),
        "nodata": ((square.before, zeros), {"nodata": 0}),
        "valid": ((square.before, square.after), {"after_valid": ~hidden}),
    }
    for way, (scenes, more) in ways.items():
        result = tuban.detect(*scenes, **square.about, **more, mask=True)
        assert len(result) == 0, way
        assert (result.mask[hidden] == 255).all() and (result.mask[~hidden] != 255).all(), way


def test_without_crs_areas_are_unknown(square):
    result = tuban.detect(square.before, square.after, bands=BANDS, register="off", min_area="50px")
    row = result.features[0]["properties"]
    assert row["area_m2"] is None and row["lon"] is None
    assert row["area_px"] >= 900
    assert result.crs is None


def test_a_broadcast_array_is_taken(square):
    flat = np.broadcast_to(np.float32(7), (1, 160, 200))
    assert len(tuban.detect(flat, square.after[:1].astype(np.float32), register="off",
                            detector="difference", threshold="fixed:3000", min_area="10px")) == 1
