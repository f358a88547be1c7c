"""Fixtures of the command's tests."""

from functools import partial

import pytest

from tests.unit.cli import commands
from tests.unit.cli.commands import Run


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process."""
    return partial(commands.plimsoll, monkeypatch=monkeypatch, capsys=capsys)
