"""The ``plimsoll`` command in this process, as its entry point runs it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from plimsoll.cli import main


@dataclass(frozen=True)
class Ran:
    """How one command went."""

    status: int
    out: str
    err: str


def plimsoll(
    *words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Ran:
    """Run the command to its end."""
    monkeypatch.setattr(sys, "argv", ["plimsoll", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    return Ran(int(ended.value.code or 0), out, err)


Run = Callable[..., Ran]


def assert_one_line(ran: Ran, *parts: str) -> None:
    """Assert that the error is one line without a traceback, and holds the parts."""
    assert ran.err.count("\n") == 1
    assert ran.err.startswith("plimsoll: ")
    for part in parts:
        assert part in ran.err
