"""Draw settings of Freqtrade and run each: N backtests in one process.

``python -m tests.foreign.drawing FOLDER WHAT SEED COUNT`` writes ``FOLDER/drawn-WHAT.jsonl``, one
line a setting; WHAT is ``bare`` or ``guarded``. Nothing of Plimsoll is imported here: a bare run
must not know it.
"""

import contextlib
import io
import json
import logging
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

from freqtrade.commands.arguments import Arguments
from freqtrade.commands.optimize_commands import setup_optimize_configuration
from freqtrade.enums import RunMode
from freqtrade.exchange import Exchange
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.resolvers import ExchangeResolver

Drawn = dict[str, Any]

BARE, GUARDED = "bare", "guarded"
GUARDS = ("observe", "off", "enforce")
"""What a setting is run with under guards, in this order."""
NAMED = (
    "SampleStrategy",
    "EmaCrossRoi",
    "DcaLadder",
    "FuturesLongShort",
    "LimitMaker",
    "OrderFilledState",
    "HyperoptSpaces",
    "MixedIn",
    "MultiTimeframe",
)
WHOLE, HOLES, ENDS = "data", "data-holes", "data-ends"
"""Folders of candles: all, with gaps, and with pairs that begin or end amid the run."""
DATA = (WHOLE, WHOLE, HOLES, ENDS)
PROTECTIONS: tuple[Drawn, ...] = (
    {"method": "CooldownPeriod", "stop_duration_candles": 4},
    {
        "method": "StoplossGuard",
        "lookback_period_candles": 48,
        "trade_limit": 2,
        "stop_duration_candles": 12,
    },
    {
        "method": "MaxDrawdown",
        "lookback_period_candles": 96,
        "trade_limit": 4,
        "stop_duration_candles": 12,
        "max_allowed_drawdown": 0.01,
    },
    {
        "method": "LowProfitPairs",
        "lookback_period_candles": 96,
        "trade_limit": 2,
        "stop_duration_candles": 24,
        "required_profit": 0.0,
    },
)
NOT_COMPARED = ("backtest_run_start_ts", "backtest_run_end_ts", "plimsoll")
"""Of a result: when it was made, and what a bare one has not."""


def settings(seed: int, count: int) -> Iterator[Drawn]:
    """Yield settings: strategy, config, arguments and candles; the same for the same seed."""
    for number in range(count):
        yield {"number": number, **_setting(Random(f"{seed}/{number}"))}


def _setting(lot: Random) -> Drawn:
    name = lot.choice([*NAMED, *["DrawnShape"] * 11])
    config, arguments = _config(lot), []
    first = lot.randint(22, 26)
    last = first + lot.randint(2, 4)
    if lot.random() < 0.15:
        first, last = 28, lot.randint(29, 30)
        arguments += ["--timeframe-detail", "1m"]
    if lot.random() < 0.3:
        arguments.append("--enable-protections")
    if lot.random() < 0.2:
        arguments.append("--eps")
    if name == "DrawnShape":
        config |= {"shape": _shape(lot), **_overrides(lot)}
    return {
        "strategy": name,
        "config": config,
        "arguments": [*arguments, "--timerange", f"202506{first}-202506{last}"],
        "data": WHOLE if "--timeframe-detail" in arguments else lot.choice(DATA),
        "guarded": {"risk": _risk(lot), "backtest_rearm": {"after_days": _rearm(lot)}},
    }


def _config(lot: Random) -> Drawn:
    wallet = lot.choice([300, 10_000, 10_000, 250_000])
    config: Drawn = {
        "pairlists": [{"method": "StaticPairList"}],
        "dry_run_wallet": wallet,
        "stake_amount": lot.choice(["unlimited", "unlimited", wallet / 8, wallet / 3]),
        "max_open_trades": lot.choice([-1, 1, 2, 3, 4, 6]),
        "tradable_balance_ratio": lot.choice([0.5, 0.95, 0.99, 1.0]),
        "fee": lot.choice([0.0, 0.0002, 0.0007, 0.0025]),
        "custom_price_max_distance_ratio": lot.choice([0.001, 0.02, 0.2]),
        "enable_protections": False,
    }
    if config["max_open_trades"] == -1 and config["stake_amount"] == "unlimited":
        config["stake_amount"] = wallet / 8
    if lot.random() < 0.2:
        config["available_capital"] = wallet * 0.6
        config.pop("tradable_balance_ratio")
    return config


def _overrides(lot: Random) -> Drawn:
    config: Drawn = {
        "stoploss": lot.choice([-0.02, -0.05, -0.1, -0.35, -0.99]),
        "use_exit_signal": lot.random() < 0.7,
        "exit_profit_only": lot.random() < 0.3,
        "exit_profit_offset": lot.choice([0.0, 0.002]),
        "ignore_roi_if_entry_signal": lot.random() < 0.3,
        "position_adjustment_enable": lot.random() < 0.5,
        "max_entry_position_adjustment": lot.choice([-1, 1, 3]),
    }
    if lot.random() < 0.3:
        config |= {
            "trailing_stop": True,
            "trailing_stop_positive": 0.004,
            "trailing_stop_positive_offset": 0.01,
            "trailing_only_offset_is_reached": lot.random() < 0.5,
        }
    if lot.random() < 0.3:
        config["minimal_roi"] = lot.choice([{}, {"0": 100}, {"0": 0.004}])
    if lot.random() < 0.6:
        kinds = {one: lot.choice(["limit", "market"]) for one in ("entry", "exit", "stoploss")}
        config["order_types"] = {**kinds, "stoploss_on_exchange": False}
        if "market" in kinds.values():
            for side in ("entry_pricing", "exit_pricing"):
                config[side] = {"price_side": "other", "use_order_book": True, "order_book_top": 1}
    if lot.random() < 0.5:
        minutes = lot.choice([2, 10, 30])
        config["unfilledtimeout"] = {
            "entry": minutes,
            "exit": minutes,
            "exit_timeout_count": lot.choice([0, 1]),
            "unit": "minutes",
        }
    return config


