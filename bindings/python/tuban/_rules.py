# SPDX-License-Identifier: Apache-2.0
"""Rules in Python: rulebooks from Python objects, and functions over facts."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Mapping
from typing import Any, Callable, Iterable, Iterator, Optional, Sequence, Union

from . import _tuban
from ._errors import UsageError

Verdict = Union[None, bool, str, "_Unknown", tuple]


class _Unknown:
    """What a function returns where the facts do not tell: the finding is then unknown, neither way."""

    def __repr__(self) -> str:
        return "tuban.UNKNOWN"

    def __bool__(self) -> bool:
        raise TypeError("tuban.UNKNOWN is neither true nor false")


UNKNOWN = _Unknown()


class Facts(Mapping):
    """The facts of one patch by name: float, bool or str, None where unknown. Valid until the function returns;
    dict(facts) stays. tuban.facts() says what there is."""

    def __init__(self, view: "_tuban.FactsView", names: Sequence[str]) -> None:
        self._view = view
        self._names = names

    def __getitem__(self, name: str) -> Union[float, bool, str, None]:
        return self._view.get(name)

    def __contains__(self, name: Any) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Rule:
    """A rule as a rulebook has it (docs/rules.md): `when` are SQL predicates over facts, all of which must hold.

    With several cases, give `cases` as dicts of severity, when and note, the first that holds decides.
    """

    def __init__(self, id: str, name: str, name_zh: Optional[str] = None, severity: Optional[str] = None, *,
                 when: Union[str, Sequence[str], None] = None, note: Optional[str] = None,
                 cases: Optional[Iterable[Mapping]] = None, basis: str, mark: Union[str, Sequence[str], None] = None,
                 effect: Optional[str] = None, scope: str = "patch", parameters: Optional[Mapping] = None,
                 effective_from: Any = None, effective_to: Any = None, of: Optional[Sequence[str]] = None,
                 within_m: Optional[float] = None, derive: Optional[Mapping] = None) -> None:
        if (when is None) == (cases is None):
            raise UsageError(f"rule {id}: give when, or cases with one each")
        only = {"severity": severity, "when": [when] if isinstance(when, str) else when, "note": note}
        parts = {
            "id": id,
            "name": {"zh": name_zh or name, "en": name},
            "effective": _present({"from": _date(effective_from), "to": _date(effective_to)}),
            "scope": scope,
            "effect": effect or ("mark" if mark else "label"),
            "mark": mark,
            "basis": basis,
            "parameters": None if parameters is None else dict(parameters),
            "of": of,
            "within_m": within_m,
            "derive": None if derive is None else dict(derive),
            "cases": [_present(only)] if cases is None else [dict(case) for case in cases],
        }
        self.parts = _present(parts)

    def __repr__(self) -> str:
        return f"<tuban.Rule {self.parts['id']}>"


class Rulebook:
    """Rules under a name and a version, which stand in findings."""

    def __init__(self, name: str, version: str, rules: Iterable[Rule]) -> None:
        self.parts = {"rulebook": name, "version": str(version), "rules": [rule.parts for rule in rules]}

    def __repr__(self) -> str:
        return f"<tuban.Rulebook {self.parts['rulebook']} {self.parts['version']}>"

    def text(self) -> str:
        """As a rulebook file: JSON, which is YAML."""
        return json.dumps(self.parts, ensure_ascii=False, indent=1)


class FunctionRule:
    """A function over the facts of a patch as a rule: it returns None or False (nothing), True, a severity "S1" to "S4",
    UNKNOWN, or one of these with a note as a tuple. The same facts must get the same answer.

    `facts` are those it reads: layers are asked for no others. Without, all are measured for every patch.
    """

    def __init__(self, function: Callable[[Facts], Verdict], *, id: Optional[str] = None, name: Optional[str] = None,
                 name_zh: Optional[str] = None, rulebook: str = "functions", version: str = "",
                 mark: Optional[str] = None, effect: Optional[str] = None, severity: Optional[str] = None,
                 basis: Optional[str] = None, facts: Optional[Sequence[str]] = None, effective_from: Any = None,
                 effective_to: Any = None) -> None:
        if not callable(function):
            raise UsageError(f"a rule must be a function over facts, found {function!r}")
        called = getattr(function, "__name__", type(function).__name__)
        told = (getattr(function, "__doc__", None) or "").strip().splitlines()
        self.function = function
        self.id = str(id or called)
        self.name_en = name or name_zh or self.id
        self.name_zh = name_zh or self.name_en
        self.rulebook = rulebook
        self.version = str(version)
        self.effect = effect or ("mark" if mark else "label")
        self.mark = mark or ""
        self.severity = severity or ("" if self.effect in ("raise", "demote") else "S1")
        self.basis = basis or (told[0] if told else f"function {called} in Python")
        self.facts = [] if facts is None else [str(fact) for fact in facts]
        self.effective_from = _date(effective_from) or ""
        self.effective_to = _date(effective_to) or ""
        self._names = self.facts or _fact_names()

    def __repr__(self) -> str:
        return f"<tuban.FunctionRule {self.id}>"

    def _judge(self, view: "_tuban.FactsView") -> tuple:
        answer = self.function(Facts(view, self._names))
        verdict, note = answer if isinstance(answer, tuple) and len(answer) == 2 else (answer, "")
        if verdict is None or verdict is False:
            return 0, "", ""
        if verdict is UNKNOWN:
            return -1, "", str(note)
        if verdict is True or isinstance(verdict, str):
            return 1, verdict if isinstance(verdict, str) else "", str(note)
        raise UsageError(f"rule {self.id} gave {answer!r}; expected None, True, a severity such as \"S2\", tuban.UNKNOWN, "
                         "or one of these and a note")


def own_rules(options: dict) -> tuple:
    """Takes rules that are Python objects out of the options: texts of rulebooks, and functions."""
    given = options.get("rules")
    if given is None or isinstance(given, (str, os.PathLike)):
        return [], []
    names, texts, functions, loose = [], [], [], []
    for one in given if isinstance(given, (list, tuple)) else [given]:
        if isinstance(one, (str, os.PathLike)):
            names.append(one)
        elif isinstance(one, Rulebook):
            texts.append(one.text())
        elif isinstance(one, Mapping):
            texts.append(json.dumps(dict(one), ensure_ascii=False, default=str))
        elif isinstance(one, Rule):
            loose.append(one)
        else:
            functions.append(one if isinstance(one, FunctionRule) else FunctionRule(one))
    if loose:
        texts.append(Rulebook("own", "0", loose).text())
    options["rules"] = names or ["none"]
    return texts, functions


def facts() -> list:
    """Every fact that rules may speak of: name, type, unit, zh, en, source, unknown_when."""
    return _tuban.facts()


def rulebooks() -> list:
    """The names of the shipped rulebooks, which a run without rules= uses."""
    return _tuban.rulebooks()


_names: list = []


def _fact_names() -> list:
    if not _names:
        _names.extend(fact["name"] for fact in facts())
    return _names


def _present(parts: dict) -> dict:
    return {key: value for key, value in parts.items() if value is not None and value != {}}


def _date(given: Any) -> Optional[str]:
    if isinstance(given, datetime.datetime):
        given = given.date()
    return None if given is None else str(given)
