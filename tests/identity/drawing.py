"""Draw settings: a market, a strategy and a config, the same for the same seed.

``python -m tests.identity.drawing KIND SEED NUMBER`` prints one as JSON.
"""

import json
import sys
from random import Random
from typing import Any

import pandas as pd

from plimsoll.venue.market.symbols import LISTED
from tests.identity.markets import MINUTES, RAW
from tests.identity.sources import drawn_source

Drawn = dict[str, Any]

PLAIN, RULES, CALLBACKS, GUARDS = "plain", "rules", "callbacks", "guards"
PORTFOLIO, SPOT, REAL = "portfolio", "spot", "real"
KINDS = (PLAIN, RULES, CALLBACKS, GUARDS, PORTFOLIO, SPOT)
ALL_KINDS = (*KINDS, REAL)
TURNS = (PLAIN, RULES, GUARDS, SPOT, PLAIN, CALLBACKS, RULES, GUARDS, PORTFOLIO, REAL)
"""In which order kinds are drawn."""
COINS = ("BTC", "ETH", "SOL", "XRP", "ADA", "DOGE", "LINK", "BNB", "LTC", "AVAX", "DOT", "TRX")
WALLETS = (150, 300, 1_000, 10_000, 10_000, 250_000, 1_000_000)
COINS_5M = ("BTC", "ETH", "SOL", "XRP")
COINS_1H = (*COINS_5M, "ADA", "AVAX", "BNB", "DOGE", "LINK", "LTC")
"""What there are recorded candles of."""


def setting(kind: str, seed: int, number: int) -> Drawn:
    """Return one setting."""
    lot = Random(f"{kind}/{seed}/{number}")
    market = real_market(lot) if kind == REAL else drawn_market(lot, kind)
    strategy = drawn_source(lot, kind, market)
    return {
        "kind": kind,
        "seed": seed,
        "number": number,
        "runmode": lot.choice(["backtest", "hyperopt"]),
        "export": lot.choice(["none"] * 29 + ["signals"]),
        "enable_protections": lot.random() < (0.5 if kind == CALLBACKS else 0.05),
        "guarded": kind not in (PLAIN, CALLBACKS, SPOT) or lot.random() < 0.5,
        "market": market,
        "config": drawn_config(lot, kind, market),
        "timerange": market.get("timerange") or drawn_timerange(lot, market),
        **strategy,
    }


def drawn_market(lot: Random, kind: str) -> Drawn:
    """Return the description of a market; its candles are made from it alone."""
    timeframe = lot.choice(["5m", "5m", "15m", "1h", "4h"])
    count = lot.choice([4, 5, 6] if kind == PORTFOLIO else [1, 2, 2, 3, 4, 6])
    candles = lot.randint(1_000, 4_000) if count < 3 else lot.randint(500, 1_600)
    mode = "spot" if kind == SPOT else "futures"
    volatility = lot.choice([0.0005, 0.002, 0.002, 0.006, 0.02])
    suffix = "" if mode == "spot" else ":USDT"
    return {
        "seed": lot.randint(0, 2**31),
        "mode": mode,
        "timeframe": timeframe,
        "candles": candles,
        "start": _start(lot, timeframe),
        "pairs": [
            {"pair": f"{coin}/USDT{suffix}", **_pair(lot, volatility, whole=place == 0)}
            for place, coin in enumerate(lot.sample(COINS, count))
        ],
    }


def real_market(lot: Random) -> Drawn:
    """Return a part of the recorded candles; fields of made-up markets are left out."""
    timeframe = lot.choice(["5m", "5m", "15m", "1h", "1h"])
    known = COINS_5M if timeframe in ("5m", "15m") else COINS_1H
    coins = lot.sample(known, lot.randint(1, min(4, len(known))))
    days = {"5m": 12, "15m": 40, "1h": 150}[timeframe]
    begins = pd.Timestamp("2024-01-01") + pd.Timedelta(days=lot.randint(0, 540 - days))
    if lot.random() < 0.2:  # amid the holes of the records
        begins = pd.Timestamp(lot.choice(["2022-11-20", "2024-05-10", "2024-12-04"]))
    ends = begins + pd.Timedelta(days=days)
    return {
        "real": True,
        "mode": "futures",
        "timeframe": timeframe,
        "timerange": f"{begins:%Y%m%d}-{ends:%Y%m%d}",
        "pairs": [
            {
                "pair": f"{coin}/USDT:USDT",
                "tick": _plain(LISTED[f"{coin}USDT"].tick_size),
                "step": _plain(LISTED[f"{coin}USDT"].step_size),
                "min_notional": _plain(LISTED[f"{coin}USDT"].min_notional_usd),
                "contract_size": 1.0,
            }
            for coin in coins
        ],
    }


