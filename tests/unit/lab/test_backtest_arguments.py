"""Arguments of a backtest, read as Freqtrade reads them."""

from pathlib import Path

import pytest

from plimsoll.core import UsageError
from plimsoll.lab.backtest_arguments import BacktestArguments, read_arguments
from plimsoll.lab.user_folder import lay_out

PLAIN = "from freqtrade.strategy import IStrategy\n\n\nclass Mine(IStrategy): ...\n"
OURS = "from plimsoll.strategies import GuardedStrategy\n\n\nclass Ours(GuardedStrategy): ...\n"


@pytest.fixture
def userdir(tmp_path: Path) -> Path:
    lay_out(tmp_path)
    (tmp_path / "strategies/mine.py").write_text(PLAIN, encoding="utf-8")
    (tmp_path / "strategies/ours.py").write_text(OURS, encoding="utf-8")
    (tmp_path / "config.json").write_text('{"exchange": {"name": "Bybit"}}', encoding="utf-8")
    return tmp_path


def read(
    userdir: Path, *words: str, layers: tuple[str, ...] = ("config.json",)
) -> BacktestArguments:
    named = [word for layer in layers for word in ("-c", str(userdir / layer))]
    read = read_arguments(["--userdir", str(userdir), *named, *words])
    assert read is not None
    return read


def test_layers_candles_and_strategies_are_read_as_freqtrade_does(userdir: Path) -> None:
    whole = read(userdir, "--strategy", "Mine", layers=("config/base.json", "config.json"))
    assert whole.layers == (userdir / "config/base.json", userdir / "config.json")
    assert (whole.userdir, whole.datadir) == (userdir, userdir / "data/bybit")
    assert (whole.strategies, whole.has_handler) == (("Mine",), True)
    elsewhere = read(userdir, "-d", "/candles", "--strategy-list", "Mine", "Ours")
    assert (elsewhere.datadir, elsewhere.strategies) == (Path("/candles"), ("Mine", "Ours"))


def test_what_freqtrade_does_not_accept_is_its_to_say(
    userdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read_arguments(["--no-such-option"]) is None
    assert capsys.readouterr() == ("", "")


def test_a_strategy_without_guards_is_refused_with_the_layers_in_order(userdir: Path) -> None:
    own, base = userdir / "config.json", userdir / "config/base.json"
    with pytest.raises(UsageError) as refused:
        read(userdir, "--strategy-list", "Mine", "Ours").require_guards()
    said = str(refused.value)
    assert said.startswith("Mine would run without guards: no layer names our log handler; ")
    assert said.endswith(f"-c {base} -c {own}")


def test_guards_by_a_layer_or_by_the_strategys_own_file_are_enough(userdir: Path) -> None:
    read(userdir, "--strategy", "Ours").require_guards()
    read(userdir, "--strategy", "Mine", layers=("config/base.json",)).require_guards()
