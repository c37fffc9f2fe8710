# SPDX-License-Identifier: Apache-2.0
"""A progress bar for terminals and notebooks."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Callable, Iterator, Optional, Union

from ._errors import UsageError

Callback = Callable[[Any], Any]


@contextmanager
def callback_of(progress: Union[bool, None, Callback]) -> Iterator[Optional[Callback]]:
    """The function that a run calls: a bar's where `progress` is True and tqdm is installed."""
    if progress is None or progress is False:
        yield None
    elif progress is True:
        try:
            from tqdm.auto import tqdm
        except ImportError:
            yield None
            return
        with tqdm(total=100, unit="%", bar_format="{desc:>9} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}") as bar:

            def show(now: Any) -> None:
                bar.set_description_str(now.stage, refresh=False)
                bar.set_postfix_str(f"{now.patches} patches", refresh=False)
                bar.update(100 * now.share - bar.n)

            yield show
    elif callable(progress):
        yield progress
    else:
        raise UsageError(f"progress: expected True, False or a function, found {progress!r}")
