"""A portfolio's universe in Freqtrade: by config, in its panel, where a pair's candles end."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import RunMode
from freqtrade.strategy import IStrategy

from plimsoll.bridge.strategies.panel import Panel
from plimsoll.bridge.strategies.universe import closed_at_end, membership_of, of_members
from plimsoll.signals.universe import UniverseRule
from tests.unit.bridge.strategies.test_guarded import load
from tests.unit.bridge.strategies.test_panel import (
    FUTURES,
    PAIRS,
    Fetched,
    days_of,
    reader,
    write,
)
from tests.unit.bridge.strategies.test_panel import hours as hours_of
from tests.unit.bridge.strategies.test_portfolio import Balance, Market

DAYS = pd.date_range("2024-01-01", periods=250, freq="D", tz="UTC")
A, B = "A/USDT:USDT", "B/USDT:USDT"

STRATEGY = '''
"""A tenth of everything, and a note of who was a member."""
import pandas as pd
from freqtrade.strategy import DecimalParameter
from plimsoll.strategies import Panel, PortfolioStrategy, Targets


class Tenth(PortfolioStrategy):
    """A tenth of everything."""

    buffer = DecimalParameter(0.1, 0.5, default=0.2, space="buy")
    made = None

    def panel(self):
        return self.made

    def targets(self, panel):
        self.seen = panel.members
        days = panel.closes("1d")
        weights = days * 0 + 0.1
        return Targets(weights, weights)
'''


def panel() -> Panel:
    """A pair that trades well, and one that does from April on no more."""
    well = pd.DataFrame({"close": 50.0, "volume": 1e6}, index=DAYS)
    thin = well.assign(volume=well["volume"].where(DAYS < "2024-04-15", 1.0))
    return Panel({"1d": {A: well, B: thin}}, pd.DataFrame())


def tenth(folder: Path, made: Panel, **settings: Any) -> IStrategy:
    (folder / "Tenth.py").write_text(STRATEGY, encoding="utf-8")
    section = {"plimsoll": settings} if settings else {}
    loaded = load("Tenth", folder, runmode=RunMode.BACKTEST, max_open_trades=3, **section)
    loaded.wallets, loaded.made = Balance(), made
    loaded.dp = DataProvider(loaded.config, Market())
    return loaded


def test_every_pair_is_held_unless_the_config_asks_for_the_rule() -> None:
    assert membership_of(panel(), {}, UniverseRule()) is None
    assert membership_of(panel(), {"plimsoll": {"universe": "all"}}, UniverseRule()) is None
    known = membership_of(panel(), {"plimsoll": {"universe": "rule"}}, UniverseRule())
    assert known is not None
    assert known.months()["2024-05"] == (A, B)
    assert known.months()["2024-07"] == (A,)


def test_a_panel_of_members_is_the_panel_itself_beside_them() -> None:
    made = panel()
    known = membership_of(made, {"plimsoll": {"universe": "rule"}}, UniverseRule())
    found = of_members(made, known)
    assert found.members is known.members
    assert found.closes("1d") is made.closes("1d")


def test_targets_are_asked_with_the_members_and_kept_within_them(tmp_path: Path) -> None:
    strategy = tenth(tmp_path, panel(), universe="rule")
    weights = strategy.current_targets().weights
    assert strategy.seen.equals(strategy.membership().members)
    assert weights[B].loc[:"2024-03-30"].isna().all()
    assert (weights[B].loc["2024-03-31":"2024-05-30"] == 0.1).all()
    # More than half of the 90 days before June were thin.
    assert (weights[B].loc["2024-05-31":] == 0.0).all()
    assert (weights[A].loc["2024-03-31":] == 0.1).all()


def test_without_the_rule_targets_are_what_the_strategy_says(tmp_path: Path) -> None:
    strategy = tenth(tmp_path, panel())
    assert (strategy.current_targets().weights == 0.1).all(axis=None)
    assert strategy.seen is None
    assert strategy.membership() is None


def test_days_needed_are_measured_with_the_rule(tmp_path: Path) -> None:
    pairs = {"pairs": [A, B]}
    for settings, days in ({}, 1), ({"universe": "rule"}, 91):
        strategy = tenth(tmp_path, panel(), **settings)
        strategy._reader.pairs = lambda _: pairs["pairs"]
        # From 1 January to 31 March 2020, by whose end the first month is judged.
        assert strategy.days_needed() == days


def hours(count: int) -> pd.DataFrame:
    dates = pd.date_range("2024-01-01", periods=count, freq="h", tz="UTC")
    return pd.DataFrame({"date": dates, "target_weight": 0.1})


def test_a_pair_that_ends_before_the_others_is_closed_by_its_last_candles() -> None:
    candles = hours(30)
    found = closed_at_end(candles, "target_weight", pd.Timestamp("2024-01-03", tz="UTC"))
    assert found["target_weight"].tolist() == [0.1] * 28 + [0.0] * 2
    assert (candles["target_weight"] == 0.1).all()


def test_a_pair_that_goes_on_to_the_last_day_is_let_be() -> None:
    candles = hours(30)
    last = pd.Timestamp("2024-01-02", tz="UTC")
    assert closed_at_end(candles, "target_weight", last) is candles
    assert closed_at_end(hours(0), "target_weight", last).empty


@pytest.mark.parametrize(("runmode", "expected"), [("backtest", 0.0), ("dry_run", 0.1)])
def test_only_a_backtest_takes_the_end_of_candles_for_a_delisting(
    tmp_path: Path, runmode: str, expected: float
) -> None:
    strategy = tenth(tmp_path, panel())
    strategy.config["runmode"] = RunMode(runmode)
    targets = strategy.current_targets()
    strategy.config["plimsoll"] = {**strategy.config.get("plimsoll", {}), "universe": "rule"}
    strategy.current_targets = lambda: targets  # type: ignore[method-assign]
    candles = pd.DataFrame({"date": pd.date_range(DAYS[100], periods=48, freq="h")})
    found = strategy._with_targets(candles, A)["target_weight"]
    assert found.iloc[-1] == expected
    assert found.iloc[0] == 0.1


def test_a_running_bot_and_a_backtest_judge_alike_by_their_own_candles(tmp_path: Path) -> None:
    rule, config = UniverseRule(least_daily_usd=1.0), {"plimsoll": {"universe": "rule"}}
    whole = {pair: hours_of(300, seed=seed) for seed, pair in enumerate(PAIRS)}
    # The second pair trades nearly nothing for the last two months.
    thin = whole[PAIRS[1]]
    thin.loc[thin.index >= 220 * 24, "volume"] = 1e-9
    fetched: dict[Any, pd.DataFrame] = {}
    for pair, candles in whole.items():
        write(tmp_path, f"{pair.replace('/', '_').replace(':', '_')}-1h-futures", candles)
        fetched[pair, "1h", FUTURES] = candles.iloc[-499:]
        fetched[pair, "1d", FUTURES] = days_of(candles).iloc[-140:-1]
    known = []
    for settings, exchange in (
        ({"datadir": tmp_path, "runmode": RunMode.BACKTEST}, None),
        ({"runmode": RunMode.DRY_RUN}, Fetched(fetched)),
    ):
        made, data = reader(settings, exchange)
        panel = made.read(data, ("1d",), with_funding=False)
        known.append(membership_of(panel, config, rule))
    backtest, bot = known
    rows = bot.members.index[rule.days + 31 :]
    assert len(rows) > 15
    found, expected = (one.members.loc[rows].to_numpy() for one in (bot, backtest))
    assert (found == expected).all()
    assert backtest.months()["2024-08"] == tuple(PAIRS)
    assert bot.months()["2024-10"] == backtest.months()["2024-10"] == (PAIRS[0],)
