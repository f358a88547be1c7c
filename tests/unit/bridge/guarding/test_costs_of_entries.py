"""What an entry costs by its pair and by latency, as the guards of a backtest are told."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.bridge.bots import BTC, ETH, NOON, Bot, backtest, candles, entry

THIN_TARGET = """
from plimsoll.bridge.strategies.guarded import GuardedStrategy
from plimsoll.features import volatility


class Plain(GuardedStrategy):
    timeframe = "5m"
    stoploss = -0.02

    def features(self):
        return [volatility.atr.use(period=14)]

    def target_distance(self):
        return volatility.atr.use(period=14), 1.0

    def value_asked(self, pair, moment, use):
        return 0.2

    def entry_signal(self, candles, side):
        return candles["close"] < 0
"""


def restless(*, seed: int = 5, deviation: float = 0.002, count: int = 400) -> pd.DataFrame:
    """Candles whose log returns have a deviation, the last closed at noon at 100."""
    moves = np.random.default_rng(seed).normal(0, deviation, count)
    close = np.exp(np.cumsum(moves))
    return candles((100 * close / close[-1]).tolist())


def costs(bot: Bot, pair: str) -> float:
    """The cost of a fill that the guards were told."""
    bot.loop(NOON)
    bot.strategy.custom_stake_amount(pair, NOON, 100.0, 100.0, 5.0, 1000.0, 1.0, None, "long")
    return bot.strategy._session._pending[pair].request.fill_cost_fraction


def ready(bot: Bot, frame: pd.DataFrame) -> Bot:
    for pair in (BTC, ETH):
        bot.strategy._session.learn(pair, frame)
    return bot


def settings(**of_costs: Any) -> dict[str, Any]:
    return {"plimsoll": {"costs": of_costs}}


def test_the_guards_know_what_a_pair_costs_beyond_the_fee(tmp_path: Path) -> None:
    own = {ETH: {"spread_bps": 6, "slippage_bps": 4}}
    with backtest(tmp_path, **settings(latency_ms=0, pairs=own)) as bot:
        ready(bot, restless())
        assert costs(bot, BTC) == pytest.approx(0.0007)
        assert costs(bot, ETH) == pytest.approx(0.0014)


def test_latency_costs_what_the_latest_candles_say(tmp_path: Path) -> None:
    with backtest(tmp_path, **settings(latency_ms=200, latency_share=0.5)) as bot:
        frame = restless()
        ready(bot, frame)
        candle = float(np.diff(np.log(frame["close"].to_numpy()[-288:])).std(ddof=1))
        expected = 0.0007 + (0.2 / 300) ** 0.5 * candle * 0.5
        assert costs(bot, BTC) == pytest.approx(expected, rel=1e-9)


def test_a_price_that_does_not_move_costs_no_latency(tmp_path: Path) -> None:
    with backtest(tmp_path, **settings(latency_ms=200)) as bot:
        ready(bot, candles([100.0] * 60))
        assert costs(bot, BTC) == pytest.approx(0.0007)


def test_too_few_candles_to_know_the_volatility_deny_the_entry(tmp_path: Path) -> None:
    with backtest(tmp_path, **settings(latency_ms=100)) as bot:
        ready(bot, candles([100.0, 101.0] * 9))
        bot.loop(NOON)
        assert entry(bot.strategy, NOON) is False


@pytest.mark.parametrize(
    ("own", "allowed"),
    [({}, True), ({BTC: {"spread_bps": 8}}, False)],
    ids=["common costs", "a wide pair"],
)
def test_a_target_thinner_than_the_pairs_own_round_trip_is_not_opened(
    tmp_path: Path, own: dict, *, allowed: bool
) -> None:
    # The target is 0.2 % away; two fills cost 0.14 %, or 0.26 % with the wide spread.
    with backtest(tmp_path, THIN_TARGET, **settings(latency_ms=0, pairs=own)) as bot:
        ready(bot, restless())
        bot.loop(NOON + timedelta(seconds=1))
        assert entry(bot.strategy, NOON + timedelta(seconds=1)) is allowed


def test_a_backtest_takes_the_pairs_own_spread_for_its_spread(tmp_path: Path) -> None:
    with backtest(tmp_path, **settings(pairs={BTC: {"spread_bps": 9}})) as bot:
        watch = bot.strategy._session
        assert (watch.spread_fraction(BTC), watch.spread_fraction(ETH)) == (0.0009, 0.0002)