def _start(lot: Random, timeframe: str) -> str:
    hour = lot.choice([0, 0, 0, 8, 12] if timeframe == "4h" else [0, 0, 0, 7, 12])
    return f"2024-{lot.randint(1, 12):02d}-{lot.randint(1, 28):02d} {hour:02d}:00"


def _pair(lot: Random, volatility: float, *, whole: bool) -> Drawn:
    scale = lot.randint(-6, 4)
    price = round(lot.uniform(1, 10) * 10.0**scale, 8)
    places = max(0, lot.randint(2, 5) - scale)
    steps = lot.choice([[-1, 0, 0, 0, 1], [0], [-3, -2, 0, 0]])
    decimals = [max(0, min(12, places + lot.choice(steps))) for _ in range(4)]
    if lot.random() < 0.05 and scale > -2:
        decimals = [RAW]  # of smaller prices Freqtrade itself cannot round so many decimals
    # A lot is worth a cent to ten dollars.
    step_places = max(-6, min(8, scale + lot.randint(0, 2)))
    return {
        "price": price,
        "kind": lot.choice(["trending", "reverting", "jumpy"]),
        "volatility": volatility * lot.choice([0.5, 1, 1, 2]),
        "gaps": lot.choice([0.0, 0.0, 0.02, 0.3]),
        "wicks": lot.choice([0.0, 0.01, 0.05]),
        "still": lot.choice([0.0, 0.0, 0.01, 0.3]),
        "decimals": decimals,
        "late": 0.0 if whole else lot.choice([*[0.0] * 9, *_shares(lot, 0.6), 0.99]),
        "early": 0.0 if whole else lot.choice([*[0.0] * 9, *_shares(lot, 0.3)]),
        "holes": lot.choice([0.0, 0.0, 0.02]),
        "mark_holes": lot.choice([0.0, 0.0, 0.0, 0.05]),
        "funding_holes": lot.choice([0.0, 0.0, 0.0, 0.05]),
        "funding_hours": lot.choice([8, 8, 4, 1]),
        "funding_rate": lot.choice([0.0001, 0.0003, 0.005]),
        "tick": _plain(10.0 ** -min(10, max(0, places))),
        "step": _plain(10.0**-step_places),
        "min_notional": str(lot.choice([5, 5, 20, 100])),
        "contract_size": lot.choice([1.0] * 12 + [0.1, 10.0]),
    }


def _shares(lot: Random, most: float) -> list[float]:
    return [lot.uniform(0, most) for _ in range(3)]


def _plain(number: float) -> str:
    return f"{number:.12f}".rstrip("0").rstrip(".")


def drawn_timerange(lot: Random, market: Drawn) -> str | None:
    """Return a part of the market's span in Freqtrade's words, or ``None`` for all of it."""
    if "part" not in market and lot.random() < 0.6:
        return None
    begins = pd.Timestamp(market["start"], tz="UTC")
    span = pd.Timedelta(minutes=MINUTES[market["timeframe"]]) * market["candles"]
    first = begins + span * market.get("part", lot.uniform(0.05, 0.3))
    last = begins + span * lot.uniform(0.96 if "part" in market else 0.7, 1.0)
    return f"{int(first.timestamp())}-{int(last.timestamp())}"


def drawn_config(lot: Random, kind: str, market: Drawn) -> Drawn:
    """Return what of the config is drawn."""
    wallet = lot.choice([*WALLETS, *WALLETS, 50_000_000])
    if kind == PORTFOLIO:
        wallet = max(wallet, 10_000)
    pairs = [one["pair"] for one in market["pairs"]]
    unlimited = lot.random() < 0.5
    slots = lot.choice([1, 2, 3, len(pairs), len(pairs) + 1])
    if lot.random() < 0.02:
        slots = 0  # as many as there are
    if kind == PORTFOLIO and lot.random() < 0.8:
        slots = len(pairs)
    config: Drawn = {
        "dry_run_wallet": wallet,
        "stake_amount": "unlimited"
        if unlimited
        else round(wallet / lot.choice([1.5, 3, 8, 20]), 2),
        "max_open_trades": slots if unlimited or lot.random() < 0.7 else -1,
        "fee": lot.choice([0.0, 0.0002, 0.0007, 0.0007, 0.0025, 0.01]),
        "liquidation_buffer": lot.choice([0.05, 0.05, 0.0, 0.2]),
    }
    if lot.random() < 0.05:
        del config["fee"]  # the exchange's
    if lot.random() < 0.05:
        config["dry_run_wallet"] = {"USDT": wallet, "BTC": 0.5}
    if lot.random() < 0.25:
        config["available_capital"] = round(wallet * lot.choice([0.3, 0.8, 1.0]), 2)
    else:
        config["tradable_balance_ratio"] = lot.choice([0.5, 0.95, 0.99, 1.0])
    if lot.random() < 0.3:
        config["amount_reserve_percent"] = lot.choice([0.0, 0.1, 0.4])
    if lot.random() < 0.5:
        config["unfilledtimeout"] = _timeout(lot)
    if lot.random() < 0.2:
        config["futures_funding_rate"] = lot.choice([0, 0.0001])
    if lot.random() < 0.1:
        config["amend_last_stake_amount"] = True
        config["last_stake_amount_min_ratio"] = lot.choice([0.1, 0.5, 0.9])
    if lot.random() < 0.05:
        config["margin_mode"] = "cross"
    if lot.random() < 0.1:
        config["custom_price_max_distance_ratio"] = lot.choice([0.0, 0.001, 0.2])
    config["plimsoll"] = drawn_plimsoll(lot, kind)
    return config


