"""`python -m swift_run_trainer train …`: the program itself."""

import os
import sys

from .errors import TrainerError
from .program import find_program

try:
    program = find_program()
except TrainerError as error:
    print(f"error: {error}", file=sys.stderr)
    sys.exit(error.exit_code)
os.execv(program, [program, *sys.argv[1:]])
