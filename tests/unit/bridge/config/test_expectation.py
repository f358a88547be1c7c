"""What a backtest promised: the file that a bot reads, and the doctor."""

from pathlib import Path

import pytest
from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException

from plimsoll.bridge.config.expectation import read_expectation
from plimsoll.core import Expectation, PlimsollError
from plimsoll.lab.doctor import Level, examine
from tests.unit.bridge.bots import backtest, running_bot

PROMISED = (
    '{"source": "backtest.json", "trades": 120, "mean_profit_fraction": 0.004,'
    ' "profit_std_fraction": 0.02, "win_rate_fraction": 0.55}'
)


def test_an_expectation_is_read(tmp_path: Path) -> None:
    file = tmp_path / "expectation.json"
    file.write_text(PROMISED)
    assert read_expectation(str(file)) == Expectation(
        source="backtest.json",
        trades=120,
        mean_profit_fraction=0.004,
        profit_std_fraction=0.02,
        win_rate_fraction=0.55,
    )
    assert read_expectation("") is None


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("120", "0", "trades"),
        ("0.55", "1.5", "win_rate_fraction"),
        ("0.02", "-1", "profit_std_fraction"),
        ("0.004", "NaN", "mean_profit_fraction"),
        ('"trades"', '"deals"', "deals"),
        ("{", "[", "not an expectation"),
    ],
)
def test_what_is_no_expectation_is_refused_in_one_line(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    file = tmp_path / "expectation.json"
    file.write_text(PROMISED.replace(before, after, 1))
    with pytest.raises(PlimsollError, match=said) as caught:
        read_expectation(str(file))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_missing_is_no_reason_to_trade_without_one(tmp_path: Path) -> None:
    with pytest.raises(PlimsollError, match="expected an expectation file"):
        read_expectation(str(tmp_path / "none.json"))


@pytest.mark.parametrize("runmode", [RunMode.BACKTEST, RunMode.HYPEROPT, RunMode.DRY_RUN])
def test_nothing_begins_without_the_expectation_that_the_config_names(
    tmp_path: Path, runmode: RunMode
) -> None:
    begun = running_bot if runmode == RunMode.DRY_RUN else backtest
    named = {"expectation_file": str(tmp_path / "none.json")}
    with (
        pytest.raises(OperationalException, match="expected an expectation file"),
        begun(tmp_path, runmode=runmode, plimsoll=named),
    ):
        pass


def test_doctor_reads_the_expectation_too(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"plimsoll": {"expectation_file": "none.json"}}')
    found = [one for one in examine(tmp_path, [config]) if one.subject == "config"]
    assert [one.level for one in found] == [Level.FAULT]
    assert "expected an expectation file" in found[0].found
