"""The command in this process, where a test looks at its words alone."""

from tests.unit.cli.conftest import run

__all__ = ["run"]
