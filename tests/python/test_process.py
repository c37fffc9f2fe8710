# SPDX-License-Identifier: Apache-2.0
"""Progress, interruption, threads and memory: what a run does to the process it is in, and what ends it."""

import locale
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import types

import numpy as np
import pytest
import tuban


class HostsOwn(Exception):
    pass


def left(folder):
    """All but what a run may be resumed from."""
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".tuban-work"))


def test_progress_is_told_in_the_callers_thread_and_ends_at_one(square):
    told = []
    tuban.detect(square.before, square.after, **square.about,
                 progress=lambda now: told.append((threading.get_ident(), now.stage, now.share)))
    assert {thread for thread, _, _ in told} == {threading.get_ident()}
    shares = [share for _, _, share in told]
    assert shares == sorted(shares) and shares[-1] == 1
    assert {"plan", "scan", "emit"} <= {stage for _, stage, _ in told}


@pytest.mark.parametrize("stage", ["plan", "scan", "emit"])
def test_what_a_callback_raises_ends_the_run_and_leaves_no_file(square, tmp_path, stage):
    def raise_at(now):
        if now.stage == stage:
            raise HostsOwn(stage)

    with pytest.raises(HostsOwn, match=stage):
        tuban.detect(square.before, square.after, **square.about, output=tmp_path / "out.gpkg",
                     mask=tmp_path / "mask.tif", progress=raise_at)
    assert left(tmp_path) == []


def test_a_callback_that_returns_false_cancels(square, tmp_path):
    with pytest.raises(tuban.Cancelled):
        tuban.detect(square.before, square.after, **square.about, output=tmp_path / "out.gpkg",
                     progress=lambda now: False)
    assert left(tmp_path) == []


def test_an_interrupt_in_a_callback_ends_the_run(square, tmp_path):
    def interrupt(now):
        if now.stage == "scan":
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        tuban.detect(square.before, square.after, **square.about, output=tmp_path / "out.gpkg", progress=interrupt)
    assert left(tmp_path) == []


def test_an_interrupt_ends_a_run_that_tells_nothing(tmp_path):
    # Large enough to last: what comes first is the interrupt, not the end.
    program = """
import os, signal, sys, threading, numpy as np, tuban
print("ready", flush=True)
rng = np.random.default_rng(1)
before = rng.integers(0, 4000, (4, 3000, 3000), dtype=np.uint16)
threading.Timer(.2, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    for _ in range(100):
        tuban.detect(before, before, register="off", threads=1, output=sys.argv[1], overwrite=True, smooth="gauss:4")
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "out.gpkg"], capture_output=True, text=True)
    assert done.stdout.split() == ["ready", "interrupted"]
    assert set(left(tmp_path)) <= {"out.gpkg"}


def test_other_threads_run_meanwhile(square):
    counted = []
    over = threading.Event()

    def count():
        while not over.is_set():
            counted.append(1)
            time.sleep(.001)

    other = threading.Thread(target=count)

    def wait(now):
        seen = len(counted)
        while len(counted) == seen:
            time.sleep(.001)

    other.start()
    try:
        tuban.detect(square.before, square.after, **square.about, progress=wait)
    finally:
        over.set()
        other.join()
    assert counted


def test_two_threads_with_different_jobs_do_not_meet(square):
    found = {}

    def run(name, options):
        found[name] = [len(tuban.detect(square.before, square.after, **square.about, **options)) for _ in range(10)]

    threads = [threading.Thread(target=run, args=("any", {"min_area": "50px"})),
               threading.Thread(target=run, args=("large", {"min_area": "5000px"}))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"any": [1] * 10, "large": [0] * 10}


def test_a_run_inside_a_callback_of_a_run(square):
    inner = []

    def again(now):
        if now.stage == "scan" and not inner:
            inner.append(len(tuban.detect(square.before, square.after, **square.about)))

    assert len(tuban.detect(square.before, square.after, **square.about, progress=again)) == 1
    assert inner == [1]


def test_the_host_keeps_its_settings(square):
    before = (locale.setlocale(locale.LC_ALL), os.getcwd(), signal.pthread_sigmask(signal.SIG_BLOCK, []),
              dict(os.environ), {number: signal.getsignal(number) for number in signal.valid_signals()})
    tuban.detect(square.before, square.after, **square.about)
    with pytest.raises(tuban.Error):
        tuban.detect("none.tif", "none.tif")
    after = (locale.setlocale(locale.LC_ALL), os.getcwd(), signal.pthread_sigmask(signal.SIG_BLOCK, []),
             dict(os.environ), {number: signal.getsignal(number) for number in signal.valid_signals()})
    assert before == after


def test_nothing_is_printed(square, capfd):
    tuban.detect(square.before, square.after, **square.about)
    with pytest.raises(tuban.Error):
        tuban.detect("none.tif", "none.tif")
    assert capfd.readouterr() == ("", "")


def test_no_copy_of_the_input_is_made():
    # Two interleaved views of one block of 512 MB; what the run adds is its buffers.
    program = """
