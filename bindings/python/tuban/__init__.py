# SPDX-License-Identifier: Apache-2.0
"""Change patches from satellite imagery, marked by rules."""

from ._errors import Cancelled, Error, MismatchError, ResourceError, RuntimeFailure, TubanWarning, UsageError
from ._result import Patches, Result
from ._run import detect, explain, mark, options
from ._tuban import Progress, __version__

__all__ = [
    "Cancelled",
    "Error",
    "MismatchError",
    "Patches",
    "Progress",
    "ResourceError",
    "Result",
    "RuntimeFailure",
    "TubanWarning",
    "UsageError",
    "__version__",
    "detect",
    "explain",
    "mark",
    "options",
]
