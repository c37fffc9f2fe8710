# SPDX-License-Identifier: Apache-2.0
"""What a run gave."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Optional

import numpy as np

from . import _tuban
from ._errors import UsageError


class Patches(Sequence):
    """Patches as GeoJSON features, in the order of the result file; `__geo_interface__` is a FeatureCollection
    whose coordinates are those of Result.crs."""

    def __init__(self, features: list) -> None:
        self._features = features

    def __len__(self) -> int:
        return len(self._features)

    def __getitem__(self, index: Any) -> Any:
        return self._features[index]

    @property
    def __geo_interface__(self) -> dict:
        return {"type": "FeatureCollection", "features": self._features}


class ArrowTable:
    """A table for whatever takes Arrow's PyCapsule interface: pyarrow.table(), polars.DataFrame(), duckdb."""

    def __init__(self, outcome: "_tuban.Outcome", table: str) -> None:
        self._outcome = outcome
        self._table = table

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._outcome.arrow_stream(self._table)


class Result:
    """Everything a run reports, held by the engine; tables become Python's when they are first asked for."""

    def __init__(self, outcome: "_tuban.Outcome") -> None:
        self._outcome = outcome

    def __len__(self) -> int:
        return len(self._outcome)

    def __repr__(self) -> str:
        report = self.report
        return f"<tuban.Result: {report['patches']} patches, {report['findings']} findings>"

    @cached_property
    def patches(self) -> Any:
        """A geopandas.GeoDataFrame where geopandas is installed, else Patches; columns as in the result file."""
        table = self._outcome.patches()
        try:
            import geopandas
        except ImportError:
            return self.features
        return geopandas.GeoDataFrame(_columns(table), geometry=geopandas.GeoSeries.from_wkb(
            self._outcome.patch_wkb()), crs=self.crs)

    @cached_property
    def features(self) -> Patches:
        """The patches as GeoJSON features, whatever is installed."""
        rows = _rows(self._outcome.patches())
        return Patches([{"type": "Feature", "id": row["patch_id"], "properties": row,
                         "geometry": {"type": "MultiPolygon", "coordinates": coordinates}}
                        for row, coordinates in zip(rows, self._outcome.patch_coordinates())])

    @cached_property
    def findings(self) -> Any:
        """Rules that fired, or could not be decided, with their evidence: a pandas.DataFrame where pandas is
        installed, else a list of dicts; so are all tables below."""
        return _table(self._outcome.findings())

    @cached_property
    def overlaps(self) -> Any:
        """What patches share with features of the layers."""
        return _table(self._outcome.overlaps())

    @cached_property
    def pieces(self) -> Any:
        """Parts of patches that rules derived; `wkb` is their outline."""
        table = self._outcome.pieces()
        table["wkb"] = ("object", self._outcome.piece_wkb())
        return _table(table)

    @cached_property
    def spectra(self) -> Any:
        """Mean and deviation of every band over every patch, on both dates."""
        return _table(self._outcome.spectra())

    @cached_property
    def lineage(self) -> Any:
        """How patches go on from earlier batches."""
        return _table(self._outcome.lineage())

    def to_arrow(self, table: str = "patches") -> ArrowTable:
        """patches, findings, overlaps, pieces or spectra, typed; outlines are WKB in column wkb_geometry."""
        if table not in ("patches", "findings", "overlaps", "pieces", "spectra"):
            raise UsageError(f"table: expected patches, findings, overlaps, pieces or spectra, found {table!r}")
        return ArrowTable(self._outcome, table)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._outcome.arrow_stream("patches")

    @cached_property
    def mask(self) -> Optional[np.ndarray]:
        """uint8 (rows, columns): 1 change, 0 none, 255 unknown; None unless asked for with mask=True."""
        plane = self._outcome.mask()
        return None if plane is None else np.asarray(plane)

    @cached_property
    def score(self) -> Optional[np.ndarray]:
        """float32 (rows, columns), the number compared with the cut; None unless asked for with score=True."""
        plane = self._outcome.score()
        return None if plane is None else np.asarray(plane)

    @cached_property
    def manifest(self) -> dict:
        """How the result came about: inputs, options, models, versions."""
        text = self._outcome.manifest()
        return json.loads(text) if text else {}

    @cached_property
    def report(self) -> dict:
        """Counts, memory and times."""
        return self._outcome.report()

    @property
    def warnings(self) -> list:
        return self._outcome.warnings()

    @cached_property
    def crs(self) -> Optional[str]:
        """WKT2 of the result's grid, None where the scenes have none."""
        return self._outcome.grid()["crs"]

    @cached_property
    def transform(self) -> tuple:
        """Of the result's grid, six numbers in GDAL's order."""
        return tuple(self._outcome.grid()["transform"])


def _rows(table: dict) -> list:
    columns = [cells for _, cells in table.values()]
    return [dict(zip(table, row)) for row in zip(*columns)]


def _columns(table: dict) -> dict:
    return {name: np.array(cells, dtype=float) if kind == "float" else cells for name, (kind, cells) in table.items()}


def _table(table: dict) -> Any:
    try:
        import pandas
    except ImportError:
        return _rows(table)
    return pandas.DataFrame(_columns(table))
