# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
from pathlib import Path

import pytest


def test_the_example_runs_and_draws(scene, tmp_path):
    pytest.importorskip("rasterio")
    pytest.importorskip("matplotlib")
    example = Path(__file__).parents[2] / "bindings/examples/detect.py"
    done = subprocess.run([sys.executable, example, scene, tmp_path / "patches.png"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    first = done.stdout.splitlines()
    assert first[0].startswith("<tuban.Result: ") and first[1].split()[0] == "1"
    assert (tmp_path / "patches.png").stat().st_size > 10_000
