# SPDX-License-Identifier: Apache-2.0
"""Detectors that are functions in Python."""

import gc
import sys
import threading
import weakref

import numpy as np
import pytest
import tuban


def difference(before, after, valid):
    length = np.zeros(valid.shape, np.float32)
    for one, other in zip(before, after):
        apart = one.astype(np.float32) - other
        length += apart * apart
    return np.sqrt(length)


def nothing(before, after, valid):
    return np.zeros(valid.shape, np.float32)


def ids(result):
    return [feature["id"] for feature in result.features]


def test_a_function_gives_what_the_same_detector_of_the_engine_gives(square):
    mine = tuban.detect(square.before, square.after, detector=difference, score=True, mask=True, **square.about)
    theirs = tuban.detect(square.before, square.after, detector="difference", score=True, mask=True, **square.about)
    assert np.array_equal(mine.score.view(np.uint32), theirs.score.view(np.uint32))
    assert np.array_equal(mine.mask, theirs.mask)
    assert ids(mine) == ids(theirs) and len(mine) >= 1
    assert mine.manifest["cut"]["value"] == theirs.manifest["cut"]["value"]
    assert mine.manifest["options"]["detector"] == "difference"
    assert "the host" in mine.manifest["model"]["paper"]


@pytest.mark.parametrize("options", [{"threads": 1}, {"executor": "jthread", "threads": 3}, {"tile": (64, 32)},
                                     {"executor": "serial"}, {"executor": "openmp", "threads": 2}])
