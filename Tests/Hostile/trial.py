"""Runs the program on something hostile, and knows what it promises whatever that is."""

import dataclasses
import hashlib
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tempfile
import time

# sysexits.h, as the program documents them; 0 is success.
REFUSALS = {64, 65, 66, 70, 71, 74}
# The program refuses what would take more than a few times its file's size; everything here is small.
MOST_MEGABYTES = 500
LONGEST_SECONDS = 120


class Failure(Exception):
    """A promise that was not kept."""


@dataclasses.dataclass
class Outcome:
    command: str
    code: int
    output: bytes
    errors: bytes
    megabytes: float

    def __str__(self):
        text = self.errors.decode(errors="replace")[:600]
        return f"{self.command}\n    exit code {self.code}, {self.megabytes:.0f} MB, said: {text}"


class Workspace:
    """A folder with simulated stamps, a run, and the files that come of it; copies of it are spoilt."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = pathlib.Path(folder)
        run = self.run
        run("simulate", "--output", "data", "--sources", "60", "--noise", "60", "--quiet").succeeded()
        run(*self.training("run"), "--epochs", "2").succeeded()
        run(*self.training("ensemble"), "--members", "2", "--no-report").succeeded()
        run("convert", "--model", "run/model.safetensors", "--output", "model.onnx").succeeded()

    @staticmethod
    def training(output):
        return ["train", "--recipe", "notebook", "--data", "data", "--model", "simple-bn", "--batch-size", "16",
                "--threads", "1", "--epochs", "1", "--quiet", "--output", output]

    def run(self, *arguments, folder=None, **options):
        return run(self.program, arguments, folder or self.folder, **options)

    def copy(self):
        """A copy of the folder, to be spoilt: a context manager."""
        return Copy(self)


class Copy:
    def __init__(self, workspace):
        self.workspace = workspace

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hostile-"))
        shutil.copytree(self.workspace.folder, self.folder, dirs_exist_ok=True, symlinks=True)
        return self

    def __exit__(self, kind, failure, trace):
        if kind is not None and issubclass(kind, Failure):
            failure.args = (f"{failure.args[0]}\n    kept in {self.folder}",)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return self.folder / name

    def run(self, *arguments, **options):
        return self.workspace.run(*arguments, folder=self.folder, **options)

    def digests(self, *names):
        """What files hold, and what folders hold, to see that nothing changes."""
        return {str(path): digest(path) for name in names for path in files(self.folder / name)}

    def leftovers(self):
        """Half-written files."""
        return [path for path in files(self.folder) if path.name.endswith(".partial") or ".partial." in path.name]


def files(path):
    return sorted(file for file in path.rglob("*") if not file.is_dir()) if path.is_dir() else [path]


def digest(path):
    if path.is_symlink():
        return f"link to {os.readlink(path)}"
    if not path.is_file():
        return "gone" if not path.exists() else "no file"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run(program, arguments, folder, limits=(), environment=None, stdin=subprocess.DEVNULL, stdout=None, stderr=None,
        seconds=LONGEST_SECONDS, closed=()):
    """Runs the program in a folder with limits (resource, value) and waits for its end."""
    variables = {**os.environ, "SWIFT_BACKTRACE": "enable=no", **(environment or {})}

    def prepare():
        os.setsid()
        for kind, value in limits:
            resource.setrlimit(kind, (value, value))
        for descriptor in closed:
            os.close(descriptor)

    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [program, *map(str, arguments)], cwd=folder, env=variables, stdin=stdin, stdout=stdout or output,
            stderr=stderr or errors, preexec_fn=prepare)
        end = time.monotonic() + seconds
        while True:
            done, status, usage = os.wait4(process.pid, os.WNOHANG)
            if done:
                break
            if time.monotonic() > end:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise Failure(f"{command(arguments)}\n    did not end within {seconds} s")
            time.sleep(0.003)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        return Outcome(
            command(arguments), process.returncode, output.read(), errors.read(), usage.ru_maxrss / 1024)


def command(arguments):
    return "swift-run-trainer " + " ".join(map(str, arguments))


def promise(condition, outcome, words):
    if not condition:
        raise Failure(f"{words}\n    {outcome}")


def _ends_well(self, allowed=frozenset({0}) | REFUSALS, megabytes=MOST_MEGABYTES):
    """It succeeds or refuses, in one line that a terminal shows as it is, with little memory."""
    promise(self.code in allowed, self, f"an exit code out of {sorted(allowed)} was promised")
    promise(self.megabytes <= megabytes, self, f"at most {megabytes} MB were promised")
    lines = self.errors.decode("utf-8").splitlines()
    promise(
        all(character == "\n" or character >= " " and character != "\x7f" for character in self.errors.decode()), self,
        "a message holds control characters")
    if self.code != 0:
        errors = [line for line in lines if line.startswith("error: ")]
        promise(len(errors) == 1, self, "one line that begins with error: was promised")
        promise(all(line.startswith(("error: ", "warning: ")) for line in lines), self, "a line is no message")
    return self


def _succeeded(self):
    promise(self.code == 0, self, "success was promised")
    return self.ends_well()


Outcome.ends_well = _ends_well
Outcome.succeeded = _succeeded
