"""The wheel's platform: any, or that of the program which `launch/wheel.sh` has put into it."""

import os

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.dist import Distribution


class PlatformWheel(bdist_wheel):
    """A wheel for any Python of one platform."""

    def get_tag(self) -> tuple[str, str, str]:
        """Neither the version of Python nor its ABI matters."""
        return "py3", "none", os.environ.get("WHEEL_PLATFORM") or "any"


class ProgramDistribution(Distribution):
    """A package that carries a program goes where compiled ones do."""

    def has_ext_modules(self) -> bool:
        """Whether the wheel is of one platform."""
        return bool(os.environ.get("WHEEL_PLATFORM"))


setup(cmdclass={"bdist_wheel": PlatformWheel}, distclass=ProgramDistribution)
