"""Links, pipes and devices in the place of files, inputs named as outputs: nothing but the command's own is written."""

import os
import shutil

from trial import promise


def outputs(copy):
    """Commands that write a file which the user names."""
    stamps, model = "data/stamps_noise.npy", "run/model.safetensors"
    return [
        ["predict", "--model", "run", "--input", stamps, "--quiet", "--output"],
        ["predict", "--model", "run", "--input", stamps, "--quiet", "--csv"],
        ["occlusion", "--model", model, "--input", stamps, "--index", "0", "--output"],
        ["convert", "--model", model, "--output"],
        ["report", "--compare", "run", "run", "--quiet", "--output"],
        [*copy.workspace.training("traced"), "--no-report", "--trace"],
    ]


def named_outputs(copy, random):
    """An output that is an input, a file of somebody else, or leads to one."""
    arguments = random.choice(outputs(copy))
    precious = random.choice(
        ["data/stamps_noise.npy", "data/stamps_sources.npy", "run/model.safetensors", "run/config.json", "notes.keras"])
    copy.path("notes.keras").write_text("precious")
    way = random.choice(["itself", "dotted", "link", "links", "hard"])
    name = {"itself": precious, "dotted": f"./run/../{precious}"}.get(way, "named.keras")
    if way == "link":
        os.symlink(precious, copy.path(name))
    elif way == "links":
        os.symlink(precious, copy.path("first"))
        os.symlink("first", copy.path(name))
    elif way == "hard":
        os.link(copy.path(precious), copy.path(name))
    before = copy.digests("data", "run", "notes.keras", name)
    outcome = copy.run(*arguments, name).ends_well()
    promise(outcome.code in (64, 65, 74), outcome, "a refusal was promised")
    promise(copy.digests("data", "run", "notes.keras", name) == before, outcome, "something else was written")
    promise(not copy.leftovers(), outcome, f"half-written: {copy.leftovers()}")


def run_folder(copy, random):
    """Something else in the place of a file that a run makes."""
    victim = copy.path("victim")
    victim.write_text("precious")
    names = [
        ".lock", ".probe.partial", "config.json", "history.csv", "hashes.csv", "metrics.json", "metrics.jsonl",
        "test_predictions.csv", "model.safetensors", "model.keras", "report.html", "figures", "train", "validation",
        "checkpoints",
        "figures/.gnuplot.messages", "figures/.figures.gnuplot", "figures/.roc.partial.svg", "figures/roc.csv",
        "checkpoints/best.json", "checkpoints/.best.json", "complete.json"]
    name = random.choice(names)
    path = copy.path(f"run/{name}")
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.exists() or path.is_symlink():
        path.unlink()
    path.parent.mkdir(exist_ok=True)
    elsewhere = copy.path("elsewhere")
    elsewhere.mkdir()
    kind = random.choice(["link", "dangling", "folder", "fifo", "zero", "itself"])
    target = {
        "link": victim, "dangling": copy.path("created"), "folder": elsewhere, "zero": "/dev/zero", "itself": path}
    if kind == "fifo":
        os.mkfifo(path)
    else:
        os.symlink(target[kind], path)
    arguments = random.choice([
        ["report", "--run", "run", "--quiet"],
        [*copy.workspace.training("run"), "--epochs", "3", "--resume"],
        copy.workspace.training("run"),
        ["predict", "--model", "run", "--input", "data/stamps_noise.npy", "--output", "p.npy", "--quiet"]])
    outcome = copy.run(*arguments, seconds=60).ends_well()
    promise(victim.read_text() == "precious", outcome, f"run/{name} ({kind}): written through the link")
    promise(not copy.path("created").exists(), outcome, f"run/{name} ({kind}): created through the link")
    promise(not list(elsewhere.iterdir()), outcome, f"run/{name} ({kind}): written elsewhere")


def inputs(copy, random):
    """What is no file where stamps or a model should be."""
    name = random.choice(["stamps.npy", "stamps.fits", "stamps.npz", "model.safetensors", "model.keras", "model.json"])
    kind = random.choice(["folder", "dangling", "round", "zero", "closed pipe"])
    path = copy.path(name)
    if kind == "folder":
        path.mkdir()
    else:
        os.symlink({"dangling": "nowhere", "round": name, "zero": "/dev/zero", "closed pipe": "/dev/fd/9"}[kind], path)
    if name.startswith("stamps"):
        arguments = ["predict", "--model", "run", "--input", name, "--output", "p.npy"]
    else:
        arguments = ["summary", "--model", name]
    outcome = copy.run(*arguments, seconds=60).ends_well()
    promise(outcome.code in (64, 65, 66), outcome, f"{kind}: a refusal was promised")


KINDS = [named_outputs, run_folder, inputs]


def trial(copy, random, number):
    KINDS[number % len(KINDS)](copy, random)