def _shape(lot: Random) -> Drawn:
    shape: Drawn = {
        "seed": lot.randint(1, 10**6),
        "short": lot.random() < 0.5,
        "edge": lot.choice([20, 30, 40]),
        "leverage": lot.choice([1.0, 1.0, 2.0, 5.0, 20.0]),
        "add": lot.choice([0.3, 1.0, 3.0]),
        "moves": lot.random() < 0.4,
        "protections": lot.sample(PROTECTIONS, lot.randint(0, 3)),
    }
    for name, values in (
        ("stake", ([0.2, 1.0], [0.5, 2.0])),
        ("entry_off", (0.001, 0.01)),
        ("exit_off", (0.001, 0.01)),
        ("custom_stoploss", (0.01, 0.04)),
        ("exit_hours", (1, 6)),
        ("refuses", (0.1, 0.5)),
        ("raises", (0.02,)),
        ("clings", (0.1, 0.9)),
    ):
        if lot.random() < 0.4:
            shape[name] = lot.choice(values)
    return shape


def _risk(lot: Random) -> Drawn:
    """Return limits that a few days reach."""
    exposure = lot.choice([0.3, 1.0, 3.0])
    return {
        "drawdown_reduce_fraction": 0.002,
        "drawdown_halt_fraction": lot.choice([0.004, 0.01, 0.03]),
        "max_daily_loss_fraction": lot.choice([0.003, 0.01, 0.03]),
        "max_consecutive_losses": lot.choice([3, 8]),
        "flatten_on_consecutive_losses": lot.random() < 0.5,
        "probation_days": lot.choice([0, 0.5, 14]),
        "probation_stake_fraction": lot.choice([0.25, 1.0]),
        "terminal_drawdown_fraction": lot.choice([None, 0.02, 0.2]),
        "max_leverage": lot.choice([1.0, 3.0]),
        "proven_max_leverage": 3.0,
        "max_risk_per_trade_fraction": lot.choice([0.01, 0.05]),
        "fixed_risk_fraction": lot.choice([0.005, 0.01]),
        "max_open_positions": lot.choice([1, 3, 8]),
        "max_position_fraction": min(exposure, lot.choice([0.1, 0.3, 1.0])),
        "max_exposure_fraction": exposure,
    }


def _rearm(lot: Random) -> float | None:
    return lot.choice([None, 0.25, 1.0])


class Bench:
    """Runs drawn settings, on one exchange of each kind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._exchange: Exchange | None = None

    def run(self, setting: Mapping[str, Any], guards: str | None) -> Drawn:
        """Return the result of a setting: Freqtrade's own, or in a line why there is none."""
        config = self._config(setting, guards)
        if self._exchange is None:
            self._exchange = ExchangeResolver.load_exchange(config, load_leverage_tiers=True)
        self._exchange._config = config  # its wallet and stake are the setting's
        with contextlib.redirect_stdout(io.StringIO()):
            backtesting = Backtesting(config, self._exchange)
            try:
                backtesting.start()
            finally:
                Backtesting.cleanup()
        [(_, result)] = backtesting.results["strategy"].items()
        ours = result.get("plimsoll")
        plain = {key: value for key, value in result.items() if key not in NOT_COMPARED}
        return {"result": json.loads(json.dumps(plain, default=str)), "plimsoll": ours}

    def _config(self, setting: Mapping[str, Any], guards: str | None) -> Drawn:
        base = self._folder / ("bare.json" if guards is None else "enforce.json")
        own = self._folder / f"drawn-{guards or BARE}.json"
        ours = {} if guards is None else {"plimsoll": {**setting["guarded"], "guards": guards}}
        own.write_text(json.dumps({**setting["config"], **ours}), encoding="utf-8")
        said = [
            *("backtesting", "--userdir", str(self._folder / "user_data")),
            *("--datadir", str(self._folder / setting["data"])),
            *("-c", str(base), "-c", str(own), "--strategy", setting["strategy"]),
            *("--timeframe", "5m", "--cache", "none", "--export", "none"),
            *setting["arguments"],
        ]
        parsed = Arguments(said).get_parsed_arg()
        with contextlib.redirect_stdout(io.StringIO()):
            config: Drawn = setup_optimize_configuration(parsed, RunMode.BACKTEST)
        return config


def outcome(bench: Bench, setting: Mapping[str, Any], guards: str | None) -> Drawn:
    """Return a setting's result; where Freqtrade refuses it, the error."""
    began = time.monotonic()
    try:
        made = bench.run(setting, guards)
    except Exception as error:  # noqa: BLE001 - what is refused bare must be refused the same
        made = {"error": f"{type(error).__name__}: {error}"}
    return {**made, "seconds": round(time.monotonic() - began, 2)}


def main(folder: Path, what: str, seed: int, count: int, only: int | None = None) -> None:
    """Run the settings of a seed and write a line for each."""
    bench, states = Bench(folder), (None,) if what == BARE else GUARDS
    with (folder / f"drawn-{what}.jsonl").open("w", encoding="utf-8") as file:
        for setting in settings(seed, count):
            if only is not None and setting["number"] != only:
                continue
            for guards in states:
                made = outcome(bench, setting, guards)
                row = {"number": setting["number"], "guards": guards or BARE, **made}
                file.write(json.dumps(row, default=str) + "\n")
                file.flush()


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    main(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:]))
