# SPDX-License-Identifier: Apache-2.0
"""Change patches from satellite imagery, marked by rules."""

from ._detector import Detector
from ._errors import Cancelled, Error, MismatchError, ResourceError, RuntimeFailure, TubanWarning, UsageError
from ._result import Patches, Result
from ._rules import UNKNOWN, Facts, FunctionRule, Rule, Rulebook, facts, rulebooks
from ._run import detect, explain, mark, options
from ._score import Score, Threshold, detectors, score, threshold
from ._tuban import Progress, __version__

__all__ = [
    "Cancelled",
    "Detector",
    "Error",
    "Facts",
    "FunctionRule",
    "MismatchError",
    "Patches",
    "Progress",
    "ResourceError",
    "Result",
    "Rule",
    "Rulebook",
    "RuntimeFailure",
    "Score",
    "Threshold",
    "TubanWarning",
    "UNKNOWN",
    "UsageError",
    "__version__",
    "detect",
    "detectors",
    "explain",
    "facts",
    "mark",
    "options",
    "rulebooks",
    "score",
    "threshold",
]
