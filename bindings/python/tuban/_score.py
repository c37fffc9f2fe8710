# SPDX-License-Identifier: Apache-2.0
"""Detectors and thresholds as functions on arrays."""

from __future__ import annotations

import warnings
from typing import Any, Callable, NamedTuple, Optional, Sequence, Union

import numpy as np

from . import _tuban
from ._errors import TubanWarning, UsageError
from ._progress import Callback as Watcher, callback_of
from ._rules import own_rules
from ._run import own_detector, refuse_unknown, scenes_of, texts_of
from ._scenes import About


class Threshold(NamedTuple):
    """Where change begins: `score >= threshold.value`, nowhere where nothing changed."""

    value: float  # infinite where nothing changed
    changed: bool
    method: str
    share: float  # of the scores looked at that reach it
    notes: list

    def __float__(self) -> float:
        return self.value


class Score(NamedTuple):
    """What score() gives."""

    score: np.ndarray  # float32 (rows, columns), NaN where it is unknown
    valid: np.ndarray  # bool (rows, columns)
    threshold: Threshold  # what detect() cuts these scores at


def score(before: Any, after: Any, *, detector: Union[str, Callable, None] = None, bands: Optional[Sequence[str]] = None,
          nodata: Any = None, before_nodata: Any = None, after_nodata: Any = None, before_valid: Any = None,
          after_valid: Any = None, transform: Any = None, crs: Any = None,
          progress: Union[bool, None, Watcher] = None, **options: Any) -> Score:
    """How much each pixel changed between two scenes, as detect(..., score=True) has it; no patch is made.

    Scenes and options are those of detect(); arrays need neither CRS nor transform. detectors() lists detectors.
    """
    refuse_unknown(options)
    scenes = scenes_of(
        None, bands, options,
        (before, About("before", transform=transform, crs=crs, nodata=nodata if before_nodata is None else before_nodata,
                       bands=bands, valid=before_valid, name=None)),
        (after, About("after", transform=transform, crs=crs, nodata=nodata if after_nodata is None else after_nodata,
                      bands=bands, valid=after_valid, name=None)))
    options["detector"] = detector
    function = own_detector(options)
    own_rules(options)  # no patch, no rule
    with callback_of(progress) as callback:
        plane, cut, told, _ = _tuban.score(*scenes, options=texts_of(options), detector=function,
                                             progress=callback)
    for sentence in told:
        warnings.warn(sentence, TubanWarning, stacklevel=2)
    values = np.asarray(plane)
    return Score(values, ~np.isnan(values), Threshold(**cut))


def threshold(score: Any, method: str = "auto", *, valid: Any = None, detector: Optional[str] = None,
              degrees_of_freedom: int = 0) -> Threshold:
    """A threshold for scores of any origin: an array of any shape with 0 or more, NaN where a score is unknown.

    `method` is the option threshold of detect(); `valid` an array of the same shape. With the name of the `detector`
    that made the scores, "auto" has its lower bound. "chi2:RATE" needs `degrees_of_freedom`.
    """
    scores = np.asarray(score)
    if scores.dtype.kind not in "fiu":
        raise UsageError(f"score: expected an array of numbers, found one of {scores.dtype}")
    chosen = ~np.ma.getmaskarray(score) if isinstance(score, np.ma.MaskedArray) else None
    if valid is not None:
        if np.shape(valid) != scores.shape:
            raise UsageError(f"valid has shape {np.shape(valid)} and score {scores.shape}")
        told = np.asarray(valid) != 0
        chosen = told if chosen is None else told & chosen
    if chosen is not None:
        scores = scores[chosen]
    flat = np.ascontiguousarray(scores, dtype=np.float32).reshape(-1)
    return Threshold(**_tuban.threshold(flat, method=str(method), detector=detector or "",
                                        degrees_of_freedom=degrees_of_freedom))


def detectors() -> list:
    """Every detector there is, the default first: name, summary, normalises."""
    return _tuban.detectors()
