#!/usr/bin/env python3
"""Hostile files, links, limits and kills against the program: see README.md.

    Tests/Hostile/run.py [--trials N] [--from N] [--seed N] [KIND…]

KIND is sizes, bombs, links, limits or kills (default: all). N trials of each kind (default: 24), from trial N on
(default: 0). The seed decides what is done; the same trial of the same seed does the same. The environment variable
TRAINER names the program (default: the release build).
Exit codes: 0 all promises were kept, 64 wrong usage, 70 some were not (the folders of these trials are then kept).
"""

import argparse
import os
import pathlib
import random
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import bombs
import kills
import limits
import links
import sizes
from trial import Failure, Workspace

KINDS = {"sizes": sizes, "bombs": bombs, "links": links, "limits": limits, "kills": kills}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("kinds", nargs="*", metavar="KIND")
    options = parser.parse_args()
    unknown = [kind for kind in options.kinds if kind not in KINDS]
    if unknown or options.trials < 1:
        print(f"run.py: error: {unknown or options.trials}: give kinds out of {', '.join(KINDS)}", file=sys.stderr)
        return 64
    checkout = pathlib.Path(__file__).resolve().parents[2]
    program = os.environ.get("TRAINER") or str(checkout / ".build/release/swift-run-trainer")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        workspace = Workspace(program, folder)
        for name in options.kinds or KINDS:
            begin, kept = time.monotonic(), 0
            for number in range(options.first, options.first + options.trials):
                try:
                    with workspace.copy() as copy:
                        KINDS[name].trial(copy, random.Random(f"{options.seed} {name} {number}"), number)
                    kept += 1
                except Failure as failure:
                    print(f"run.py: {name}: trial {number}: {failure.args[0]}", file=sys.stderr)
            failed += options.trials - kept
            print(f"run.py: {name}: {kept} of {options.trials} trials in {time.monotonic() - begin:.0f} s", flush=True)
    return 70 if failed else 0


sys.exit(main())
