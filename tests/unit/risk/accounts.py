"""A healthy account that every guard lets trade, and ways to change one thing of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from plimsoll.core import (
    AccountSnapshot,
    ApiHealth,
    ClosedTrade,
    DataHealth,
    EntryRequest,
    Expectation,
    ModelHealth,
    PairData,
    Position,
    Side,
    TrackRecord,
)
from plimsoll.risk import RiskProfile

NOON = datetime(2024, 8, 5, 12, tzinfo=UTC)  # a Monday
BTC, ETH, SOL = (f"{base}/USDT:USDT" for base in ("BTC", "ETH", "SOL"))
PROFILE = RiskProfile()


def before(**ago: float) -> datetime:
    return NOON - timedelta(**ago)


def position(pair: str = ETH, **changes: Any) -> Position:
    """A long of 100 USD at 3x, 1 % from its stop, 30 % from its liquidation."""
    made = {
        "pair": pair,
        "side": Side.LONG,
        "entry_price": 100.0,
        "mark_price": 100.0,
        "amount": 1.0,
        "leverage": 3.0,
        "stop_price": 99.0,
        "liquidation_price": 70.0,
        "margin_usd": 100 / 3,
        "opened_at": before(hours=1),
    }
    return Position(**{**made, **changes})


def short(pair: str = ETH, **changes: Any) -> Position:
    mirrored = {"side": Side.SHORT, "stop_price": 101.0, "liquidation_price": 130.0}
    return position(pair, **{**mirrored, **changes})


def closed(profit_usd: float, pair: str = ETH, **changes: Any) -> ClosedTrade:
    """A trade of 100 USD that closed two days ago, an hour after it opened."""
    at = changes.pop("closed_at", before(days=2))
    made = {
        "pair": pair,
        "side": Side.LONG,
        "opened_at": at - timedelta(hours=1),
        "closed_at": at,
        "profit_usd": profit_usd,
        "profit_fraction": profit_usd / 100,
        "stake_usd": 100.0,
    }
    return ClosedTrade(**{**made, **changes})


def fresh(*pairs: str, **changes: Any) -> DataHealth:
    data = PairData(newest_candle_closed_at=NOON, candle_seconds=300.0)
    return DataHealth(pairs={pair: replace(data, **changes) for pair in pairs})


def account(**changes: Any) -> AccountSnapshot:
    """1,000 USD, one quiet position in ETH, everything known and well."""
    made: Mapping[str, Any] = {
        "as_of": NOON,
        "equity_usd": 1000.0,
        "day_start_equity_usd": 1000.0,
        "high_water_equity_usd": 1000.0,
        "starting_balance_usd": 1000.0,
        "sees_open_positions": True,
        "positions": (position(),),
        "closed_trades": (closed(5.0),),
        "order_times": (before(hours=1),),
        "data_health": fresh(ETH, BTC, SOL),
        "api_health": ApiHealth(),
        "models": (),
        "track_record": TrackRecord(
            trades=200, win_rate_fraction=0.6, sharpe=2.0, max_drawdown_fraction=0.1
        ),
    }
    return AccountSnapshot(**{**made, **changes})


def request(pair: str = BTC, **changes: Any) -> EntryRequest:
    """A long of 300 USD that risks 3.42 USD at its stop."""
    made = {
        "pair": pair,
        "side": Side.LONG,
        "stake_usd": 100.0,
        "price": 100.0,
        "stop_price": 99.0,
        "target_price": 102.0,
        "leverage": 3.0,
        "fill_cost_fraction": 0.0007,
        "spread_fraction": 0.0002,
        "liquidity_usd": 1e6,
        "correlations": {ETH: 0.5, SOL: 0.5},
    }
    return EntryRequest(**{**made, **changes})


def expectation(**changes: Any) -> Expectation:
    made = {
        "source": "backtest.json",
        "trades": 500,
        "mean_profit_fraction": 0.01,
        "profit_std_fraction": 0.02,
        "win_rate_fraction": 0.6,
    }
    return Expectation(**{**made, **changes})


def model(accuracy: float | None, predictions: int = 100) -> ModelHealth:
    return ModelHealth(name="lgbm", accuracy_fraction=accuracy, predictions=predictions)


def profile(**changes: Any) -> RiskProfile:
    return RiskProfile(**changes)