def test_tiles_threads_and_executors_change_nothing(square, options):
    plain = tuban.score(square.before, square.after, detector=difference)
    other = tuban.score(square.before, square.after, detector=difference, **options)
    assert np.array_equal(plain.score, other.score) and plain.threshold == other.threshold


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_blocks_have_the_type_and_bands_of_the_scenes(square, dtype):
    seen = set()

    def look(before, after, valid):
        seen.add((before.dtype, after.dtype, valid.dtype, before.shape[0], before.shape == after.shape,
                  before.shape[1:] == valid.shape, before.flags.writeable))
        return difference(before, after, valid)

    before, after = ((date // 20).astype(dtype) for date in (square.before, square.after))
    mine = tuban.score(before, after, detector=look)
    assert seen == {(np.dtype(dtype), np.dtype(dtype), np.dtype(bool), 4, True, True, True)}
    assert np.array_equal(mine.score, tuban.score(before, after, detector="difference").score)


def test_what_is_invalid_is_told_and_stays_so(square):
    def bold(before, after, valid):
        assert not valid.all() or before.min() > 0
        return np.full(valid.shape, 3)

    before = square.before.copy()
    before[1, 20:50, 30:70] = 0
    score, valid, _ = tuban.score(before, square.after, detector=bold, nodata=0, smooth="none")
    assert not valid[20:50, 30:70].any() and valid.sum() == 160 * 200 - 30 * 40
    assert (score[valid] == 3).all()


@pytest.mark.parametrize("unknown", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_unknown(square, unknown):
    def partly(before, after, valid):
        return np.where(before[0] > 1000, np.float32(unknown), 1)

    _, valid, _ = tuban.score(square.before, square.after, detector=partly, smooth="none")
    assert np.array_equal(valid, square.before[0] <= 1000)


def test_other_numbers_become_float32(square):
    for kind in (np.float64, np.int32, np.uint8, bool, np.float16):
        score = tuban.score(square.before, square.after, smooth="none",
                            detector=lambda before, after, valid: (before[0] > 1000).astype(kind)).score
        assert np.array_equal(score, square.before[0] > 1000)


def test_a_fixed_threshold_and_a_tolerance_work_on_it(square):
    options = {"threshold": "fixed:900", "shift_tolerance": 1, "mask": True, "score": True, **square.about}
    mine = tuban.detect(square.before, square.after, detector=difference, **options)
    theirs = tuban.detect(square.before, square.after, detector="difference", **options)
    assert np.array_equal(mine.score, theirs.score) and np.array_equal(mine.mask, theirs.mask)


def test_what_it_raises_reaches_the_caller(square, tmp_path):
    class Mine(Exception):
        pass

    told = Mine("no such index")

    def fails(before, after, valid):
        raise told

    for run in (tuban.score, tuban.detect):
        with pytest.raises(Mine) as caught:
            run(square.before, square.after, detector=fails, work_folder=tmp_path)
        assert caught.value is told
        assert any(entry.name == "fails" for entry in caught.traceback)
    assert list(tmp_path.iterdir()) == []


def test_what_it_raises_late_and_from_several_threads_ends_the_run(square):
    calls = []

    def fails(before, after, valid):
        calls.append(threading.get_ident())
        if before.shape[1:] not in ((64, 64), (32, 32)) and len(calls) > 40:
            raise KeyError(len(calls))
        return difference(before, after, valid)

    with pytest.raises(KeyError):
        tuban.detect(np.tile(square.before, 4), np.tile(square.after, 4), detector=fails, tile=(32, 32), threads=4)
    assert threading.get_ident() not in calls


@pytest.mark.parametrize("answer, match", [
    (lambda before, after, valid: difference(before, after, valid)[:-1], r"gave an array \(\d+, \d+\) of float32"),
    (lambda before, after, valid: before, r"gave an array \(4, "),
    (lambda before, after, valid: 1.0, r"gave an array \(\) of float64"),
    (lambda before, after, valid: None, r"gave an array \(\) of object"),
    (lambda before, after, valid: np.zeros(valid.shape, complex), "of complex128; expected one number"),
    (lambda before, after, valid: -difference(before, after, valid), "gives a score of -"),
    (lambda before, after, valid: difference(before, after, valid) / before.mean(), "whatever lies around it"),
    (lambda before, after, valid: np.gradient(before[0].astype(np.float32))[0] ** 2, "whatever lies around it|at least"),
])
def test_what_is_no_score_is_refused(square, answer, match):
    with pytest.raises((tuban.UsageError, ValueError), match=match) as caught:
        tuban.detect(square.before, square.after, detector=answer, **square.about)
    assert "\n" not in str(caught.value)


def test_options_that_mean_nothing_to_it_are_refused(square):
    for match, more in [("--normalise", {"normalise": "none"}), ("--threshold", {"threshold": "chi2:0.01"}),
                        ("--threshold", {"threshold": "cfar:0.01"})]:
        with pytest.raises(tuban.UsageError, match=match):
            tuban.detect(square.before, square.after, detector=difference, **more, **square.about)
    with pytest.raises(tuban.UsageError, match="expected a function"):
        tuban.Detector("cva")


def test_a_run_is_resumed_under_the_same_name_and_version_only(square, tmp_path):
    def run(detector, **more):
        return tuban.detect(square.before, square.after, detector=detector, output=tmp_path / "out.gpkg", checkpoint=0,
                            tile=(64, 64), threads=1, **more, **square.about)

    def interrupted(detector):
        with pytest.raises(tuban.Cancelled):
            run(detector, progress=lambda now: now.stage not in ("describe", "mark", "emit"))

    versioned = tuban.Detector(difference, name="mine", version="2")
    interrupted(versioned)
    with pytest.raises(tuban.UsageError, match="difference of the host cannot be resumed.*give it a version"):
        run(difference, resume=True)
    with pytest.raises(tuban.UsageError, match="\"mine, version 2 of the host's\" .*\"mine, version 3"):
        run(tuban.Detector(difference, name="mine", version="3"), resume=True)
    resumed = run(versioned, resume=True)
    assert resumed.report["resumed_pixels"] > 0
    assert resumed.manifest["model"]["paper"].endswith("version 2")
    assert ids(resumed) == ids(tuban.detect(square.before, square.after, detector=difference, **square.about))


def test_blocks_may_be_kept_and_changed(square):
    kept = []

    def keeps(before, after, valid):
        kept.append(before)
        score = difference(before, after, valid)
        before[:] = after[:] = 9
        valid[:] = False
        return score

    expected = square.before.copy()
    assert np.array_equal(tuban.score(square.before, square.after, detector=keeps).score,
                          tuban.score(square.before, square.after, detector="difference").score)
    assert np.array_equal(square.before, expected)
    assert all((block == 9).all() for block in kept)


def test_a_function_may_run_the_engine_itself(square):
    inner = []

    def nested(before, after, valid):
        if not inner:
            inner.append(None)
            inner[0] = tuban.score(square.before, square.after, detector="difference", threads=1).threshold.value
        return difference(before, after, valid)

    assert tuban.score(square.before, square.after, detector=nested).threshold.value == inner[0]


def test_nothing_is_held_once_the_run_is_over(square):
    class Callable:
        def __call__(self, before, after, valid):
            return difference(before, after, valid)

    for fails in (False, True):
        function = Callable() if not fails else type("Fails", (), {"__call__": lambda self, *_: 1 / 0})()
        watched = weakref.ref(function)
        gc.collect()
        references = sys.getrefcount(square.before)
        try:
            tuban.score(square.before, square.after, detector=function)
        except ZeroDivisionError:
            pass
        del function
        gc.collect()
        left = sys.getrefcount(square.before)  # not within assert, which holds what it looks at
        assert watched() is None
        assert left == references


def test_progress_can_end_a_run_with_it(square):
    with pytest.raises(tuban.Cancelled):
        tuban.detect(square.before, square.after, detector=nothing, progress=lambda now: now.stage != "scan",
                     **square.about)
