"""Checks Markdown files: links between them, the language of every block, the length of lines.

    documentation_links.py ROOT FILE...

Prints one line for each thing that is wrong, `FILE:LINE: WHAT`; the exit code is 0 when there is none. A heading's
anchor is made as GitHub makes it. Links out of the checkout (https:, …) are not followed.
"""

import pathlib
import re
import sys

LANGUAGES = {"sh", "text", "json", "csv", "python", "mermaid", "swift"}
LONGEST_LINE = 120
LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]*)\)")
REFERENCE = re.compile(r"\[([^\[\]]+)\]\[([^\[\]]*)\]|\[([^\[\]]+)\](?![(\[:])")
DEFINITION = re.compile(r"^\[([^\]]+)\]:\s+(\S+)$")
HEADING = re.compile(r"^#{1,6} (.*)$")


def text_lines(path):
    """(number, line, is in a block) of each line, without the fences of blocks."""
    block = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            block = not block
            if block and line.strip()[3:] not in LANGUAGES:
                known = ", ".join(sorted(LANGUAGES))
                complain(path, number, f"a block of language '{line.strip()[3:]}', not of {known}")
            continue
        yield number, line, block
    if block:
        complain(path, number, "a block without an end")


def anchors(path):
    found = {}
    for _, line, block in text_lines(path):
        if not block and (heading := HEADING.match(line)):
            words = re.sub(r"[`*_]|\[|\]\([^)]*\)", "", heading[1]).lower()
            slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
            found[slug] = found.get(slug, -1) + 1
    return {name if not n else f"{name}-{n}" for name, last in found.items() for n in range(last + 1)}


def follow(path, number, target):
    if re.match(r"[a-z]+:", target):
        return
    name, _, anchor = target.partition("#")
    file = (path.parent / name).resolve() if name else path
    if not file.exists():
        complain(path, number, f"{target}: there is no such file")
    elif not file.is_relative_to(root):
        complain(path, number, f"{target}: out of the checkout")
    elif anchor and anchor not in anchors(file):
        complain(path, number, f"{target}: there is no such heading")


def check(path):
    lines = list(text_lines(path))
    prose = [(number, re.sub(r"`[^`]*`", "``", line)) for number, line, block in lines if not block]
    names = {found[1].lower(): found[2] for _, line in prose if (found := DEFINITION.match(line))}
    for number, line, block in lines:
        longest_word = max(map(len, line.split()), default=0)
        is_picture = line.startswith("![")
        if len(line) > LONGEST_LINE and not line.startswith("|") and not is_picture and longest_word < LONGEST_LINE / 2:
            complain(path, number, f"{len(line)} characters, more than {LONGEST_LINE}")
    # Links may go over lines: their text is looked at as one, with the number of the line they begin on.
    text, starts = "", []
    for number, line in prose:
        starts.append((len(text), number))
        text += line + "\n"
    at = lambda place: max(number for start, number in starts if start <= place)
    for link in LINK.finditer(text):
        follow(path, at(link.start()), link[2])
    used = set()
    for link in REFERENCE.finditer(text):
        name = (link[2] or link[1] or link[3]).lower()
        if name in names:
            used.add(name)
        elif link[2] is not None:
            complain(path, at(link.start()), f"[{name}]: not defined")
    for number, line in prose:
        if found := DEFINITION.match(line):
            follow(path, number, found[2])
            if found[1].lower() not in used:
                complain(path, number, f"[{found[1]}]: not used")


def complain(path, number, what):
    global wrong
    entry = f"{path.relative_to(root)}:{number}: {what}"
    if entry not in wrong:
        wrong.append(entry)


wrong = []
root = pathlib.Path(sys.argv[1]).resolve()
for name in sys.argv[2:]:
    check(pathlib.Path(name).resolve())
print(*wrong, sep="\n", end="\n" if wrong else "")
sys.exit(1 if wrong else 0)
