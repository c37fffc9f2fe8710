# SPDX-License-Identifier: Apache-2.0
"""Detectors and thresholds as functions on arrays."""

import numpy as np
import pytest
import tuban

from conftest import BANDS

SWIR = [*BANDS, "swir1"]


def five_bands(array):
    return np.concatenate([array, array[3:] // 2 + 40])


@pytest.mark.parametrize("detector", [one["name"] for one in tuban.detectors()])
def test_every_detector_gives_the_scores_of_a_run(square, detector):
    before, after = five_bands(square.before), five_bands(square.after)
    run = tuban.detect(before, after, detector=detector, score=True, mask=True, bands=SWIR, crs=square.crs,
                       transform=square.transform)
    score, valid, threshold = tuban.score(before, after, detector=detector, bands=SWIR)
    assert score.dtype == np.float32
    assert np.array_equal(score.view(np.uint32), run.score.view(np.uint32))
    assert np.array_equal(valid, run.mask != 255)
    assert threshold.changed == run.manifest["cut"]["changed"]
    assert np.array_equal(score >= threshold.value, run.mask == 1)


@pytest.mark.parametrize("smooth", ["none", "mean3"])
def test_options_are_those_of_a_run(square, smooth):
    run = tuban.detect(square.before, square.after, score=True, smooth=smooth, threads=1, **square.about)
    assert np.array_equal(tuban.score(square.before, square.after, smooth=smooth, register="off").score, run.score)


def test_what_is_invalid_has_no_score(square):
    before = square.before.copy()
    before[2, :10] = 0
    flags = np.ones((160, 200), bool)
    flags[:, :7] = False
    score, valid, _ = tuban.score(before, square.after, nodata=0, after_valid=flags)
    expected = flags.copy()
    expected[:10] = False
    assert np.array_equal(valid, expected)
    assert np.array_equal(np.isnan(score), ~expected)


def test_a_score_is_of_scenes_without_bands_or_place_and_warns_of_neither(square, recwarn):
    score = tuban.score(square.before[0], square.after[0], detector="difference", smooth="none").score
    assert np.array_equal(score, np.abs(square.before[0].astype(np.float32) - square.after[0]))
    assert [str(one.message) for one in recwarn] == []


@pytest.mark.parametrize("method", ["auto", "otsu", "ki", "em", "triangle", "null:0.001", "percentile:95", "fixed:3"])
def test_thresholds_are_those_of_a_run_whose_sample_is_the_scene(square, method):
    run = tuban.detect(square.before, square.after, score=True, smooth="none", threshold=method, **square.about)
    cut = run.manifest["cut"]
    assert cut["changed"]
    found = tuban.threshold(run.score, method, detector="default")
    assert (found.value, found.method, found.share) == (cut["value"], cut["method"], cut["sample_share_changed"])


@pytest.mark.parametrize("detector, method, more", [("log-ratio", "cfar:1e-4", {}),
                                                    ("irmad-tempered", "chi2:1e-4", {"degrees_of_freedom": 4})])
def test_thresholds_that_mean_something_to_some_scores(square, detector, method, more):
    run = tuban.detect(square.before, square.after, detector=detector, threshold=method, score=True, smooth="none",
                       **square.about)
    assert tuban.threshold(run.score, method, detector=detector, **more).value == run.manifest["cut"]["value"]


def test_the_detector_gives_auto_its_lower_bound(square):
    run = tuban.detect(square.before, square.after, score=True, smooth="none", **square.about)
    assert 0 < tuban.threshold(run.score / 8).value < 4.5
    assert tuban.threshold(run.score / 8, detector="default").value == 4.5


def test_only_valid_scores_count():
    rng = np.random.default_rng(1)
    score = np.abs(rng.normal(0, 1, (100, 100))).astype(np.float32)
    score[:20] = 40
    valid = np.ones(score.shape, bool)
    valid[:20] = False
    assert tuban.threshold(score).changed
    nothing = tuban.threshold(score, valid=valid)
    assert not nothing.changed and nothing.value == float("inf")
    assert tuban.threshold(np.ma.masked_array(score, ~valid)) == nothing
    score[:20] = np.nan
    assert tuban.threshold(score) == nothing
    assert not (score >= float(nothing)).any()


def test_the_shape_and_order_of_scores_mean_nothing(square):
    score = tuban.score(square.before, square.after).score
    found = tuban.threshold(score)
    assert tuban.threshold(score.ravel()) == tuban.threshold(score.T[::-1]) == found
    assert tuban.threshold(score.astype(np.float64).tolist()) == found


def test_what_is_no_score_is_refused(square):
    score = np.ones((4, 4), np.float32)
    for match, wrong, more in [("\"ostu\" is unknown", score, {"method": "ostu"}),
                               ("a score is -1", -score, {}),
                               ("a score is inf", score * np.inf, {}),
                               ("expected an array of numbers", score.astype(str), {}),
                               ("valid has shape", score, {"valid": score[0]}),
                               ("degrees of freedom", score, {"method": "chi2:0.01"}),
                               ("\"none\" is unknown; there are", score, {"detector": "none"})]:
        with pytest.raises(tuban.UsageError, match=match):
            tuban.threshold(wrong, **more)


def test_a_score_that_cannot_be_is_refused(square):
    for match, more in [("cvaa.*is unknown; there are", {"detector": "cvaa"}),
                        ("output.*leave it out", {"output": "x.gpkg"}),
                        ("threshhold", {"threshhold": "otsu"})]:
        with pytest.raises(tuban.UsageError, match=match):
            tuban.score(square.before, square.after, **more)
    with pytest.raises(tuban.MismatchError, match="needs bands"):
        tuban.score(square.before, square.after, detector="ndvi")


def test_progress_ends_a_score(square):
    with pytest.raises(tuban.Cancelled):
        tuban.score(square.before, square.after, progress=lambda now: False)
