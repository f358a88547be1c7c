"""Leaks of every kind, planted in a shipped strategy and in a stranger's, are found and named."""

from pathlib import Path

import pytest

from plimsoll.lab.leaks.check import LeakCheck, check_leaks
from tests.conftest import ROOT
from tests.support.planted_leaks import FOREIGN, KINDS, SHIPPED, source

HOSTS = {"shipped": SHIPPED.stem, "foreign": FOREIGN.stem}
CANDLES, MOMENTS = 250, 3
CLEAN = sorted((ROOT / "user_data/strategies").glob("*.py")) + sorted(
    (ROOT / "tests/foreign/strategies").glob("*.py")
)
UNFIT = {
    "DrawnShape": "it reads its shape from a config",
    "RaisingCallbacks": "it raises on purpose",
    "OldInterface": "Freqtrade refuses its settings",
    "ModelDirection": "its labels are looked at in test_labels.py",
}


def checked(folder: Path, kind: str, host: str) -> LeakCheck:
    file = folder / f"{HOSTS[host]}.py"
    file.write_text(source(kind, host), encoding="utf-8")
    made = type(HOSTS[host], (), {})
    return check_leaks(file, made, traded_candles=CANDLES, count=MOMENTS)


def clean(file: Path, **options: int) -> LeakCheck:
    return check_leaks(file, type(file.stem, (), {}), **options)


@pytest.mark.parametrize("host", HOSTS)
def test_leaks_of_columns_are_found_and_each_is_named(tmp_path: Path, host: str) -> None:
    result = checked(tmp_path, "columns", host)
    text = {one.text.split()[2]: one.text for one in result.findings if "the column" in one.text}
    assert "it looks 10 candles ahead" in text["middle"]
    assert "like a 1h candle that had not closed" in text["hour"]
    assert "a figure of the whole data" in text["scaled"]
    assert "it looks 1 candle ahead" in text["exit_long"]


@pytest.mark.parametrize("host", HOSTS)
def test_leaks_of_callbacks_are_found_and_each_is_named(tmp_path: Path, host: str) -> None:
    result = checked(tmp_path, "callbacks", host)
    named = {one.contract: one.text for one in result.findings}
    assert "custom_stake_amount" in named["stakes rest on the past"]
    assert "custom_stoploss" in named["stops rest on the past"]
    assert "custom_exit" in named["exits rest on the past"]
    assert not any("the column" in text for text in named.values())


@pytest.mark.parametrize("file", [SHIPPED, FOREIGN], ids=lambda file: file.stem)
def test_clean_strategy_has_no_leak_and_was_looked_at(file: Path) -> None:
    told: list[str] = []
    result = check_leaks(
        file,
        type(file.stem, (), {}),
        lambda text, _: told.append(text),
        traded_candles=CANDLES,
        count=2,
    )
    assert result.findings == ()
    assert result.note.startswith("2 moments: ")
    assert told[0].endswith("as it came")
    assert told[-1].endswith("a fair game")
    assert sum("another future from" in one for one in told) == 2


def test_strategy_that_raises_is_a_finding(tmp_path: Path) -> None:
    file = tmp_path / "FuturesLongShort.py"
    text = FOREIGN.read_text(encoding="utf-8").replace('dataframe["macd"] =', 'dataframe["x"] =')
    file.write_text(text, encoding="utf-8")
    (finding,) = clean(file, traded_candles=100).findings
    assert finding.contract == "freqtrade runs it"
    assert "KeyError" in finding.text


def test_strategy_that_never_trades_says_what_was_not_looked_at() -> None:
    result = clean(ROOT / "user_data/strategies/NoTrade.py", traded_candles=100, count=1)
    assert result.findings == ()
    assert "traded nothing" in result.note


@pytest.mark.slow
@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("kind", KINDS)
def test_each_leak_alone_is_found(tmp_path: Path, kind: str, host: str) -> None:
    planted = KINDS[kind]
    told = [
        one.text
        for one in checked(tmp_path, kind, host).findings
        if one.contract == planted.contract
    ]
    assert told
    assert all(planted.callback in one for one in told)
    assert any(planted.words in one for one in told)


@pytest.mark.slow
@pytest.mark.parametrize(
    "file", [one for one in CLEAN if one.stem not in UNFIT], ids=lambda file: file.stem
)
def test_every_clean_strategy_passes(file: Path) -> None:
    assert clean(file).findings == ()


@pytest.mark.slow
def test_leak_of_a_portfolios_targets_is_found(tmp_path: Path) -> None:
    plain = (ROOT / "user_data/strategies/TrendPortfolio.py").read_text(encoding="utf-8")
    file = tmp_path / "TrendPortfolio.py"
    leaking = plain.replace('panel.closes("1d")', 'panel.closes("1d").shift(-1)')
    file.write_text(leaking, encoding="utf-8")
    findings = clean(file, traded_candles=300, count=MOMENTS).findings
    assert any("the column target_weight" in one.text for one in findings)
