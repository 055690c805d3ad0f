#!/usr/bin/env python3
"""Turns what `swift-run-trainer --experimental-dump-help` prints (standard input) into its man page (standard output).

swift-run-trainer --experimental-dump-help | launch/manual.py VERSION > swift-run-trainer.1
"""

import json
import sys


def escaped(text):
    """Text as troff wants it: no escapes, no line that begins as a request does."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in ".'" else line for line in text.split("\n"))


def spelled(argument):
    """How an argument is written on a command line."""
    value = argument.get("valueName", "")
    if argument["kind"] == "positional":
        return f"<{value}>"
    names = [("-" if name["kind"] == "short" else "--") + name["name"] for name in argument["names"]]
    return ", ".join(names) + (f" <{value}>" if argument["kind"] == "option" else "")


def arguments(command):
    """The options of a command, each as a paragraph with a tag."""
    for argument in command.get("arguments", []):
        if not argument.get("shouldDisplay", True):
            continue
        text = " ".join(filter(None, [argument.get("abstract"), argument.get("discussion")]))
        if argument.get("defaultValue"):
            text += f" (default: {argument['defaultValue']})"
        yield f".TP\n.B {escaped(spelled(argument))}\n{escaped(text) or '.PP'}"


def page(root, version):
    """The whole page: the program, then each command with its options."""
    name = root["commandName"]
    yield f'.TH {name.upper()} 1 "" "{name} {version}" "User Commands"'
    yield f".SH NAME\n{escaped(name)} \\- {escaped(root['abstract'])}"
    yield f".SH SYNOPSIS\n.B {escaped(name)}\n[command] [options]"
    yield f".SH DESCRIPTION\n{escaped(root.get('discussion', ''))}"
    yield ".SH OPTIONS"
    yield from arguments(root)
    yield ".SH COMMANDS"
    for command in root["subcommands"]:
        if command["commandName"] == "help":
            continue
        yield f".SS {escaped(name)} {escaped(command['commandName'])}\n{escaped(command['abstract'])}"
        if command.get("discussion"):
            yield f".PP\n{escaped(command['discussion'])}"
        yield from arguments(command)
    yield ".SH ENVIRONMENT"
    yield ".TP\n.B SWIFT_RUN_TRAINER_MPI\nThe MPI library to use under a launcher: openmpi, mpich, or a file."
    yield ".TP\n.B OPENBLAS_CORETYPE\nThe processor for which OpenBLAS computes."


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print("\n".join(page(json.load(sys.stdin)["command"], sys.argv[1])))
