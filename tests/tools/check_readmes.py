#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_readmes.py ENGLISH CHINESE: both have the same headings, the same blocks of commands byte for byte, the
same figures and commands row by row in tables, the same pages linked. Says what differs, and fails then."""
import difflib
import re
import sys


def parts(path):
    headings, blocks, rows, links = [], [], [], []
    fence, block = False, []
    for number, line in enumerate(open(path, encoding="utf-8").read().splitlines(), 1):
        mark = line.startswith("```")
        indented = line.startswith("    ") and not fence
        if mark or fence or indented:
            block.append(line)
            if mark and fence:
                blocks.append((number, "\n".join(block)))
                block = []
            fence ^= mark
            continue
        if block:
            blocks.append((number - 1, "\n".join(block)))
            block = []
        if line.startswith("#"):
            headings.append((number, len(line) - len(line.lstrip("#"))))
        if line.startswith("|"):
            rows.append((number, [(figures(cell), code(cell)) for cell in line.strip("|").split("|")]))
        links += [(number, link) for link in re.findall(r"\]\((docs/[^)]*)\)", line)]
    if block:
        blocks.append((number, "\n".join(block)))
    return {"heading": headings, "code block ending": blocks, "table row": rows, "link": links}


def code(cell):
    return re.findall(r"`[^`]*`", cell)


def figures(cell):
    """Numbers in any order: a sentence in another language may turn it."""
    return sorted(re.findall(r"(?:\d[\d,]*)?\.?\d+", re.sub(r"`[^`]*`", "", cell)))


def said(path, items):
    return f"{path} has " + (", ".join(f"{one!r} in line {line}" for line, one in items) or "nothing there")


def main(english, chinese):
    ours, theirs = parts(english), parts(chinese)
    wrong = 0
    for kind, expected in ours.items():
        found = theirs[kind]
        if kind == "link":
            expected, found = sorted(expected, key=lambda l: l[1]), sorted(found, key=lambda l: l[1])
        for same, i, j, k, m in difflib.SequenceMatcher(
            None, [repr(one) for _, one in expected], [repr(one) for _, one in found], autojunk=False
        ).get_opcodes():
            if same == "equal":
                continue
            wrong += 1
            print(f"{kind}: {said(english, expected[i:j])}; {said(chinese, found[k:m])}")
    if not ours["heading"] or not ours["table row"] or not ours["code block ending"]:
        print(f"{english} has no headings, tables or code: this is no README of Tuban")
        wrong += 1
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
