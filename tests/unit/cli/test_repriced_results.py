"""``plimsoll repriced-results`` refuses what it cannot run before it runs anything."""

from pathlib import Path

import pytest

from tests.unit.cli.commands import plimsoll


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *words: plimsoll(
        "repriced-results", *words, monkeypatch=monkeypatch, capsys=capsys
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--datadir", "absent"), "found none at"),
        (("--datadir", ".", "--only", "Nobody"), "expected --only to be one of TrendPortfolio"),
        (("--datadir", ".", "--guards", "some"), "expected --guards to be off, on or both"),
        (("--datadir", ".", "--only", "TrendFollow"), "1h candles"),
    ],
)
def test_what_is_wrong_is_named(run, tmp_path: Path, monkeypatch, words, told) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run(*words)
    assert ran.status == 2
    assert told in ran.err
    assert list(tmp_path.iterdir()) == []
