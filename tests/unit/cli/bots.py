"""A bot's traces as Freqtrade and a guarded bot write them: database, decision log, candles."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from freqtrade.enums import TradingMode
from freqtrade.persistence import KeyValueStore, Order, Trade, WalletHistory

from plimsoll.bridge.account.stored_levels import StoredLevels, store_levels
from plimsoll.bridge.state.stamp import Stamp, write_stamp
from plimsoll.journal.kind import Kind
from plimsoll.journal.log import DecisionLog
from tests.unit.bridge.trades import database_trades, trade_fields

BEGIN = datetime(2025, 3, 1, tzinfo=UTC)
BTC, ETH, SOL = "BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"
BALANCE = 10_000.0
ACCOUNT = "ab" * 8
HOSTILE = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("http://x")'
FEE = 0.0005

_numbers = iter(range(1, 10**9))


def at(hours: float) -> datetime:
    """Return a time of the run, in UTC."""
    return BEGIN + timedelta(hours=hours)


def naive(hours: float) -> datetime:
    """Return it as Freqtrade stores it."""
    return at(hours).replace(tzinfo=None)


def order(
    hours: float, price: float, amount: float, side: str, *, filled: bool = True, **others: Any
) -> Order:
    """Return a filled order of a trade."""
    return Order(
        **{
            "ft_order_side": side,
            "ft_pair": BTC,
            "ft_is_open": not filled,
            "ft_amount": amount,
            "ft_price": price,
            "order_id": f"dry_run_{side}_{next(_numbers)}",
            "status": "closed" if filled else "open",
            "side": side,
            "price": price,
            "average": price if filled else None,
            "amount": amount,
            "filled": amount if filled else 0.0,
            "order_date": naive(hours),
            "order_filled_date": naive(hours) if filled else None,
            **others,
        }
    )


def trade(pair: str, orders: list[Order], *, closed: float | None = None, **others: Any) -> Trade:
    """Return a trade of orders; ``closed`` is the hour of its last exit."""
    short = bool(others.get("is_short"))
    entry = "sell" if short else "buy"
    sign = -1.0 if short else 1.0
    for one in orders:
        one.ft_pair = pair
    entries = [one for one in orders if one.ft_order_side == entry]
    exits = [one for one in orders if one.ft_order_side != entry]
    cash = sum(-sign * one.amount * one.price * (1 + sign * FEE) for one in entries)
    cash += sum(sign * one.amount * one.price * (1 - sign * FEE) for one in exits)
    bought = sum(one.amount for one in entries)
    rate = sum(one.amount * one.price for one in entries) / bought
    made = trade_fields(
        entries[0].order_date,
        pair=pair,
        open_rate=rate,
        amount=bought,
        stake_amount=bought * rate,
        max_stake_amount=bought * rate,
        fee_open=FEE,
        fee_close=FEE,
        strategy="Crosses",
        timeframe=60,
        trading_mode=TradingMode.FUTURES,
        base_currency=pair.split("/")[0],
        funding_fees=0.0,
        min_rate=min(one.price for one in orders) * 0.98,
        max_rate=max(one.price for one in orders) * 1.02,
        enter_tag="cross",
    )
    if closed is not None:
        profit = cash + float(others.get("funding_fees") or 0.0)
        made |= {"is_open": False, "close_date": naive(closed), "close_rate": exits[-1].price}
        made |= {"close_profit_abs": profit, "realized_profit": profit}
        made |= {"close_profit": profit / (bought * rate), "exit_reason": "exit_signal"}
    stored = Trade(**{**made, **others}, orders=orders)
    # Its constructor begins with 0, whatever it is given.
    stored.realized_profit = {**made, **others}.get("realized_profit", 0.0)
    return stored


def usual_trades() -> list[Trade]:
    """A win, a loss by a guard, a short with funding, a half exit, an addition, an open one."""
    return [
        trade(BTC, [order(2, 100.0, 10.0, "buy"), order(10, 110.0, 10.0, "sell")], closed=10),
        trade(
            ETH,
            [order(12, 50.0, 40.0, "buy"), order(30, 45.0, 40.0, "sell")],
            closed=30,
            exit_reason="plimsoll_drawdown",
            enter_tag=HOSTILE,
        ),
        trade(
            SOL,
            [order(34, 20.0, 50.0, "sell"), order(50, 18.0, 50.0, "buy")],
            closed=50,
            is_short=True,
            funding_fees=-1.5,
            enter_tag=FORMULA,
        ),
        trade(
            BTC,
            [
                order(40, 100.0, 10.0, "buy"),
                order(44, 95.0, 10.0, "buy"),
                order(52, 105.0, 8.0, "sell"),
                order(60, 108.0, 12.0, "sell"),
            ],
            closed=60,
        ),
        trade(
            ETH,
            [order(62, 50.0, 20.0, "buy"), order(70, 52.0, 5.0, "sell")],
            amount=15.0,
            realized_profit=9.0,
        ),
        trade(SOL, [order(71, 20.0, 10.0, "buy", filled=False)]),
    ]


def make_database(
    file: Path,
    trades: list[Trade] | None = None,
    *,
    stamped: bool = True,
    url: str | None = None,
) -> Path:
    """Write a database of a guarded dry-run bot with `BALANCE`: a file, or what is at ``url``."""
    with database_trades(file, url):
        for one in usual_trades() if trades is None else trades:
            Trade.session.add(one)
        KeyValueStore.store_value("bot_start_time", at(0))
        if stamped:
            store_levels(StoredLevels(capital_usd=BALANCE))
            write_stamp(Stamp(ACCOUNT, "stamp-1"))
        for day, total in ((1, 9_990.0), (2, 9_850.0)):
            WalletHistory.session.add(
                WalletHistory(
                    timestamp=naive(24 * day),
                    currency="USDT",
                    quote_currency="USDT",
                    rate=1.0,
                    balance=total,
                    total_quote=total,
                    leverage=1.0,
                    bot_managed=True,
                )
            )
        Trade.commit()
    return file


def make_log(userdir: Path) -> Path:
    """Write the decision log of the same bot: signals, denials, a halt and its re-arming."""
    folder = userdir / "plimsoll" / "decisions"
    with DecisionLog(folder) as log:
        log.append(
            Kind.START,
            at(0),
            account=ACCOUNT,
            account_name="binance dry-run",
            stamp="stamp-1",
            mode="dry_run",
            strategy="Crosses",
            profile={"max_drawdown_fraction": 0.02},
            config={"timeframe": "1h", "plimsoll.market": "synthetic, seed 7"},
            held=[],
        )
        _entry(log, 12, ETH, 2, HOSTILE)
        for hours in (14, 15, 26):
            log.append(
                Kind.DENIAL, at(hours), pair=BTC, side="long", rule="correlation",
                reason="like ETH", value=0.9, limit=0.85, stake_usd=100.0,
            )  # fmt: skip
        halt: dict[str, Any] = {"mode": "HALTED", "scope": "account", "rule": "drawdown"}
        halt |= {"reason": f"fell too far {HOSTILE}", "value": 0.021, "limit": 0.02, "until": None}
        log.append(Kind.HALT, at(29), event="acted", **halt, equity_usd=9_800.0)
        log.append(
            Kind.EXIT, at(30), pair=ETH, trade=2, reason="plimsoll_drawdown",
            profit_usd=-202.0, profit_fraction=-0.1,
        )  # fmt: skip
        log.append(
            Kind.REARM, at(33), rules=["drawdown"], released=[{"rule": "drawdown", "pair": None}],
            halted=True, reason="looked at it", by="Ann",
        )  # fmt: skip
    return folder


def _entry(log: DecisionLog, hours: float, pair: str, number: int, tag: str) -> None:
    log.append(
        Kind.SIGNAL, at(hours), pair=pair, side="long", tag=tag, candle=at(hours - 1),
        features={"rsi_14": 31.5},
    )  # fmt: skip
    log.append(
        Kind.ORDER, at(hours), pair=pair, side="long", stake_usd=2_000.0, price=50.0,
        leverage=1.0, stop_price=45.0, tag=tag,
    )  # fmt: skip
    log.append(
        Kind.FILL, at(hours), pair=pair, trade=number, side="buy", price=50.0, amount=40.0,
        closes=False,
    )  # fmt: skip


def make_candles(userdir: Path, pairs: tuple[str, ...] = (BTC, ETH, SOL), days: int = 4) -> Path:
    """Write hourly futures candles that pass through the trades' prices."""
    folder = userdir / "data" / "binance" / "futures"
    folder.mkdir(parents=True, exist_ok=True)
    dates = pd.date_range(BEGIN, periods=24 * days, freq="h")
    first = {BTC: 100.0, ETH: 48.0, SOL: 19.0}
    for number, pair in enumerate(pairs):
        wave = np.sin(np.arange(24 * days) / 9.0 + number) * 0.05 + 1.0
        close = first[pair] * wave
        frame = pd.DataFrame({"date": dates, "open": close, "high": close * 1.01})
        frame = frame.assign(low=close * 0.99, close=close, volume=1.0)
        name = pair.replace("/", "_").replace(":", "_")
        frame.to_feather(folder / f"{name}-1h-futures.feather")
    return folder.parent


def make_bot(folder: Path, *, log: bool = True, candles: bool = True) -> Path:
    """Write a whole bot: ``user_data``, ``bot.sqlite`` and ``config.json`` in a folder."""
    userdir = folder / "user_data"
    userdir.mkdir(parents=True, exist_ok=True)
    make_database(folder / "bot.sqlite")
    if log:
        make_log(userdir)
    if candles:
        make_candles(userdir)
    config = {
        "dry_run": True,
        "dry_run_wallet": BALANCE,
        "stake_currency": "USDT",
        "timeframe": "1h",
        "trading_mode": "futures",
        "margin_mode": "isolated",
        "exchange": {"name": "binance"},
        "user_data_dir": str(userdir),
        "db_url": f"sqlite:///{folder / 'bot.sqlite'}",
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder
