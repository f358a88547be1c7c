"""Config layers: files in order, what they include, the environment over all; in silence."""

import json
import logging
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.config.layers import quiet_logs, read_layer, read_layers
from plimsoll.core import UsageError
from tests.architecture.tree import short, tracked


def write(file: Path, content: dict[str, Any]) -> Path:
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def test_the_last_file_wins_key_by_key(tmp_path: Path) -> None:
    first = write(tmp_path / "a.json", {"exchange": {"name": "binance", "key": "k"}, "fee": 1})
    second = write(tmp_path / "b.json", {"exchange": {"name": "bybit"}})
    assert read_layers([first, second])["exchange"] == {"name": "bybit", "key": "k"}
    assert read_layers([second, first])["exchange"] == {"name": "binance", "key": "k"}


def test_included_files_are_read_and_listed(tmp_path: Path) -> None:
    inner = write(tmp_path / "inner.json", {"fee": 1, "timeframe": "1h"})
    outer = write(tmp_path / "outer.json", {"add_config_files": ["inner.json"], "fee": 2})
    merged = read_layers([outer])
    assert (merged["fee"], merged["timeframe"]) == (2, "1h")
    assert [Path(file).name for file in merged["config_files"]] == ["outer.json", "inner.json"]
    assert read_layer(outer) == {"add_config_files": ["inner.json"], "fee": 2}
    assert read_layer(inner) == {"fee": 1, "timeframe": "1h"}


def test_the_environment_wins_and_a_single_file_is_read_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "a.json", {"exchange": {"name": "binance", "key": "k"}})
    monkeypatch.setenv("FREQTRADE__EXCHANGE__NAME", "bybit")
    monkeypatch.setenv("FREQTRADE__EXCHANGE__PAIR_WHITELIST", '["BTC/USDT:USDT"]')
    wins = {"name": "bybit", "pair_whitelist": ["BTC/USDT:USDT"]}
    assert read_layers([file])["exchange"] == {"key": "k", **wins}
    assert read_layers([]) == {"exchange": wins}
    assert read_layer(file) == {"exchange": {"name": "binance", "key": "k"}}


def test_without_files_and_variables_there_is_nothing() -> None:
    assert read_layers([]) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", r"expected JSON in .*config.json, found a fault in line 1 "),
        (None, "config.json"),
        (b"\xff\xfe{}", "utf-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_wrong_usage_in_one_line(
    tmp_path: Path, text: str | bytes | None, said: str
) -> None:
    file = tmp_path / "config.json"
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    for read in (lambda: read_layers([file]), lambda: read_layer(file)):
        with pytest.raises(UsageError, match=said) as caught:
            read()
        assert "\n" not in str(caught.value)


def test_a_folder_in_place_of_a_file_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Is a directory"):
        read_layers([tmp_path])


def test_freqtrade_says_nothing_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("FREQTRADE__FEE", "0.1")
    with caplog.at_level(logging.INFO):
        read_layers([write(tmp_path / "a.json", {})])
        assert caplog.messages == []
        logging.getLogger("freqtrade").info("as before")
    assert caplog.messages == ["as before"]


def test_a_silence_inside_another_does_not_end_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        with quiet_logs(logging.CRITICAL):
            with quiet_logs():
                logging.critical("inner")
            logging.critical("outer")
        logging.info("after")
    assert caplog.messages == ["after"]


def test_two_threads_that_want_silence_may_leave_it_in_any_order() -> None:
    before = logging.root.manager.disable
    first, second = ExitStack(), ExitStack()
    first.enter_context(quiet_logs())
    second.enter_context(quiet_logs(logging.CRITICAL))
    first.close()
    assert logging.root.manager.disable == logging.CRITICAL
    second.close()
    assert logging.root.manager.disable == before


def test_every_file_that_is_not_json_is_named_with_its_line(tmp_path: Path) -> None:
    inner, outer, other = tmp_path / "inner.json", tmp_path / "outer.json", tmp_path / "other.json"
    inner.write_text('{"a": "é",\n"b": 2\n"c": 3}', encoding="utf-8")
    write(outer, {"add_config_files": ["inner.json"]})
    other.write_text("{,}")
    with pytest.raises(UsageError) as caught:
        read_layers([outer, other, tmp_path / "none.json"])
    said = str(caught.value)
    assert (
        f"expected JSON in {inner.resolve()}, found a fault in line 3 or just before it: " in said
    )
    assert f"{other}, found a fault in line 1 " in said
    assert "none.json" in said
    assert "\n" not in said


def test_logs_are_back_after_an_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(UsageError):
        read_layers([tmp_path / "none.json"])
    with caplog.at_level(logging.INFO):
        logging.info("after")
    assert caplog.messages == ["after"]


def test_freqtrade_is_not_imported_for_nothing() -> None:
    code = (
        "import os, sys\n"
        "kept = [os.environ.pop(name) for name in list(os.environ) if 'FREQTRADE__' in name]\n"
        "from plimsoll.bridge.config.layers import read_layers\n"
        "read_layers([])\n"
        "print([name for name in ('freqtrade', 'pandas', 'ccxt') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_it_is_the_only_reader_of_config_files() -> None:
    """Another one would forget the environment some day."""
    readers = [
        short(file)
        for file in tracked("src", "plugins", "user_data")
        if file.suffix == ".py"
        and "freqtrade.configuration.load_config" in file.read_text(encoding="utf-8")
    ]
    assert readers == ["src/plimsoll/bridge/config/layers.py"]
