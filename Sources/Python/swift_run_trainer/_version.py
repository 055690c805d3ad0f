"""The package's version, which is the program's."""

VERSION = "0.1.0"
