"""One setting, run by Freqtrade's loop and by the fast lane, on the same candles in one process."""

import contextlib
import io
import json
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from freqtrade.configuration import Configuration
from freqtrade.data.converter import trim_dataframes
from freqtrade.data.history import get_timerange
from freqtrade.enums import RunMode
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.resolvers.strategy_resolver import StrategyResolver
from freqtrade.strategy.parameters import NumericParameter

from plimsoll.bridge.freqtrade.plugin_search import register
from plimsoll.bridge.freqtrade.strategy_loading import guard_strategies
from plimsoll.bridge.wrapping.install import guard_of
from plimsoll.lab.fast_lane.engine import FastLane
from plimsoll.lab.fast_lane.rule_market import RuleMarket, says_all
from tests.conftest import REAL_DATA, ROOT
from tests.identity.comparing import Difference, first_difference
from tests.identity.exchanges import Exchanges
from tests.identity.markets import write_market

_BARE = StrategyResolver.validate_strategy
guard_strategies()
_GUARDED = StrategyResolver.validate_strategy
"""What makes of a loaded strategy one that Freqtrade runs: as it is, or handed to the guards."""

SHIPPED = ROOT / "user_data" / "strategies"
COMPILED, SPARSE = "compiled", "sparse"
LOADED = (
    "timerange",
    "price_pair_prec",
    "available_pairs",
    "detail_data",
    "futures_data",
    "funding_fee_timeframe_secs",
)
"""What `Backtesting.load_bt_data` leaves in a backtest."""
BASE: dict[str, Any] = {
    "margin_mode": "isolated",
    "stake_currency": "USDT",
    "dry_run": True,
    "entry_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
    "exit_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
    "dataformat_ohlcv": "feather",
    "pairlists": [{"method": "StaticPairList"}],
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a setting; ``refusal`` and ``error`` say why nothing was compared.

    ``way`` is which of the lane's loops ran, ``slower`` why it was not the compiled one. ``ends``
    counts Freqtrade's trades by the reason of their exit, and orders that timed out.
    """

    trades: int = 0
    way: str | None = None
    slower: str | None = None
    ends: Mapping[str, int] = field(default_factory=dict)
    refusal: str | None = None
    error: str | None = None
    difference: Difference | None = None
    freqtrade_seconds: float = 0.0
    lane_seconds: float = 0.0


class Bench:
    """Runs settings one after the other; folders of candles are made and removed for each."""

    def __init__(self) -> None:
        self._exchanges = Exchanges()
        self._validate = StrategyResolver.validate_strategy

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *_: object) -> None:
        self._exchanges.close()
        StrategyResolver.validate_strategy = staticmethod(self._validate)

    def outcome(self, setting: Mapping[str, Any], *, refused_too: bool = False) -> Outcome:
        """Return what came of a setting; what the lane refuses is run, twice, only if asked."""
        with self._prepared(setting) as make:
            try:
                return _compared(make, refused_too=refused_too)
            except Exception as error:  # noqa: BLE001 - Freqtrade refuses some settings itself
                return Outcome(error=f"{type(error).__name__}: {error}"[:300])
            finally:
                Backtesting.cleanup()

    def freqtrade(self, setting: Mapping[str, Any]) -> dict[str, Any]:
        """Return what Freqtrade's own loop answers to a setting."""
        with self._prepared(setting) as make:
            try:
                run = make()
                run.load()
                made: dict[str, Any] = run.freqtrade()
                return made
            finally:
                Backtesting.cleanup()

    @contextlib.contextmanager
    def _prepared(self, setting: Mapping[str, Any]) -> Iterator[Any]:
        with TemporaryDirectory(prefix="plimsoll-identity-") as temporary:
            folder = Path(temporary)
            _write_strategy(setting, folder)
            loaded: dict[str, Any] = {}
            yield lambda: Run(self._exchanges, setting, folder, loaded)


class Run:
    """A backtest of a setting, prepared as ``freqtrade backtesting`` prepares one.

    ``loaded`` keeps what the first one read of the files, for the second.
    """

    def __init__(
        self,
        exchanges: Exchanges,
        setting: Mapping[str, Any],
        folder: Path,
        loaded: dict[str, Any],
    ) -> None:
        config = config_of(setting, folder)
        exchange = exchanges.ready(config, setting["market"])
        StrategyResolver.validate_strategy = staticmethod(_GUARDED if setting["guarded"] else _BARE)
        self.backtesting = Backtesting(config, exchange)
        self.backtesting._set_strategy(self.backtesting.strategylist[0])
        self._market, self._datadir, self._loaded = setting["market"], folder / "data", loaded
        self.is_epoch = setting["runmode"] == "hyperopt" and setting["number"] % 3 == 0
        self._kept: RuleMarket | None = None

    def load(self) -> None:
        """Read the candles and have the strategy analyse them."""
        if not self._loaded and "real" not in self._market:
            write_market(self._market, self._datadir)
        data, timerange = _loaded(self.backtesting, self._loaded)
        self.processed = self.backtesting.strategy.advise_all_indicators(data)
        trimmed = trim_dataframes(self.processed, timerange, self.backtesting.required_startup)
        if not trimmed:
            raise ValueError("no candles are left after the warm-up")
        self.start, self.end = get_timerange(trimmed)
        if self._kept is None and says_all(self.backtesting):
            self._kept = RuleMarket(self.backtesting, self.processed)

    def change(self) -> None:
        """Go on to another epoch of hyperopt: other parameters and stops, the same objects."""
        strategy = self.backtesting.strategy
        for _, parameter in strategy.enumerate_parameters():
            if isinstance(parameter, NumericParameter):
                parameter.value = type(parameter.value)((parameter.value + parameter.high) / 2)
        strategy.stoploss = max(-0.98, strategy.stoploss * 1.7)
        strategy.minimal_roi = {0: 0.015, 3 * self.backtesting.timeframe_min: 0.004}

    def freqtrade(self) -> dict[str, Any]:
        """Return what Freqtrade's own loop makes of it."""
        return self.backtesting.backtest(
            processed=self.processed, start_date=self.start, end_date=self.end
        )

    def lane(self) -> FastLane:
        """Return the lane for it: once it is loaded, the way a search runs its epochs."""
        return FastLane(self.backtesting, self._kept)

    def aside(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """Return what else a backtest leaves: the guards' acts and the rejected candles."""
        return {
            "guards' acts": self._acts(result),
            "rejected candles": self.backtesting.rejected_dict,
        }

    def _acts(self, result: Mapping[str, Any]) -> Any:
        guard = guard_of(self.backtesting.strategy)
        if self.backtesting.config["runmode"] != RunMode.BACKTEST:
            return None  # hyperopt's reports tell nothing of them
        if guard is None or guard.session is None or not hasattr(guard.session, "acts_of"):
            return None
        trades = result["results"].to_dict("records")
        return guard.session.acts_of(trades, self.start, self.end).to_dict()


def _loaded(backtesting: Backtesting, loaded: dict[str, Any]) -> tuple[Any, Any]:
    """Read a backtest's candles, or take those that another has read."""
    if not loaded:
        data, timerange = backtesting.load_bt_data()
        loaded["data"] = data, timerange
        loaded["kept"] = {name: getattr(backtesting, name, None) for name in LOADED}
    for name, value in loaded["kept"].items():
        setattr(backtesting, name, value)
    data, timerange = loaded["data"]
    return {pair: frame.copy() for pair, frame in data.items()}, timerange


def _compared(make: Any, *, refused_too: bool) -> Outcome:
    fast = make()
    refusal = fast.lane().refusal
    if refusal is not None and not refused_too:
        return Outcome(refusal=refusal)
    slow = make()
    outcome = _epoch(slow, fast)
    if slow.is_epoch and outcome.difference is None and outcome.refusal is None:
        for run in (slow, fast):
            run.change()
        again = _epoch(slow, fast)
        outcome = replace(
            outcome,
            trades=outcome.trades + again.trades,
            way=again.way if outcome.way == COMPILED else outcome.way,
            slower=outcome.slower or again.slower,
            ends=Counter(outcome.ends) + Counter(again.ends),
            refusal=again.refusal,
            difference=again.difference,
            freqtrade_seconds=outcome.freqtrade_seconds + again.freqtrade_seconds,
            lane_seconds=outcome.lane_seconds + again.lane_seconds,
        )
    return outcome


def _epoch(slow: Run, fast: Run) -> Outcome:
    """Run both once, from the same candles; the exchange of both is one, the config its run's."""
    for run in (slow, fast):
        run.load()
    slow.backtesting.exchange._config = slow.backtesting.config
    began = time.perf_counter()
    expected = slow.freqtrade()
    slow_seconds = time.perf_counter() - began
    expected |= slow.aside(expected)
    fast.backtesting.exchange._config = fast.backtesting.config
    lane = fast.lane()
    began = time.perf_counter()
    try:
        got = lane.backtest(fast.processed, fast.start, fast.end)
    except Exception as error:  # noqa: BLE001 - Freqtrade answered
        told = Difference(None, "what was raised", None, f"{type(error).__name__}: {error}")
        return Outcome(len(expected["results"]), difference=told)
    seconds = time.perf_counter() - began
    got |= fast.aside(got)
    way = way_of(lane)
    return Outcome(
        len(expected["results"]),
        way,
        lane.slower,
        _ends(expected),
        refusal=lane.refusal or (None if way else "the lane handed over all candles"),
        difference=first_difference(expected, got),
        freqtrade_seconds=slow_seconds,
        lane_seconds=seconds,
    )


def way_of(lane: FastLane) -> str | None:
    """Return which loop a lane's last run took; ``None`` for Freqtrade's own, on all candles."""
    if lane.slower is None:
        return COMPILED
    return SPARSE if lane._sparse.visits else None


def _ends(result: Mapping[str, Any]) -> dict[str, int]:
    reasons = Counter(str(one) for one in result["results"]["exit_reason"])
    reasons["(exit order timed out)"] = result["timedout_exit_orders"]
    return {name: int(count) for name, count in reasons.items() if count}


def config_of(setting: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return a setting's config, read by Freqtrade from a file."""
    market = setting["market"]
    pairs = [one["pair"] for one in market["pairs"]]
    own = {
        **BASE,
        "trading_mode": market["mode"],
        "exchange": {"name": "binance", "pair_whitelist": pairs},
        **setting["config"],
    }
    if market["mode"] == "spot":
        own["margin_mode"] = ""
    file = folder / "config.json"
    file.write_text(json.dumps(own), encoding="utf-8")
    arguments = {
        "config": [str(file)],
        "user_data_dir": str(folder / "user_data"),
        "datadir": str(REAL_DATA if "real" in market else folder / "data"),
        "strategy": setting["strategy"],
        "strategy_path": str(folder / "strategies"),
        "timeframe": market["timeframe"],
        "timerange": setting["timerange"],
        "enable_protections": setting["enable_protections"],
        "export": setting["export"],
    }
    mode = RunMode.BACKTEST if setting["runmode"] == "backtest" else RunMode.HYPEROPT
    with contextlib.redirect_stdout(io.StringIO()):
        config: dict[str, Any] = Configuration(arguments, mode).get_config()
    register(config)
    return config


def _write_strategy(setting: Mapping[str, Any], folder: Path) -> None:
    strategies = folder / "strategies"
    strategies.mkdir()
    (folder / "user_data").mkdir()
    name = setting["strategy"]
    if setting["source"] is not None:
        (strategies / f"{name}.py").write_text(setting["source"], encoding="utf-8")
        return
    shutil.copy(SHIPPED / f"{name}.py", strategies)
    chosen = {"strategy_name": name, "params": setting["params"], "ft_stratparam_v": 1}
    (strategies / f"{name}.json").write_text(
        json.dumps({**chosen, "export_time": str(pd.Timestamp(0, tz="UTC"))}), encoding="utf-8"
    )
