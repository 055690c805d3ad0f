"""Limits of the system and outputs that are full: an end with one line, never a signal, never without an end."""

import os
import resource
import signal

from trial import REFUSALS, promise


def commands(workspace):
    stamps = "data/stamps_noise.npy"
    return [
        [*workspace.training("new"), "--no-report"],
        ["predict", "--model", "run", "--input", stamps, "--output", "p.npy"],
        ["evaluate", "--model", "run", "--data", "data", "--bootstrap", "10"],
        ["evaluate", "--model", "run", "--data", "data", "--bootstrap", "0", "--json"],
        ["occlusion", "--model", "run/model.safetensors", "--input", stamps, "--index", "0", "--output", "o.npy"],
        ["convert", "--model", "run/model.keras", "--output", "c.safetensors"],
        ["simulate", "--output", "more", "--sources", "10", "--noise", "10"],
        ["report", "--run", "run"],
        ["summary", "--model", "vgg6"],
        ["bench", "--models", "simple", "--seconds", "0.1", "--threads", "1", "--json"],
        ["--help"],
        ["--version"],
    ]


# What prints its result, so that a full standard output loses it.
PRINTING = {"evaluate", "summary", "bench", "--help", "--version"}


def full_output(copy, random):
    arguments = random.choice(commands(copy.workspace))
    with open("/dev/full", "wb") as full:
        outcome = copy.run(*arguments, stdout=full).ends_well()
    if arguments[0] in PRINTING:
        promise(outcome.code == 74, outcome, "a lost result, 74, was promised")


def closed_output(copy, random):
    """The reader of a pipe has gone, or there is no standard output, input or error at all."""
    arguments = random.choice(commands(copy.workspace))
    way = random.choice(["pipe", "output", "input", "error", "all"])
    if way == "pipe":
        reading, writing = os.pipe()
        os.close(reading)
        outcome = copy.run(*arguments, stdout=writing)
        os.close(writing)
    else:
        closed = {"output": [1], "input": [0], "error": [2], "all": [0, 1, 2]}[way]
        outcome = copy.run(*arguments, closed=closed)
    # A result that nobody reads may end as it does with other programs, by SIGPIPE.
    allowed = {0, -signal.SIGPIPE} | REFUSALS
    promise(outcome.code in allowed, outcome, f"{way}: an exit code was promised")
    if arguments[0] == "train":
        promise(outcome.code in (0, 74), outcome, f"{way}: a training does not end with its reader")
        promise(outcome.code == 74 or copy.path("new/model.safetensors").exists(), outcome, "no model")


def file_size(copy, random):
    arguments = random.choice(commands(copy.workspace)[:8])
    blocks = random.choice([0, 1, 512, 4096, 20_000])
    outcome = copy.run(*arguments, limits=[(resource.RLIMIT_FSIZE, blocks)])
    # Not even a message can be written to a file then.
    promise(outcome.code in {0} | REFUSALS, outcome, f"files of {blocks} bytes: an exit code was promised")
    promise(not copy.leftovers(), outcome, f"half-written: {copy.leftovers()}")


def address_space(copy, random):
    arguments = random.choice(commands(copy.workspace))
    megabytes = random.choice([100, 150, 200, 250, 300, 400, 600, 1000])
    outcome = copy.run(*arguments, limits=[(resource.RLIMIT_AS, megabytes << 20)], seconds=60)
    if outcome.code == 127:
        # The loader had no room for the libraries, and says so.
        return
    outcome.ends_well()


def descriptors(copy, random):
    arguments = random.choice(commands(copy.workspace))
    limit = random.choice([3, 4, 5, 6, 8, 10, 16, 32])
    outcome = copy.run(*arguments, limits=[(resource.RLIMIT_NOFILE, limit)], seconds=60)
    if outcome.code == 127:
        return
    outcome.ends_well()


def stack(copy, random):
    arguments = random.choice(commands(copy.workspace))
    kilobytes = random.choice([128, 256, 512, 1024])
    copy.run(*arguments, limits=[(resource.RLIMIT_STACK, kilobytes << 10)]).ends_well()


KINDS = [full_output, closed_output, file_size, address_space, descriptors, stack]


def trial(copy, random, number):
    KINDS[number % len(KINDS)](copy, random)
