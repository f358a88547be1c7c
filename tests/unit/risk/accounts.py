"""A healthy account that every guard lets trade, and ways to change one thing of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from plimsoll.checks import accounts as made_up
from plimsoll.checks.accounts import ASKED, HELD, NOON, before, position
from plimsoll.core import (
    AccountSnapshot,
    ClosedTrade,
    DataHealth,
    EntryRequest,
    Expectation,
    ModelHealth,
    PairData,
    Position,
    Side,
)
from plimsoll.risk import RiskProfile

BTC, ETH, SOL = ASKED, HELD, "SOL/USDT:USDT"
PROFILE = RiskProfile()


def short(pair: str = ETH, **changes: Any) -> Position:
    mirrored = {"side": Side.SHORT, "stop_price": 101.0, "liquidation_price": 130.0}
    return position(pair, **{**mirrored, **changes})


def closed(profit_usd: float, pair: str = ETH, **changes: Any) -> ClosedTrade:
    """A trade of 100 USD that closed two days ago, an hour after it opened."""
    at = changes.pop("closed_at", before(days=2))
    times = {"opened_at": at - timedelta(hours=1), "closed_at": at}
    return made_up.closed(profit_usd, **{**times, "pair": pair, **changes})


def fresh(*pairs: str, **changes: Any) -> DataHealth:
    data = PairData(newest_candle_closed_at=NOON, candle_seconds=300.0)
    return DataHealth(pairs={pair: replace(data, **changes) for pair in pairs})


def account(**changes: Any) -> AccountSnapshot:
    """1,000 USD, one quiet position in ETH, one closed trade, no models and no expectation."""
    made = {
        "closed_trades": (closed(5.0),),
        "data_health": fresh(ETH, BTC, SOL),
        "models": (),
        "expectation": None,
    }
    return made_up.account(**{**made, **changes})


def request(pair: str = BTC, **changes: Any) -> EntryRequest:
    """A long of 300 USD that risks 3.42 USD at its stop."""
    made = {"pair": pair, "leverage": 3.0, "correlations": {ETH: 0.5, SOL: 0.5}}
    return made_up.entry(**{**made, **changes})


def expectation(**changes: Any) -> Expectation:
    expected = made_up.account().expectation
    assert expected is not None
    return replace(expected, **changes)


def model(accuracy: float | None, predictions: int = 100) -> ModelHealth:
    return ModelHealth(name="lgbm", accuracy_fraction=accuracy, predictions=predictions)


def profile(**changes: Any) -> RiskProfile:
    return RiskProfile(**changes)
