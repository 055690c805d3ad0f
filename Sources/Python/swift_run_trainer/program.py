"""Finding and running the program."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from .errors import TrainerError, fault

NAME = "swift-run-trainer"
_ERROR = "error: "
# How long a program that was asked to stop may take: a step and a checkpoint.
_STOPPING_SECONDS = 600


def find_program() -> str:
    """The program's path: `$SWIFT_RUN_TRAINER`, else that of the wheel, else the one in `PATH`.

    Raises
    ------
    TrainerError
        When there is none (exit code 69).
    """
    named = os.environ.get("SWIFT_RUN_TRAINER")
    if named:
        if not os.access(named, os.X_OK) or os.path.isdir(named):
            raise fault("SWIFT_RUN_TRAINER", f"names {named}, which cannot be run", "name the program", 69)
        return os.path.abspath(named)
    own = Path(__file__).parent / "program" / "bin" / NAME
    if os.access(own, os.X_OK):
        return str(own)
    found = shutil.which(NAME)
    if found:
        return found
    raise fault(NAME, "is not there", "install the wheel that carries it, or name it in SWIFT_RUN_TRAINER", 69)


def version() -> str:
    """The program's version."""
    return run(["--version"]).strip()


def command(words: Sequence[str], ranks: int = 1, launcher: str | Sequence[str] = "mpirun") -> list[str]:
    """The whole command line.

    Parameters
    ----------
    words : sequence of str
        Those behind the program's name.
    ranks : int
        How many processes; one is started without a launcher.
    launcher : str or sequence of str
        What starts several ranks, with its own options: `-n RANKS` follows.
    """
    if isinstance(ranks, bool) or not isinstance(ranks, int) or ranks < 1:
        raise fault(f"ranks={ranks!r}", "must be a positive whole number", "give, for instance, 2")
    start: list[str] = []
    if ranks > 1:
        start = launcher.split() if isinstance(launcher, str) else list(launcher)
        if not start or shutil.which(start[0]) is None:
            raise fault(
                f"ranks={ranks}", f"needs {start[0] if start else 'a launcher'}", "install MPI, or use ranks=1", 69
            )
        start += ["-n", str(ranks)]
    return [*start, find_program(), *words]


def run(words: Sequence[str], ranks: int = 1, launcher: str | Sequence[str] = "mpirun") -> str:
    """Runs the program to its end.

    Parameters
    ----------
    words : sequence of str
        Those behind the program's name.
    ranks, launcher
        As of `command`.

    Returns
    -------
    str
        What it printed on standard output. Warnings go to standard error.

    Raises
    ------
    TrainerError
        With the program's own line, for an exit code other than 0.
    """
    process = Process(words, ranks, launcher)
    process.wait()
    return process.output


class Process:
    """The program at work, in a process group of its own: Ctrl-C reaches Python alone, which passes it on once.

    Parameters
    ----------
    words : sequence of str
        Those behind the program's name.
    ranks, launcher
        As of `command`.
    """

    def __init__(self, words: Sequence[str], ranks: int = 1, launcher: str | Sequence[str] = "mpirun") -> None:
        # Open MPI passes SIGUSR1 on, and kills ranks a second after any other signal.
        self._stop_signal = signal.SIGINT if ranks == 1 else signal.SIGUSR1
        self._output: list[str] = []
        self._errors: list[str] = []
        self._process = subprocess.Popen(
            command(words, ranks, launcher),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._readers = [
            threading.Thread(target=self._read, args=(self._process.stdout, self._output.append), daemon=True),
            threading.Thread(target=self._read, args=(self._process.stderr, self._errors.append), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _read(stream: object, keep: Callable[[str], None]) -> None:
        for line in stream:  # type: ignore[attr-defined]
            keep(line)

    @property
    def output(self) -> str:
        """What it has printed on standard output."""
        return "".join(self._output)

    def wait(self, each: Callable[[], None] = lambda: None, interval: float = 0.1) -> None:
        """Waits for the end, and meanwhile calls `each` every `interval` seconds.

        Raises
        ------
        TrainerError
            For an exit code other than 0.
        KeyboardInterrupt
            After the program, which was told to stop, has done so.
        """
        try:
            while self._process.poll() is None:
                try:
                    self._process.wait(interval)
                except subprocess.TimeoutExpired:
                    each()
            self._finish()
        except BaseException:
            self._stop()
            raise
        if self._process.returncode != 0:
            raise TrainerError(self._fault(), self._process.returncode)

    def _stop(self) -> None:
        """Asks the program to stop after its step; a second Ctrl-C ends it at once."""
        try:
            if self._process.poll() is None:
                self._process.send_signal(self._stop_signal)
                self._process.wait(_STOPPING_SECONDS)
        except (KeyboardInterrupt, subprocess.TimeoutExpired):
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._finish()

    def _finish(self) -> None:
        for reader in self._readers:
            reader.join()
        for line in self._errors:
            if not line.startswith(_ERROR) and line.strip():
                print(line, end="", file=sys.stderr)

    def _fault(self) -> str:
        """The program's line that says what is wrong."""
        faults = [line.removeprefix(_ERROR).strip() for line in self._errors if line.startswith(_ERROR)]
        if faults:
            return faults[0]
        # A launcher has a form of its own: lines between dashes.
        others = [line.strip() for line in self._errors if any(letter.isalpha() for letter in line)]
        return others[0] if others else f"{NAME} ended with exit code {self._process.returncode}"
