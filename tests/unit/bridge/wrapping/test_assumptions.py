"""What the guards assume of a strategy is said at its start, with what its stakes come to."""

import logging
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.config.settings import settings_from
from plimsoll.bridge.wrapping.assumptions import Assumptions, assumptions_of
from tests.unit.bridge.bots import PLAIN
from tests.unit.bridge.wrapping.foreign import FOREIGN, answering, backtested

SPEAKER = "plimsoll.bridge.wrapping.assumptions"


def assumed(folder: Path, source: str = FOREIGN, **others: Any) -> Assumptions:
    with backtested(folder, source, **others) as bot:
        return assumptions_of(bot.strategy, settings_from(bot.config))


def test_a_stop_of_ten_per_cent_leaves_a_tenth_of_equity(tmp_path: Path) -> None:
    found = assumed(tmp_path, stake_amount="unlimited", max_open_trades=4)
    assert found.stop_fraction == pytest.approx(0.1)
    assert found.largest_stake_fraction == pytest.approx(0.01 / (0.1 + 2 * 0.0007))
    assert found.usual_stake_fraction == 0.25
    [cut] = found.cuts
    assert "at most 9.9% of equity, and stake_amount asks for 25.0%" in cut
    assert "a loss of 1.0% of equity at a stop of 10.0%" in cut


def test_a_stake_within_the_risk_is_no_news(tmp_path: Path) -> None:
    found = assumed(tmp_path, stake_amount=500.0)
    assert found.usual_stake_fraction == pytest.approx(0.05)
    assert found.cuts == ()


def test_without_a_stop_the_whole_stake_is_at_risk(tmp_path: Path) -> None:
    found = assumed(tmp_path, FOREIGN.replace("stoploss = -0.1", "stoploss = -0.99"))
    assert found.stop_fraction == 1.0
    assert "which is none" in found.lines[0]


def test_a_stake_of_the_strategys_own_code_is_named(tmp_path: Path) -> None:
    found = assumed(tmp_path, answering(custom_stake_amount="return 100.0"))
    assert found.usual_stake_fraction is None
    assert "custom_stake_amount decides" in found.cuts[0]


def test_what_only_tightens_the_stop_is_named(tmp_path: Path) -> None:
    trailing = FOREIGN.replace("can_short = True", "trailing_stop = True\n    can_short = True")
    assert "the trailing stop only tightens it" in assumed(tmp_path, trailing).lines[0]


def test_more_trades_than_positions_are_allowed_is_named(tmp_path: Path) -> None:
    found = assumed(tmp_path, max_open_trades=10, stake_amount=100.0)
    [cut] = found.cuts
    assert cut.startswith("open_positions allows 4 positions")
    assert cut.endswith("max_open_trades is 10")


def test_a_declared_stop_is_assumed_nothing_of(tmp_path: Path) -> None:
    found = assumed(tmp_path, PLAIN)
    assert (found.stop_fraction, found.largest_stake_fraction) == (None, None)


def test_it_is_said_once_at_the_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, SPEAKER):
        assumed(tmp_path, stake_amount="unlimited")
    said = [one for one in caplog.records if one.name == SPEAKER]
    assert [one.levelname for one in said] == ["INFO", "WARNING"]
    assert "Plain, guards enforce: stakes" in said[0].getMessage()


@pytest.mark.parametrize(
    ("takes", "said"),
    [("after_fill, **asked", "may widen it after a fill"), ("**asked", "only tightens it")],
)
def test_a_stop_that_may_widen_after_a_fill_is_said(tmp_path: Path, takes: str, said: str) -> None:
    source = FOREIGN + (
        "    use_custom_stoploss = True\n\n"
        f"    def custom_stoploss(self, {takes}):\n"
        "        return -0.5\n"
    )
    [line] = assumed(tmp_path, source).lines
    assert said in line
