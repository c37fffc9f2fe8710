# SPDX-License-Identifier: Apache-2.0
"""Change patches from satellite imagery, marked by rules."""

from ._detector import Detector
from ._errors import Cancelled, Error, MismatchError, ResourceError, RuntimeFailure, TubanWarning, UsageError
from ._result import Patches, Result
from ._run import detect, explain, mark, options
from ._score import Score, Threshold, detectors, score, threshold
from ._tuban import Progress, __version__

__all__ = [
    "Cancelled",
    "Detector",
    "Error",
    "MismatchError",
    "Patches",
    "Progress",
    "ResourceError",
    "Result",
    "RuntimeFailure",
    "Score",
    "Threshold",
    "TubanWarning",
    "UsageError",
    "__version__",
    "detect",
    "detectors",
    "explain",
    "mark",
    "options",
    "score",
    "threshold",
]
