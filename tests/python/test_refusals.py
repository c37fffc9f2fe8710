# SPDX-License-Identifier: Apache-2.0
"""What cannot be is refused with one sentence that names it."""

import numpy as np
import pytest
import tuban


def refused(error, match, *scenes, **options):
    with pytest.raises(error, match=match) as caught:
        tuban.detect(*scenes, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("dtype", ["float64", "int32", "uint32", "int8", "bool", "complex64", ">u2", "object"])
def test_other_types_of_samples(square, dtype):
    refused(tuban.MismatchError, "before: the array is .*; expected uint8, uint16, int16 or float32",
            square.before.astype(dtype), square.after, **square.about)


@pytest.mark.parametrize("shape", [(200,), (1, 4, 160, 200), ()])
def test_other_shapes(square, shape):
    refused(tuban.UsageError, r"expected \(bands, rows, columns\)", np.zeros(shape, np.uint16), square.after)


def test_empty_arrays(square):
    refused(tuban.UsageError, "none of them may be 0", np.zeros((4, 0, 200), np.uint16), square.after)


def test_sizes_that_differ(square):
    refused(tuban.MismatchError, "200 x 160|200 x 150", square.before, square.after[:, :150], **square.about)


def test_transforms_that_differ(square):
    moved = (square.transform[0] + 40,) + square.transform[1:]
    refused(tuban.MismatchError, "reproject|grid", square.before, square.after, **square.about, after_transform=moved)


def test_crs_that_differ(square):
    refused(tuban.MismatchError, "EPSG:4527", square.before, square.after, **square.about, after_crs="EPSG:4527")


def test_a_crs_that_is_none(square):
    refused(tuban.UsageError, "\"EPSG:one\" of raster before is none that PROJ understands", square.before, square.after, crs="EPSG:one")
    refused(tuban.UsageError, "crs: expected text", square.before, square.after, crs=4.5)


def test_a_transform_that_is_none(square):
    refused(tuban.UsageError, "transform: expected an affine.Affine", square.before, square.after, transform=(1, 2))


def test_types_that_differ(square):
    refused(tuban.MismatchError, "uint16|float32", square.before, square.after.astype(np.float32), **square.about)


def test_names_for_other_bands(square):
    refused(tuban.UsageError, "give a name for each", square.before, square.after, bands=["blue", "green"])
    refused(tuban.UsageError, "are for files", square.before, square.after, bands=["blue=1"])


def test_validity_of_another_shape(square):
    refused(tuban.UsageError, "before_valid has shape", square.before, square.after,
            before_valid=np.ones((160, 199), bool))


def test_what_is_no_scene(square):
    refused(tuban.UsageError, "expected a path, a rasterio dataset", 5, square.after)
    refused(tuban.UsageError, "after is missing", square.before)


def test_a_missing_file(square, tmp_path):
    refused(tuban.UsageError, "none.tif", tmp_path / "none.tif", tmp_path / "none.tif")


def test_what_a_file_states_itself(scene):
    refused(tuban.UsageError, "leave out crs", scene / "before.tif", scene / "after.tif", crs="EPSG:4526")


def test_unknown_options_name_the_nearest(square):
    refused(tuban.UsageError, "min_aera is unknown.*min_area", square.before, square.after, min_aera=5)
    with pytest.raises(tuban.UsageError, match="threads"):
        tuban.mark("patches.shp", treads=2)


def test_values_that_cannot_be(square):
    refused(tuban.UsageError, "connectivity: expected 4 or 8", square.before, square.after, connectivity=5)
    refused(tuban.UsageError, "overwrite: expected True or False", square.before, square.after, overwrite="yes")
    refused(tuban.UsageError, "progress: expected", square.before, square.after, progress=3)


def test_an_output_that_exists(square, tmp_path):
    (tmp_path / "out.gpkg").write_bytes(b"mine")
    refused(tuban.Error, "overwrite", square.before, square.after, **square.about, output=tmp_path / "out.gpkg")
    assert (tmp_path / "out.gpkg").read_bytes() == b"mine"


def test_resuming_what_is_finished(square, tmp_path):
    job = {**square.about, "output": tmp_path / "out.gpkg", "resume": True}
    assert len(tuban.detect(square.before, square.after, **job)) == 1
    refused(tuban.UsageError, "nothing to resume.*out.gpkg", square.before, square.after, **job)
    assert len(tuban.detect(square.before, square.after, **job, overwrite=True)) == 1


def test_errors_are_also_what_python_expects():
    assert issubclass(tuban.UsageError, ValueError) and issubclass(tuban.ResourceError, MemoryError)
    assert issubclass(tuban.RuntimeFailure, RuntimeError) and issubclass(tuban.MismatchError, tuban.Error)
    assert [error.code for error in (tuban.RuntimeFailure, tuban.UsageError, tuban.MismatchError, tuban.ResourceError,
                                     tuban.Cancelled)] == [1, 2, 3, 4, 130]
