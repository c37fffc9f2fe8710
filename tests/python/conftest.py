# SPDX-License-Identifier: Apache-2.0
"""Two small scenes with planted changes, as files and as arrays, and the programs of the build tree."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

BANDS = ["blue", "green", "red", "nir"]


def program(name):
    return os.environ[name]


@pytest.fixture(scope="session")
def scene(tmp_path_factory):
    """A folder as tuban-scene paints it: before.tif, after.tif, their validity, layers.yaml, job.yaml."""
    folder = tmp_path_factory.mktemp("scene") / "s"
    subprocess.run([program("TUBAN_SCENE"), "generate", str(folder), "--seed", "3", "--width", "400", "--height", "360"],
                   check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope="session")
def dump():
    """The canonical text of a result, without the names of folders."""

    def text(path):
        lines = subprocess.run([program("TUBAN_DUMP"), str(path)], check=True, capture_output=True, text=True).stdout
        return [line for line in lines.splitlines() if str(Path(path).parent) not in line]

    return text


class Square:
    """One bright square of 30 pixels on a textured ground, 200 x 160 pixels of 2 m, uint16."""

    crs = "EPSG:4526"
    transform = (38406360.0, 2.0, 0.0, 2500600.0, 0.0, -2.0)

    def __init__(self):
        rng = np.random.default_rng(7)
        rows, columns = np.mgrid[0:160, 0:200]
        ground = np.stack([800 + 200 * band + 300 * ((columns // 25 + rows // 20) % 4) for band in range(4)])
        self.before = (ground + rng.integers(0, 60, ground.shape)).astype(np.uint16)
        self.after = (60 + 1.2 * ground + rng.integers(0, 60, ground.shape)).astype(np.uint16)
        self.after[:, 60:90, 100:130] = 4200 + rng.integers(0, 20, (4, 30, 30))
        self.about = {"bands": BANDS, "crs": self.crs, "transform": self.transform, "register": "off"}


@pytest.fixture(scope="session")
def square():
    return Square()


def pytest_configure(config):
    config.addinivalue_line("filterwarnings", "ignore::tuban.TubanWarning")
