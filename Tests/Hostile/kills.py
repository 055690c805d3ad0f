"""Kills behind a write, an fsync, a rename or a removal, in every phase: nothing is lost, nothing stays half done."""

from trial import digest, promise

KEPT = ["model.safetensors", "model.keras", "metrics.json", "test_predictions.csv"]


def kill(copy, arguments, point):
    """Runs a command that is killed behind its operation number `point`; whether it got that far."""
    outcome = copy.run(*arguments, environment={"SWIFT_RUN_TRAINER_KILL_AT": str(point)})
    promise(outcome.code in (0, -9), outcome, "a kill or an end was promised")
    return outcome.code != 0


def training(copy, random, arguments, folder, members):
    """A run that is killed again and again ends as if it had not been."""
    reference = copy.run(*arguments, "--output", "reference").succeeded()
    number = 0
    while True:
        resumed = ["--resume"] if number else []
        if not kill(copy, [*arguments, "--output", folder, *resumed], random.randint(1, 60 + 30 * number)):
            break
        number += 1
        promise(number < 200, reference, "the run does not get on")
    # The run that ended itself may have been one that was killed before in its last steps.
    outcome = copy.run(*arguments, "--output", folder, "--resume").ends_well()
    promise(outcome.code == 0, outcome, f"after {number} kills the run ends no more")
    for part in [f"member-{member}/" for member in range(1, members + 1)] if members else [""]:
        for name in KEPT:
            first, second = copy.path(f"reference/{part}{name}"), copy.path(f"{folder}/{part}{name}")
            promise(digest(first) == digest(second), outcome, f"{part}{name} differs after {number} kills")
        page = copy.path(f"{folder}/{part}report.html")
        promise(page.exists() or "--no-report" in arguments, outcome, f"no {part}report.html after {number} kills")
    if members:
        for name in ["metrics.json", "test_predictions.csv"]:
            first, second = copy.path(f"reference/{name}"), copy.path(f"{folder}/{name}")
            promise(digest(first) == digest(second), outcome, f"the ensemble's {name} differs")
    promise(not copy.leftovers(), outcome, f"half-written: {copy.leftovers()}")


def base(copy):
    arguments = copy.workspace.training("")
    return arguments[:arguments.index("--output")]


def single_run(copy, random):
    training(copy, random, [*base(copy), "--epochs", "2", "--no-report"], "killed", 0)


def stopped_early(copy, random):
    arguments = [*base(copy), "--epochs", "6", "--no-report", "--early-stopping", "val_loss", "--patience", "1",
                 "--min-delta", "9", "--keep-checkpoints", "1"]
    training(copy, random, arguments, "killed", 0)


def with_report(copy, random):
    training(copy, random, base(copy), "killed", 0)


def ensemble(copy, random):
    training(copy, random, [*base(copy), "--members", "2", "--no-report"], "killed", 2)


def report(copy, random):
    """A report that is killed can be made again, and the run is as it was."""
    before = copy.digests("run/model.safetensors", "run/metrics.json", "run/config.json", "run/history.csv")
    for _ in range(3):
        kill(copy, ["report", "--run", "run", "--quiet"], random.randint(1, 150))
    outcome = copy.run("report", "--run", "run", "--quiet").succeeded()
    promise(copy.path("run/report.html").exists(), outcome, "no report")
    after = copy.digests("run/model.safetensors", "run/metrics.json", "run/config.json", "run/history.csv")
    promise(before == after, outcome, "the run has changed")
    promise(not copy.leftovers(), outcome, f"half-written: {copy.leftovers()}")


def simulation(copy, random):
    """A simulation that is killed leaves nothing in the way of the next one."""
    arguments = ["simulate", "--sources", "20", "--noise", "20", "--quiet", "--output"]
    copy.run(*arguments, "reference-data").succeeded()
    point = random.randint(1, 14)
    if kill(copy, [*arguments, "killed-data"], point):
        names = sorted(path.name for path in copy.path("killed-data").glob("[!.]*"))
        for name in names:
            copy.path(f"killed-data/{name}").unlink()
        copy.run(*arguments, "killed-data").succeeded()
    for path in sorted(copy.path("reference-data").iterdir()):
        promise(digest(path) == digest(copy.path(f"killed-data/{path.name}")), copy.run("--version"), path.name)
    promise(not copy.leftovers(), copy.run("--version"), f"half-written: {copy.leftovers()}")


def prediction(copy, random):
    """An output is whole, or what it was before."""
    arguments = ["predict", "--model", "run", "--input", "data/stamps_noise.npy", "--quiet", "--output", "p.npy",
                 "--csv", "p.csv"]
    copy.run(*arguments).succeeded()
    before = copy.digests("p.npy", "p.csv")
    kill(copy, arguments, random.randint(1, 12))
    promise(copy.digests("p.npy", "p.csv") == before, copy.run("--version"), "an output changed")
    copy.run(*arguments).succeeded()


KINDS = [single_run, stopped_early, with_report, ensemble, report, simulation, prediction]


def trial(copy, random, number):
    KINDS[number % len(KINDS)](copy, random)
