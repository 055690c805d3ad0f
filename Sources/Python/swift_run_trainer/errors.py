"""What can go wrong."""

from __future__ import annotations


class TrainerError(RuntimeError):
    """The program, or what was handed to it, is at fault.

    Parameters
    ----------
    message : str
        One line with name, fault and remedy, as the program prints it.
    exit_code : int
        That of the program, after sysexits: 64 wrong usage, 65 bad data, 66 input missing, 69 something needed is not
        there, 70 internal fault, 74 cannot write, 75 stopped early with a checkpoint. Negative for a signal.

    Attributes
    ----------
    message, exit_code
        As above.
    """

    def __init__(self, message: str, exit_code: int = 64) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code


def fault(name: str, problem: str, remedy: str, exit_code: int = 64) -> TrainerError:
    """A fault in the program's own form: `NAME: PROBLEM; REMEDY`."""
    return TrainerError(f"{name}: {problem}; {remedy}", exit_code)
