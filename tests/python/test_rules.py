# SPDX-License-Identifier: Apache-2.0
"""Rules in Python: rulebooks from objects, and functions over facts."""

import gc
import sqlite3
import subprocess
import weakref

import pytest
import tuban

from conftest import program


def run(scene, rules, **more):
    return tuban.detect(job=scene / "job.yaml", rules=rules, overwrite=True, **{"output": None, "mask": None, **more})


def rows(result):
    table = tuban._result._rows(result._outcome.findings())
    return [{key: row[key] for key in ("patch_id", "rulebook", "version", "rule_id", "name_zh", "name_en", "status",
                                       "effect", "mark", "severity", "note", "basis")} for row in table]


def large(facts):
    """Patches of half a mu or more."""
    if facts["area_m2"] < 400:
        return None
    return ("S2" if facts["area_m2"] < 1000 else "S3"), f"{facts['area_m2']:.0f} m2"


BIG = tuban.Rule("B01", "Large", "大图斑", mark="large", basis="test", parameters={"least": 1000},
                 cases=[{"severity": "S3", "when": ["area_m2 >= :least"]}, {"severity": "S2", "when": ["area_m2 >= 400"]}])


def test_a_rulebook_of_objects_is_one_of_a_file(scene, tmp_path):
    book = tuban.Rulebook("mine", "2.1", [
        BIG, tuban.Rule("B02", "No plants", severity="S1", when="direction = 'vegetation_loss'", note="bare", basis="test",
                        effective_from="2020-01-01")])
    path = tmp_path / "mine.yaml"
    path.write_text(book.text(), encoding="utf-8")
    subprocess.run([program("TUBAN_PROGRAM"), "rules", "check", path], check=True, stdout=subprocess.DEVNULL)
    mine, of_file = run(scene, [book]), run(scene, [path])
    assert rows(mine) == rows(of_file)
    assert {row["rule_id"] for row in rows(mine)} == {"B01", "B02"}
    assert [(one["name"], one["version"]) for one in mine.manifest["rulebooks"]] == [("mine", "2.1")]
    assert rows(run(scene, book.parts)) == rows(mine)


def test_a_function_finds_what_the_same_predicates_find(scene):
    theirs = run(scene, [tuban.Rulebook("functions", "3", [BIG])])
    mine = run(scene, [tuban.FunctionRule(large, id="B01", name="Large", name_zh="大图斑", mark="large", basis="test",
                                          version="3", facts=["area_m2"])])
    assert len(mine.findings) > 3
    assert [{**row, "note": ""} for row in rows(mine)] == [{**row, "note": ""} for row in rows(theirs)]
    assert [f["properties"]["severity"] for f in mine.features] == [f["properties"]["severity"] for f in theirs.features]
    assert all(row["note"].endswith(" m2") for row in rows(mine))


def test_findings_of_functions_stand_in_every_output(scene, tmp_path):
    out = tmp_path / "out.gpkg"
    result = run(scene, [*tuban.rulebooks(), tuban.FunctionRule(large, mark="large", version="1")], output=out)
    mine = [row for row in rows(result) if row["rulebook"] == "functions"]
    assert mine and len(mine) < len(rows(result))
    first = mine[0]
    assert (first["rule_id"], first["version"], first["basis"]) == ("large", "1", "Patches of half a mu or more.")
    file = sqlite3.connect(out)
    stored = file.execute("SELECT patch_id, rule_id, severity, note FROM findings WHERE rulebook = 'functions' "
                          "ORDER BY fid").fetchall()
    assert stored == [(row["patch_id"], "large", row["severity"], row["note"]) for row in mine]
    marks = dict(file.execute("SELECT patch_id, marks FROM patches"))
    assert "large" in marks[first["patch_id"]]
    for language, judged in (("en", "holds: function of the host"), ("zh", "由调用程序的函数判定")):
        told = tuban.explain(out, first["patch_id"], lang=language)
        assert first["note"] in told and "area_m2" in told and judged in told
    [evidence] = next(row["evidence"] for row in tuban._result._rows(result._outcome.findings())
                      if row["rulebook"] == "functions")
    assert evidence["sql"] == "function of the host" and list(evidence["facts"]) == ["area_m2"]


def test_a_plain_function_is_a_rule_and_no_other_rules_are_used(scene):
    def odd(facts):
        return facts["elongation"] is not None and facts["elongation"] > 1.5

    result = run(scene, odd)
    assert {(row["rule_id"], row["severity"], row["effect"]) for row in rows(result)} == {("odd", "S1", "label")}
    assert rows(run(scene, [])) == []


def test_threads_change_nothing(scene):
    rules = ["farmland", tuban.FunctionRule(large, mark="large"), lambda facts: "S4" if facts["farmland_share"] else None]
    plain = rows(run(scene, rules, threads=1))
    assert rows(run(scene, rules, threads=4)) == rows(run(scene, rules, executor="jthread", threads=3)) == plain


def test_facts_are_a_mapping_of_the_dictionary(scene):
    kept, views = [], []

    def look(facts):
        kept.append(dict(facts))
        views.append(facts)
        assert len(facts) == len(list(facts)) and "area_m2" in facts and "area" not in facts
        assert facts.get("area_m2") == facts["area_m2"]

    assert rows(run(scene, look)) == []
    types = {fact["name"]: {"number": float, "boolean": bool, "text": str}[fact["type"]] for fact in tuban.facts()}
    assert list(kept[0]) == list(types)
    for patch in kept:
        for name, value in patch.items():
            assert value is None or type(value) is types[name], name
    assert any(patch["farmland_m2"] for patch in kept)
    with pytest.raises(tuban.UsageError, match="the facts are gone"):
        views[0]["area_m2"]