import resource, numpy as np, tuban
block = np.zeros((4000, 4000, 8), np.float32)
block[:] = np.arange(4000, dtype=np.float32).reshape(-1, 1, 1) % 97
block[1000:1100, 1000:1100, 4:] += 500
had = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
result = tuban.detect(block[:, :, :4].transpose(2, 0, 1), block[:, :, 4:].transpose(2, 0, 1), register="off",
                      detector="difference", threshold="fixed:100", smooth="none", threads=2)
print(len(result), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - had)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    patches, more_kb = (int(word) for word in done.stdout.split())
    assert patches == 1
    assert more_kb < 250_000  # one of the two arrays would be 256 MB


def test_arrays_live_as_long_as_a_run_needs_them_and_no_longer(square):
    before = square.before.copy()
    references = sys.getrefcount(before)
    result = tuban.detect(before, square.after, **square.about)
    assert sys.getrefcount(before) == references
    with pytest.raises(HostsOwn):
        tuban.detect(before, square.after, **square.about, progress=_raise)
    assert sys.getrefcount(before) == references
    assert len(result) == 1


def _raise(now):
    raise HostsOwn


def test_warnings_are_pythons(square, scene):
    with pytest.warns(tuban.TubanWarning) as caught:
        result = tuban.detect(square.before, square.after, bands=square.about["bands"], register="off",
                              min_area="200")
    assert [str(warning.message) for warning in caught] == result.warnings != []


def test_a_bar_is_shown_where_tqdm_is(square, capfd):
    pytest.importorskip("tqdm")
    tuban.detect(square.before, square.after, **square.about, progress=True)
    assert "100%" in capfd.readouterr().err


class FakeBar:
    """What is asked of tqdm, kept; Debian's machine has none."""

    made = []

    def __init__(self, total, unit, bar_format):
        self.total, self.n, self.described, self.closed = total, 0, [], False
        self.made.append(self)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.closed = True

    def set_description_str(self, text, refresh):
        self.described.append(text)

    def set_postfix_str(self, text, refresh):
        self.postfix = text

    def update(self, more):
        assert more >= 0
        self.n += more


@pytest.fixture
def fake_bars(monkeypatch):
    module = types.ModuleType("tqdm.auto")
    module.tqdm = FakeBar
    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    monkeypatch.setitem(sys.modules, "tqdm.auto", module)
    monkeypatch.setattr(FakeBar, "made", [])
    return FakeBar.made


def test_a_bar_goes_to_its_end_and_names_the_stages(square, fake_bars):
    tuban.detect(square.before, square.after, **square.about, progress=True)
    (bar,) = fake_bars
    assert bar.n == pytest.approx(bar.total) and bar.closed
    assert {"plan", "scan", "emit"} <= set(bar.described)
    assert bar.postfix == "1 patches"


def test_a_bar_is_closed_when_the_run_fails(square, fake_bars):
    with pytest.raises(tuban.MismatchError):
        tuban.detect(square.before, square.after[:, :150], **square.about, progress=True)
    (bar,) = fake_bars
    assert bar.closed and bar.n < bar.total


def test_a_notebook_shows_a_bar_as_a_widget():
    """The cell runs in a kernel of its own, as under Jupyter."""
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    for needed in ("tqdm", "ipykernel", "ipywidgets"):
        pytest.importorskip(needed)
    cell = nbformat.v4.new_code_cell("""
import numpy as np, tuban
before = np.random.default_rng(1).integers(0, 4000, (4, 300, 300), dtype=np.uint16)
tuban.detect(before, before, register="off", progress=True)
""")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    nbclient.NotebookClient(notebook, kernel_name="python3", timeout=100).execute()
    widgets = notebook.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"].values()
    (bar,) = (one["state"] for one in widgets if one["model_name"] == "FloatProgressModel")
    assert bar["value"] == pytest.approx(bar["max"]) and bar["bar_style"] == "success"


def test_without_tqdm_true_shows_nothing(square, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    assert len(tuban.detect(square.before, square.after, **square.about, progress=True)) == 1