def _timeout(lot: Random) -> Drawn:
    unit = lot.choice(["minutes", "minutes", "seconds"])
    lengths = [2, 10, 30, 120] if unit == "minutes" else [30, 600, 7200]
    return {
        "entry": lot.choice(lengths),
        "exit": lot.choice(lengths),
        "exit_timeout_count": lot.choice([0, 1]),
        "unit": unit,
    }


def drawn_plimsoll(lot: Random, kind: str) -> Drawn:
    """Return our section: what the guards may do, and by which limits."""
    section: Drawn = {"guards": "off", "allow_missing_funding": True}
    if kind not in (GUARDS, PORTFOLIO, REAL) or lot.random() < 0.1:
        return section
    section["guards"] = lot.choice(["enforce", "enforce", "observe"])
    section["risk"] = drawn_risk(lot)
    if lot.random() < 0.6:
        section["backtest_rearm"] = {"after_days": lot.choice([0.25, 1.0, 7.0])}
    return section


def drawn_risk(lot: Random) -> Drawn:
    """Return limits, from those that nothing reaches to those that hours reach."""
    if lot.random() < 0.2:
        return {}
    exposure = lot.choice([0.3, 1.0, 3.0, 10.0])
    halts = lot.choice([0.01, 0.03, 0.12, 0.15])
    return {
        "drawdown_reduce_fraction": halts * lot.choice([0.5, 0.9]),
        "drawdown_halt_fraction": halts,
        "drawdown_stake_multiplier": lot.choice([0.0, 0.5]),
        "max_daily_loss_fraction": lot.choice([0.003, 0.01, 0.03, 0.1]),
        "max_daily_loss_usd": lot.choice([None, None, 50.0]),
        "day_starts_at_hour_utc": lot.choice([0, 0, 7]),
        "max_consecutive_losses": lot.choice([2, 3, 8, 20]),
        "consecutive_losses_pause_hours": lot.choice([1e-9, 2.0, 24.0]),
        "flatten_on_consecutive_losses": lot.random() < 0.3,
        "cooldown_seconds": lot.choice([0, 0, 900, 86_400]),
        "max_trades_per_day": lot.choice([2, 10, 10_000]),
        "max_orders": lot.choice([2, 20, 1000]),
        "order_window_seconds": lot.choice([60.0, 3600.0]),
        "trading_hours_utc": lot.choice(
            [None, None, None, {"monday": ["08:00-22:00"], "friday": ["00:00-12:00"]}]
        ),
        "probation_days": lot.choice([0, 0.5, 14]),
        "probation_stake_fraction": lot.choice([0.25, 1.0]),
        "terminal_drawdown_fraction": lot.choice([None, 0.2, 0.5]),
        "max_leverage": lot.choice([1.0, 3.0]),
        "proven_max_leverage": lot.choice([3.0, 5.0]),
        "proven_trades": lot.choice([30, 100]),
        "max_risk_per_trade_fraction": lot.choice([0.01, 0.05]),
        "fixed_risk_fraction": lot.choice([0.005, 0.01]),
        "max_open_positions": lot.choice([1, 3, 8, 100]),
        "max_position_fraction": min(exposure, lot.choice([0.1, 0.3, 1.0, 5.0]), 5.0),
        "max_exposure_fraction": exposure,
        "max_portfolio_heat_fraction": lot.choice([0.05, 0.2]),
        "max_correlation": lot.choice([0.5, 0.85, 1.0]),
        "correlation_candles": lot.choice([20, 288]),
        "break_even_trades": lot.choice([None, 10, 100]),
        "min_liquidation_distance_fraction": lot.choice([0.05, 0.15]),
        "min_target_to_cost": lot.choice([1, 1, 3]),
        "sizing": lot.choice(["fixed_fraction", "half_kelly", "volatility_target"]),
        "kelly_trades": lot.choice([30, 100]),
    }


if __name__ == "__main__":
    print(json.dumps(setting(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])), indent=1))
