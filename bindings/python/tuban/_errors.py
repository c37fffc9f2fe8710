# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, one class for each code of the engine."""


class Error(Exception):
    """One sentence: the thing, what was expected, what was found, and the option that mends it."""

    code = 1


class RuntimeFailure(Error, RuntimeError):
    """A read or write failed."""


class UsageError(Error, ValueError):
    """An argument, option, job, layer list or rulebook is wrong."""

    code = 2


class MismatchError(Error, ValueError):
    """Inputs do not fit together: CRS, grid, bands, types."""

    code = 3


class ResourceError(Error, MemoryError):
    """Not enough memory or disk."""

    code = 4


class Cancelled(Error):
    """A progress callback returned False."""

    code = 130


class TubanWarning(UserWarning):
    """What a run noticed and went on with."""