def test_layers_are_asked_for_the_facts_that_are_named(scene):
    def area(facts):
        return bool(facts["farmland_m2"]), str(facts["farmland_m2"])

    named = run(scene, tuban.FunctionRule(area, facts=["farmland_m2"]))
    free = run(scene, area)
    assert rows(named) == rows(free) != []
    with pytest.raises(tuban.UsageError, match="reads area_m2, which is not among the facts it names"):
        run(scene, tuban.FunctionRule(large, facts=["farmland_m2"]))


def test_what_is_unknown_is_said_but_not_for_want_of_layers(scene):
    def undecided(name):
        return tuban.FunctionRule(lambda facts: tuban.UNKNOWN if facts[name] is None else None, id="u", facts=[name])

    found = rows(run(scene, undecided("registration_px"), register="off"))
    assert found and all(row["status"] == "unknown" and not row["severity"] for row in found)
    bare = tuban.detect(scene / "before.tif", scene / "after.tif", rules=undecided("farmland_m2"))
    assert len(bare) > 0 and rows(bare) == []


def test_effects_settle_with_other_findings(scene):
    up = tuban.FunctionRule(lambda facts: True, id="up", effect="raise")
    base = {f["id"]: f["properties"]["severity"] for f in run(scene, [BIG]).features}
    raised = {f["id"]: f["properties"]["severity"] for f in run(scene, [BIG, up]).features}
    steps = {"S2": "S3", "S3": "S4", None: None, "": "", "S1": "S2"}
    assert raised == {patch: steps[severity] for patch, severity in base.items()}


def test_given_patches_are_judged_too(scene, tmp_path):
    run(scene, ["none"], output=tmp_path / "given.gpkg")
    result = tuban.mark(tmp_path / "given.gpkg", layers=scene / "layers.yaml", rules=[BIG, large])
    found = rows(result)
    assert {(row["rulebook"], row["rule_id"]) for row in found} == {("own", "B01"), ("functions", "large")}
    assert len({row["patch_id"] for row in found}) * 2 == len(found)


def test_a_rule_can_be_switched_off(scene):
    assert rows(run(scene, large, rule=["large=off"])) == []


def test_what_a_function_raises_reaches_the_caller_and_nothing_is_held(scene, tmp_path):
    class Own(Exception):
        pass

    class Fails:
        __name__ = "fails"

        def __call__(self, facts):
            if facts["area_m2"] > 500:
                raise Own(facts["patch_id"] if "patch_id" in facts else "large")

    function = Fails()
    watched = weakref.ref(function)
    with pytest.raises(Own):
        run(scene, [function], output=tmp_path / "out.gpkg", threads=3)
    assert not (tmp_path / "out.gpkg").exists()
    del function
    gc.collect()
    assert watched() is None


@pytest.mark.parametrize("answer, match", [
    (lambda facts: 3, "expected None, True, a severity"),
    (lambda facts: "S5", "severity \"S5\" is unknown; known are S1, S2, S3, S4"),
    (lambda facts: facts["aera_m2"], "\"aera_m2\" is no fact; did you mean \"area_m2\""),
    (lambda facts: bool(tuban.UNKNOWN), "neither true nor false"),
])
def test_answers_that_are_none_are_refused(scene, answer, match):
    with pytest.raises((tuban.UsageError, TypeError), match=match):
        run(scene, tuban.FunctionRule(answer, id="wrong"))


@pytest.mark.parametrize("more, match", [
    ({"id": "a b"}, "its id is \"a b\""), ({"effect": "derive"}, "effect \"derive\" is none of a function"),
    ({"effect": "mark"}, "needs the name of the mark"), ({"effect": "label", "mark": "x"}, "sets no mark"),
    ({"severity": "high"}, "severity \"high\" is unknown"), ({"facts": ["aera_m2"]}, "did you mean \"area_m2\""),
    ({"effective_from": "soon"}, "\"soon\" is no date"), ({"effect": "raise", "severity": "S1"}, "none of its own"),
])
def test_rules_that_cannot_be_are_refused_before_anything_is_read(scene, more, match):
    with pytest.raises(tuban.UsageError, match=match):
        run(scene, tuban.FunctionRule(large, **more))


def test_books_that_collide_are_refused(scene):
    for match, rules in [("names rulebook \"farmland\" twice", ["farmland", tuban.FunctionRule(large, rulebook="farmland")]),
                         ("has this id twice", [large, large]),
                         ("a rulebook has one", [large, tuban.FunctionRule(large, id="b", version="2")]),
                         ("\"none\" is neither a file nor shipped", ["none", "farmland"]),
                         ("text 1 of rules: rule B09: predicate `aera_m2", [tuban.Rule("B09", "x", when="aera_m2 > 1",
                                                                                       severity="S1", basis="t")])]:
        with pytest.raises(tuban.UsageError, match=match):
            run(scene, rules)
    with pytest.raises(tuban.UsageError, match="give when, or cases"):
        tuban.Rule("B1", "x", basis="t")
    with pytest.raises(tuban.UsageError, match="function over facts"):
        run(scene, [3])


def test_a_run_with_a_function_needs_a_version_to_be_resumed(scene, tmp_path):
    with pytest.raises(tuban.UsageError, match="rule large of the host cannot be resumed.*version"):
        run(scene, large, output=tmp_path / "out.gpkg", resume=True)
    assert len(run(scene, tuban.FunctionRule(large, version="1"), output=tmp_path / "out.gpkg", resume=True)) > 0
