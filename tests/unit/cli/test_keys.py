"""``plimsoll keys``: what it refuses is one line, and no secret is in it."""

import json
from pathlib import Path

import pytest

from plimsoll.control.keys import KEY, SECRET, write_secret
from tests.unit.cli import commands
from tests.unit.cli.commands import assert_one_line


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("", "expected FREQTRADE__EXCHANGE__KEY"),
        (f"{KEY}=a-key\n{SECRET}=a-secret\n", "expected another key"),
    ],
)
def test_a_wrong_file_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    new: str,
    said: str,
) -> None:
    (tmp_path / "user_data").mkdir()
    layer = tmp_path / "layer.json"
    exchange = {"name": "binance"}
    layer.write_text(json.dumps({"exchange": exchange, "dry_run": False}))
    write_secret(tmp_path / "bot.env", f"{KEY}=a-key\n{SECRET}=a-secret\n")
    write_secret(tmp_path / "new.env", new)
    words = ["--secrets", str(tmp_path / "bot.env"), "--new", str(tmp_path / "new.env")]
    words += ["--userdir", str(tmp_path / "user_data"), "-c", str(layer)]
    seen = commands.plimsoll("keys", "rotate", *words, monkeypatch=monkeypatch, capsys=capsys)
    assert seen.status == 2
    assert_one_line(seen, said)
    assert "a-secret" not in seen.err
