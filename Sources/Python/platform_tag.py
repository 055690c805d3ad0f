"""Prints the platform tag of a wheel that carries a program, as PEP 600 has them.

    platform_tag.py FOLDER

`manylinux_2_X_MACHINE` where all that the program, and the libraries that it needs, need is in the folder or on every
Linux with glibc 2.X; else `linux_MACHINE`. What is only loaded when it is there (a shim for MPI) may need more. Asks
readelf (binutils).
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from pathlib import Path

# PEP 599 and 600: what a wheel may expect of any distribution (of glibc itself and the compiler's run time).
EVERYWHERE = re.compile(
    r"^(ld-linux|libc\.|libm\.|libdl\.|libpthread\.|librt\.|libutil\.|libresolv\.|libnsl\.|libgcc_s\.|libstdc\+\+\.)"
)


def main(folder: Path) -> str:
    """The tag of all ELF files below a folder."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"]
    here = {path.name for path in files}
    needs: dict[str, set[str]] = {}
    versions = {(2, 5)}
    for path in files:
        text = subprocess.run(
            ["readelf", "--wide", "--dynamic", "--version-info", str(path)], capture_output=True, text=True, check=True
        ).stdout
        needs[path.name] = set(re.findall(r"\(NEEDED\).*\[(.+?)\]", text))
        versions |= {(int(major), int(minor)) for major, minor in re.findall(r"GLIBC_(\d+)\.(\d+)", text)}
    needed: set[str] = set()
    queue = [path.name for path in files if path.parent.name == "bin"]
    while queue:
        new = needs.get(queue.pop(), set()) - needed
        needed |= new
        queue += new
    missing = sorted(name for name in needed - here if not EVERYWHERE.match(name))
    machine = platform.machine()
    if missing:
        print(f"needed from the system: {', '.join(missing)}", file=sys.stderr)
        return f"linux_{machine}"
    major, minor = max(versions)
    return f"manylinux_{major}_{minor}_{machine}"


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: platform_tag.py FOLDER")
    print(main(Path(sys.argv[1])))
