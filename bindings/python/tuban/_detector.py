# SPDX-License-Identifier: Apache-2.0
"""A detector in Python."""

from __future__ import annotations

from typing import Any, Callable, Optional

import numpy as np

from ._errors import UsageError


class Detector:
    """A function (before, after, valid) -> score as a detector.

    `before` and `after` are arrays (bands, rows, columns) of the scenes' type, `valid` is a bool array (rows, columns),
    and so is the score, of numbers of 0 or more, larger = more changed, NaN where nothing is known. A block is any part
    of the scene, so a pixel's score must depend on that pixel alone. With a `version` a run can be resumed: the
    function then must be the same whenever name and version are.
    """

    def __init__(self, function: Callable[[np.ndarray, np.ndarray, np.ndarray], Any], *, name: Optional[str] = None,
                 version: str = "") -> None:
        if not callable(function):
            raise UsageError(f"detector: expected a function (before, after, valid), found {function!r}")
        self.function = function
        self.name = str(name or getattr(function, "__name__", type(function).__name__))
        self.version = str(version)

    def __repr__(self) -> str:
        return f"<tuban.Detector {self.name}{' ' if self.version else ''}{self.version}>"

    def _score(self, dtype: str, bands: int, rows: int, columns: int, before: bytearray, after: bytearray,
               valid: bytearray) -> np.ndarray:
        dates = (np.frombuffer(date, dtype).reshape(bands, rows, columns) for date in (before, after))
        known = np.frombuffer(valid, bool).reshape(rows, columns)
        with np.errstate(all="ignore"):  # where valid is False samples are anything
            score = np.asarray(self.function(*dates, known))
        if score.shape != (rows, columns) or score.dtype.kind not in "fiub":
            raise UsageError(f"detector {self.name} gave an array {score.shape} of {score.dtype}; expected one number "
                             f"for each pixel, {(rows, columns)}")
        return np.ascontiguousarray(score, dtype=np.float32)
