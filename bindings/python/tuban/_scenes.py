# SPDX-License-Identifier: Apache-2.0
"""What a caller may give as a scene, as the engine takes it: a path, or pixels in their place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Optional, Sequence, Union

import numpy as np

from . import _tuban
from ._errors import MismatchError, UsageError

_DTYPES = tuple(np.dtype(name) for name in ("uint8", "uint16", "int16", "float32"))
_X_NAMES = ("x", "lon", "longitude", "easting")
_Y_NAMES = ("y", "lat", "latitude", "northing")


class About:
    """What the arguments of detect() say of one scene; None where they say nothing."""

    def __init__(self, side: str, *, transform: Any, crs: Any, bands: Optional[Sequence[str]], nodata: Any,
                 valid: Any, name: Optional[str]) -> None:
        self.side = side
        self.transform = transform
        self.crs = crs
        self.bands = bands
        self.nodata = nodata
        self.valid = valid
        self.name = name


def is_path(scene: Any) -> bool:
    return isinstance(scene, (str, os.PathLike))


def scene_of(scene: Any, about: About) -> Union[str, "_tuban.Pixels"]:
    if is_path(scene):
        return _only_path(os.fspath(scene), about)
    if _is_dataset(scene):
        return _of_dataset(scene, about)
    if hasattr(scene, "dims") and hasattr(scene, "coords"):
        return _of_data_array(scene, about)
    if isinstance(scene, np.ndarray):
        return _wrap(scene, about)
    raise UsageError(f"{about.side}: expected a path, a rasterio dataset, an xarray.DataArray or a numpy array, "
                     f"found {type(scene).__name__}")


def _only_path(path: Union[str, bytes], about: About) -> str:
    for key in ("transform", "crs", "nodata", "name"):
        if getattr(about, key) is not None:
            raise UsageError(f"{about.side} is a file, which states its {key} itself; leave out {key}")
    return os.fsdecode(path)


def _is_dataset(scene: Any) -> bool:
    return type(scene).__module__.split(".")[0] == "rasterio" and hasattr(scene, "read")


def _of_dataset(dataset: Any, about: About) -> Union[str, "_tuban.Pixels"]:
    """A plain file is opened again by the engine: its GDAL may be another one than rasterio's."""
    if dataset.closed:
        raise UsageError(f"{about.side}: the rasterio dataset {dataset.name} is closed")
    told = about.transform is not None or about.crs is not None or about.nodata is not None or about.name is not None
    plain = dataset.mode == "r" and not hasattr(dataset, "src_dataset") and os.path.isfile(dataset.name)
    if plain and not told:
        return dataset.name
    about.transform = dataset.transform if about.transform is None else about.transform
    about.crs = dataset.crs if about.crs is None else about.crs
    if about.bands is None and all(dataset.descriptions):
        about.bands = dataset.descriptions
    about.name = about.name or Path(dataset.name).stem
    return _wrap(dataset.read(masked=True), about)


def _of_data_array(scene: Any, about: About) -> "_tuban.Pixels":
    rio = getattr(scene, "rio", None)
    x = _dimension(scene, getattr(rio, "_x_dim", None), _X_NAMES, about)
    y = _dimension(scene, getattr(rio, "_y_dim", None), _Y_NAMES, about)
    others = [dim for dim in scene.dims if dim not in (x, y)]
    if len(others) > 1:
        raise UsageError(f"{about.side}: the DataArray has dimensions {tuple(scene.dims)}; expected (band, y, x) or "
                         "(y, x)")
    ordered = scene.transpose(*others, y, x)
    reference = scene.coords["spatial_ref"].attrs if "spatial_ref" in scene.coords else {}
    if about.crs is None:
        about.crs = getattr(rio, "crs", None)
    if about.crs is None:
        about.crs = reference.get("crs_wkt", reference.get("spatial_ref", scene.attrs.get("crs")))
    if about.transform is None:
        about.transform = scene.attrs.get("transform")
    if about.transform is None and "GeoTransform" in reference:
        about.transform = _Gdal(float(number) for number in reference["GeoTransform"].split())
    if about.transform is None:
        about.transform = _transform_of_coords(scene, x, y, about)
    if about.nodata is None:
        about.nodata = getattr(rio, "nodata", None)
    if about.nodata is None:
        about.nodata = scene.attrs.get("_FillValue", scene.attrs.get("nodata"))
    if about.bands is None and others and others[0] in scene.coords:
        names = [str(name) for name in scene.coords[others[0]].values]
        about.bands = names if scene.coords[others[0]].dtype.kind in "UO" else None
    about.name = about.name or (str(scene.name) if scene.name is not None else None)
    return _wrap(np.asarray(ordered.data), about)


