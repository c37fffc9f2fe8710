# SPDX-License-Identifier: Apache-2.0
"""The functions of the package."""

from __future__ import annotations

import datetime
import os
import tempfile
import warnings
from typing import Any, Iterable, Optional, Sequence, Union

from . import _tuban
from ._detector import Detector
from ._errors import TubanWarning, UsageError
from ._progress import Callback, callback_of
from ._result import Result
from ._rules import own_rules
from ._scenes import About, crs_text, is_path, scene_of

_MARK_FIELDS = ("layer", "crs", "id_field", "case_field", "type_field", "before_date_field", "after_date_field",
                "types_map", "before_date", "after_date")


def detect(before: Any = None, after: Any = None, *, output: Any = None, layers: Any = None,
           mask: Any = False, score: Any = False, progress: Union[bool, None, Callback] = None,
           job: Any = None, bands: Optional[Sequence[str]] = None, resume: bool = False, checkpoint: float = 2.0,
           transform: Any = None, crs: Any = None, nodata: Any = None,
           before_transform: Any = None, before_crs: Any = None, before_nodata: Any = None,
           before_valid: Any = None, before_name: Optional[str] = None,
           after_transform: Any = None, after_crs: Any = None, after_nodata: Any = None,
           after_valid: Any = None, after_name: Optional[str] = None, **options: Any) -> Result:
    """Finds the patches that changed between two scenes and marks them by rules.

    A scene is a path, a rasterio dataset, an xarray.DataArray, or a numpy array (bands, rows, columns) or (rows,
    columns) with transform and crs; before_... and after_... hold for one of them. `options` are the keys of a job
    file, see options(). With mask=True and score=True the result has them as arrays, with a path they are written.
    """
    refuse_unknown(options)
    scenes = scenes_of(
        job, bands, options,
        (before, About("before", transform=transform if before_transform is None else before_transform,
                       crs=crs if before_crs is None else before_crs,
                       nodata=nodata if before_nodata is None else before_nodata,
                       bands=bands, valid=before_valid, name=before_name)),
        (after, About("after", transform=transform if after_transform is None else after_transform,
                      crs=crs if after_crs is None else after_crs,
                      nodata=nodata if after_nodata is None else after_nodata,
                      bands=bands, valid=after_valid, name=after_name)))
    for key, given in (("mask", mask), ("score", score)):
        if is_path(given):
            options[key] = given
    options.update(output=output, layers=layers)
    function, rules = own_detector(options), own_rules(options)
    with callback_of(progress) as callback:
        outcome = _tuban.detect(
            *scenes, job="" if job is None else os.fspath(job), options=texts_of(options), detector=function, rules=rules,
            progress=callback, mask=mask is True, score=score is True, resume=resume, checkpoint=checkpoint)
    return _told(outcome)


def mark(patches: Any, *, layers: Any = None, output: Any = None, layer: Optional[str] = None, crs: Any = None,
         id_field: Optional[str] = None, case_field: Optional[str] = None, type_field: Optional[str] = None,
         before_date_field: Optional[str] = None, after_date_field: Optional[str] = None,
         before_date: Any = None, after_date: Any = None, types_map: Any = None, pixel_size: float = 2.0,
         progress: Union[bool, None, Callback] = None, **options: Any) -> Result:
    """Marks patches made elsewhere by rules: a path of any vector source, or a geopandas.GeoDataFrame. Fields they
    came with are kept in `output`, and are not in the result's tables."""
    refuse_unknown(options)
    given = {name: value for name, value in locals().items() if name in _MARK_FIELDS and value is not None}
    fields: dict = {name: _text(value) for name, value in given.items() if name != "crs"}
    if crs is not None:
        fields["crs"] = crs_text(crs)
    fields["pixel_size"] = float(pixel_size)
    options.update(output=output, layers=layers)
    rules = own_rules(options)
    texts = texts_of(options)
    with callback_of(progress) as callback:
        if is_path(patches):
            return _told(_tuban.mark(os.fspath(patches), fields=fields, options=texts, rules=rules, progress=callback))
        if not hasattr(patches, "to_file"):
            raise UsageError(f"patches: expected a path or a geopandas.GeoDataFrame, found {type(patches).__name__}")
        with tempfile.TemporaryDirectory(prefix="tuban-") as folder:
            path = os.path.join(folder, "patches.gpkg")
            patches.to_file(path, driver="GPKG", layer="patches")
            return _told(_tuban.mark(path, fields=fields, options=texts, rules=rules, progress=callback))


def explain(result: Any, patch_id: Optional[str] = None, *, rank: Optional[int] = None, lang: str = "en",
            as_json: bool = False) -> str:
    """What stands behind a patch of a result GeoPackage, by its id or its rank, in English or Chinese ("zh")."""
    path = os.fspath(result)
    if (patch_id is None) == (rank is None):
        raise UsageError("which patch? give patch_id or rank")
    if patch_id is None:
        patch_id = _tuban.patch_of_rank(path, rank)
    return _tuban.explain_json(path, patch_id) if as_json else _tuban.explain(path, patch_id, lang)


def scenes_of(job: Any, bands: Optional[Sequence[str]], options: dict, *given: tuple) -> list:
    """Both scenes as the engine takes them, None where the job file names one; `options` get what files need."""
    scenes: list = []
    for scene, about in given:
        side = about.side
        if scene is None:
            if job is None:
                raise UsageError(f"{side} is missing: give two scenes, or a job file with job=")
            scenes.append(None)
            continue
        if is_path(about.valid):
            options[f"{side}_valid"] = about.valid
            about.valid = None
        made = scene_of(scene, about)
        if isinstance(made, str) and about.valid is not None:
            raise UsageError(f"{side}_valid is an array and {side} a file; give the path of a raster")
        if not isinstance(made, str) and f"{side}_valid" in options:
            raise UsageError(f"{side}_valid is a file and {side} an array; give an array (rows, columns)")
        scenes.append(made)
    if bands is not None and (any(isinstance(scene, str) for scene in scenes) or scenes == [None, None]):
        options["bands"] = bands
    return scenes


def own_detector(options: dict) -> Optional[Detector]:
    """Takes a detector that is a function, and no name, out of the options."""
    given = options.get("detector")
    if isinstance(given, Detector) or callable(given):
        del options["detector"]
        return given if isinstance(given, Detector) else Detector(given)
    return None


def options() -> list:
    """Every option that detect() takes as a keyword: key, takes, group, expects, help."""
    return [option for option in _tuban.options() if option["key"] not in ("before", "after")]


def refuse_unknown(given: dict) -> None:
    """A key that is none is refused before anything is read; the engine names the nearest."""
    keys = {option["key"] for option in _tuban.options()}
    for key in given:
        if key not in keys:
            _tuban.check_option(key)


def texts_of(given: dict) -> list:
    flags = {option["key"] for option in _tuban.options() if option["takes"] == "flag"}
    texts = []
    for key, value in given.items():
        if value is None:
            continue
        if key in flags and not isinstance(value, bool):
            raise UsageError(f"{key}: expected True or False, found {value!r}")
        if key == "tile" and isinstance(value, (tuple, list)):
            value = "x".join(str(length) for length in value)
        texts.append((key, [_text(one) for one in _several(value)]))
    return texts


def _several(value: Any) -> Iterable:
    return value if isinstance(value, (list, tuple, set, frozenset)) else (value,)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)


def _told(outcome: "_tuban.Outcome") -> Result:
    for sentence in outcome.warnings():
        warnings.warn(sentence, TubanWarning, stacklevel=3)
    return Result(outcome)