def _dimension(scene: Any, told: Any, names: Sequence[str], about: About) -> Any:
    if told is not None:
        return told
    for dim in scene.dims:
        if str(dim).lower() in names:
            return dim
    raise UsageError(f"{about.side}: the DataArray has dimensions {tuple(scene.dims)}; one must be called "
                     f"{names[0]}")


class _Gdal(tuple):
    """Six numbers in GDAL's order."""


def _transform_of_coords(scene: Any, x: Any, y: Any, about: About) -> Optional[_Gdal]:
    """Coordinates are those of pixel centres."""
    if x not in scene.coords or y not in scene.coords:
        return None
    steps = []
    for dim in (x, y):
        centres = np.asarray(scene.coords[dim].values, dtype=float)
        if centres.size < 2:
            raise UsageError(f"{about.side}: the DataArray has one {dim}, which tells no pixel size; give transform")
        step = (centres[-1] - centres[0]) / (centres.size - 1)
        if step == 0 or np.abs(np.diff(centres) - step).max() > 1e-3 * abs(step):
            raise UsageError(f"{about.side}: the coordinates {dim} of the DataArray are not evenly spaced; resample "
                             "it or give transform")
        steps.append((centres[0] - step / 2, step))
    (left, width), (top, height) = steps
    return _Gdal((left, width, 0.0, top, 0.0, height))


def _transform(given: Any, side: str) -> tuple:
    if given is None:
        return (0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    if hasattr(given, "to_gdal"):
        return tuple(float(number) for number in given.to_gdal())
    try:
        numbers = tuple(float(number) for number in given)
    except (TypeError, ValueError):
        numbers = ()
    if len(numbers) != 6:
        raise UsageError(f"{side}: transform: expected an affine.Affine, or six numbers in GDAL's order (left, pixel "
                         f"width, row rotation, top, column rotation, pixel height), found {given!r}")
    return numbers


def crs_text(given: Any) -> str:
    if given is None:
        return ""
    if hasattr(given, "to_wkt"):
        return given.to_wkt()
    if isinstance(given, (int, np.integer)):
        return f"EPSG:{given}"
    if isinstance(given, str):
        return given
    raise UsageError(f"crs: expected text such as EPSG:4526, an EPSG number or a CRS of pyproj or rasterio, found "
                     f"{given!r}")


def _wrap(array: np.ndarray, about: About) -> "_tuban.Pixels":
    if array.ndim == 2:
        array = array[np.newaxis]
    if array.ndim != 3:
        raise UsageError(f"{about.side}: the array has shape {array.shape}; expected (bands, rows, columns) or (rows, "
                         "columns)")
    if array.dtype not in _DTYPES or not array.dtype.isnative:
        raise MismatchError(f"{about.side}: the array is {array.dtype.str if not array.dtype.isnative else array.dtype}"
                            "; expected uint8, uint16, int16 or float32 in native byte order: convert it with astype")
    valid = about.valid
    if valid is not None:
        valid = np.asarray(valid)
        if valid.shape != array.shape[1:]:
            raise UsageError(f"{about.side}_valid has shape {valid.shape} and the array {array.shape[1:]} pixels")
        valid = np.ascontiguousarray(valid != 0)
    if isinstance(array, np.ma.MaskedArray):
        if array.mask is not np.ma.nomask:
            clear = ~np.ma.getmaskarray(array).any(axis=0)
            valid = clear if valid is None else clear & valid
        array = array.data
    if any(step == 0 and length > 1 for step, length in zip(array.strides, array.shape)):
        array = np.ascontiguousarray(array)  # broadcast: the engine wants every sample in a place of its own
    bands = about.bands
    if bands is not None and any("=" in str(name) for name in bands):
        raise UsageError(f"bands: {list(bands)} are for files; for an array give one name for each band, such as "
                         '["blue", "green", "red", "nir"]')
    return _tuban.wrap(
        array,
        name=about.name or about.side,
        transform=_transform(about.transform, about.side),
        crs=crs_text(about.crs),
        bands=[] if bands is None else [str(name) for name in bands],
        nodata=None if about.nodata is None else float(about.nodata),
        valid=valid,
    )
