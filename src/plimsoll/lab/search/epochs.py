"""Epochs of a search: parameters in, loss out, on data that is loaded once."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pandas as pd
from freqtrade.constants import HYPEROPT_BUILTIN_SPACE_OPTIONS
from freqtrade.data.converter import trim_dataframes
from freqtrade.data.history import get_timerange
from freqtrade.enums import HyperoptState, RunMode
from freqtrade.exchange import timeframe_to_seconds
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.optimize.hyperopt.hyperopt_auto import HyperOptAuto
from freqtrade.optimize.hyperopt.hyperopt_optimizer import MAX_LOSS, HyperOptimizer
from freqtrade.optimize.hyperopt_tools import HyperoptStateContainer, HyperoptTools
from freqtrade.optimize.optimize_reports import generate_strategy_stats
from freqtrade.resolvers.hyperopt_resolver import HyperOptLossResolver
from freqtrade.util import dt_now
from freqtrade.util.dry_run_wallet import get_dry_run_wallet

from plimsoll.bridge.strategies.rules import RuleStrategy
from plimsoll.bridge.strategies.stops_in_force import declared_stops
from plimsoll.core import UsageError
from plimsoll.lab.fast_lane.engine import FastLane
from plimsoll.lab.fast_lane.market import with_signals
from plimsoll.lab.fast_lane.rule_market import RuleMarket, says_all
from plimsoll.lab.search.configuration import Config, one_line, quiet
from plimsoll.lab.search.lazy_mapping import LazyMapping

Parameters = dict[str, Any]

NEEDS_COPIES = int(pd.__version__.partition(".")[0]) < 3
"""Whether a copy has to hold its own columns; pandas 3 copies one when a strategy writes to it."""
WORST_LOSS = float(MAX_LOSS)
"""What Freqtrade gives an epoch with too few trades."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """What a parameter set did; ``profit_fraction`` is of the starting balance."""

    loss: float
    trades: int
    profit_fraction: float


class Epochs(HyperOptimizer):
    """Freqtrade's own optimizer, with the fast lane for its loop and its data in memory.

    Spaces, samplers, losses and the way parameters are set are Freqtrade's. What differs is where
    candles and analysed frames wait between epochs, and who walks over them.

    Parameters
    ----------
    config
        As `hyperopt_config` returns it; it is written to, as Freqtrade does.
    exchange
        One that is loaded already; by default the config's own is loaded.

    Raises
    ------
    UsageError
        For a space that neither Freqtrade nor the strategy knows, and for a config of another
        command, whose strategy would keep its own parameters whatever an epoch sets.
    PlimsollError
        In one line, for whatever Freqtrade refuses.
    """

    def __init__(self, config: Config, exchange: Any = None) -> None:
        if config.get("runmode") is not RunMode.HYPEROPT:
            raise UsageError(f"expected the config of a hyperopt, found {config.get('runmode')}")
        # Not HyperOptimizer's own: it starts a process for logs that nobody sends here.
        self.pristine = deepcopy(config)
        self.spaces: dict[str, list[Any]] = {}
        self.dimensions: list[Any] = []
        self.o_dimensions: dict[str, Any] = {}
        self.config = config
        if HyperoptTools.has_space(config, "sell"):
            config["use_exit_signal"] = True
        with quiet(), one_line():
            self.backtesting = Backtesting(config, exchange)
            self.pairlist = self.backtesting.pairlists.whitelist
            self.analyze_per_epoch = config.get("analyze_per_epoch", False)
            self.custom_hyperopt = HyperOptAuto(config)
            self.backtesting._set_strategy(self.backtesting.strategylist[0])  # noqa: SLF001
            self.custom_hyperopt.strategy = self.backtesting.strategy
            self.custom_hyperoptloss = HyperOptLossResolver.load_hyperoptloss(config)
            self.calculate_loss = self.custom_hyperoptloss.hyperopt_loss_function
            self.market_change = 0.0
            self.es_epochs = config.get("early_stop", 0)
            self._require_known_spaces()
            self.init_spaces()
        self._frames: dict[str, pd.DataFrame] = {}
        self._kept: RuleMarket | None = None
        self._lane: FastLane | None = None

    @property
    def strategy(self) -> Any:
        """The strategy, with the parameters of the last epoch."""
        return self.backtesting.strategy

    @property
    def exchange(self) -> Any:
        """The exchange, loaded."""
        return self.backtesting.exchange

    @property
    def refusal(self) -> str | None:
        """Why Freqtrade's own loop runs instead of the fast lane; `None` when it does not."""
        return None if self._lane is None else self._lane.refusal

    @property
    def slower(self) -> str | None:
        """Why the last epoch was not run by the compiled loop; `None` when it was."""
        return None if self._lane is None else self._lane.slower

    def require_startable_winners(self) -> None:
        """Refuse a space whose winners the strategy would refuse to start with.

        Raises
        ------
        UsageError
            For the space ``trailing`` of a strategy that declares its stop.
        """
        strategy = self.strategy
        if "trailing" not in self.spaces or not isinstance(strategy, RuleStrategy):
            return
        if declared := declared_stops(strategy):
            raise UsageError(
                f"expected --spaces without trailing, since {self.get_strategy_name()} declares "
                f"{' and '.join(declared)}, which Freqtrade's trailing stop does not follow; name "
                "the spaces, such as buy sell roi stoploss"
            )

    def load(self) -> None:
        """Read the candles, and compute what no parameter changes.

        Raises
        ------
        PlimsollError
            When there is no data, or too little for the warm-up.
        """
        with quiet(), one_line():
            HyperoptStateContainer.set_state(HyperoptState.DATALOAD)
            candles, self.timerange = self.backtesting.load_bt_data()
            with _parameters_in_indicators(self.strategy):
                self.take(candles)

    def feed(self, candles: dict[str, pd.DataFrame]) -> None:
        """Search on candles in memory, instead of those that `load` reads: no funding is paid.

        Prices have the exchange's present tick at all times. The span is the config's.
        """
        backtesting = self.backtesting
        self.timerange = backtesting.timerange
        hours = str(self.exchange.get_option("funding_fee_timeframe"))
        backtesting.funding_fee_timeframe_secs = timeframe_to_seconds(hours)
        nothing = pd.DataFrame(columns=["date", "open_mark", "open_fund"], dtype="float64")
        backtesting.futures_data = dict.fromkeys(candles, nothing)
        backtesting.price_pair_prec = {}
        backtesting.available_pairs = list(candles)
        with quiet(), one_line(), _parameters_in_indicators(self.strategy):
            self.take(candles)

    def take(self, candles: dict[str, pd.DataFrame]) -> None:
        """Search on these candles; ``self.timerange`` says what of them is traded."""
        HyperoptStateContainer.set_state(HyperoptState.INDICATORS)
        trimmed = trim_dataframes(candles, self.timerange, self.backtesting.required_startup)
        if not trimmed:
            needed = self.backtesting.required_startup
            raise UsageError(
                f"no candle is left to trade on: {self.get_strategy_name()} needs {needed} candles "
                f"of {self.backtesting.timeframe} to warm up, before the span begins; get more "
                "data, or take a longer --timerange"
            )
        if self.analyze_per_epoch:
            self.min_date, self.max_date = get_timerange(trimmed)
            self._frames = candles
        else:
            self._frames = self.advise_and_trim(candles)
        self._kept = None
        if not self.analyze_per_epoch and says_all(self.backtesting):
            self._kept = RuleMarket(self.backtesting, self._frames)
        self._lane = FastLane(self.backtesting)

    def apply(self, params: Parameters) -> None:
        """Set the strategy's parameters, as Freqtrade's optimizer sets those of an epoch."""
        strategy, own = self.backtesting.strategy, self.custom_hyperopt
        for name, parameter in strategy.enumerate_parameters():
            if parameter.in_space and parameter.optimize:
                parameter.value = params[name]
        if "roi" in self.spaces:
            strategy.minimal_roi = own.generate_roi_table(params)
        if "stoploss" in self.spaces:
            strategy.stoploss = params["stoploss"]
        if "trailing" in self.spaces:
            for name, value in own.generate_trailing_params(params).items():
                setattr(strategy, name, value)
        if "trades" in self.spaces:
            self._apply_most_trades(params)

    def evaluate(self, params: Parameters) -> Epoch:
        """Return the loss of a parameter set, and what it traded.

        Raises
        ------
        PlimsollError
            What the strategy refused, in one line.
        """
        with quiet(), one_line():
            processed, content = self.run(params)
            return self._judged(content, processed)

    def run(self, params: Parameters) -> tuple[Mapping[str, pd.DataFrame], dict[str, Any]]:
        """Return the analysed candles of an epoch, and what ``Backtesting.backtest`` returns."""
        if not self._frames:
            raise UsageError("expected candles before an epoch, found none: call load() first")
        HyperoptStateContainer.set_state(HyperoptState.OPTIMIZE)
        begun = int(dt_now().timestamp())
        self.apply(params)
        processed = self._copies()
        if self.analyze_per_epoch:
            processed = self.advise_and_trim(processed)
        # What it can honour depends on the parameters.
        self._lane = FastLane(self.backtesting, self._kept)
        content = self._lane.backtest(processed, self.min_date, self.max_date)
        read = processed if self._kept is None else LazyMapping(lambda: self._analysed(params))
        content |= {
            "backtest_start_time": begun,
            "backtest_end_time": int(dt_now().timestamp()),
        }
        return read, content

    def details(self, params: Parameters) -> dict[str, Any]:
        """Return parameters by space as Freqtrade exports them, and those that were not searched.

        Its names: ``params_details`` and ``params_not_optimized``.
        """
        self.apply(params)
        rest = self.strategy.get_no_optimize_params()
        return {
            "params_details": self._get_params_details(dict(params)),
            "params_not_optimized": {**rest, **self._get_no_optimize_details()},
        }

    def statistics(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Return Freqtrade's own statistics of an epoch."""
        stats: dict[str, Any] = generate_strategy_stats(
            self.pairlist,
            self.get_strategy_name(),
            content,
            self.min_date,
            self.max_date,
            market_change=self.market_change,
            is_hyperopt=True,
        )
        return stats

    def _copies(self) -> dict[str, pd.DataFrame]:
        return {pair: frame.copy(deep=NEEDS_COPIES) for pair, frame in self._frames.items()}

    def _analysed(self, params: Parameters) -> dict[str, pd.DataFrame]:
        """Return the candles with an epoch's signals, trimmed as its backtest trims them."""
        with quiet(), one_line():
            self.apply(params)
            return with_signals(self.backtesting, self._copies())[0]

    def _judged(self, content: dict[str, Any], processed: Mapping[str, pd.DataFrame]) -> Epoch:
        results, wallet = content["results"], get_dry_run_wallet(self.config)
        trades, loss = len(results), WORST_LOSS
        if trades >= self.config["hyperopt_min_trades"]:
            loss = float(
                self.calculate_loss(
                    results=results,
                    trade_count=trades,
                    min_date=self.min_date,
                    max_date=self.max_date,
                    config=self.config,
                    processed=processed,
                    backtest_stats=LazyMapping(lambda: self.statistics(content)),
                    starting_balance=wallet,
                )
            )
        profit = float(results["profit_abs"].sum()) / wallet if trades else 0.0
        return Epoch(loss, trades, profit)

    def _apply_most_trades(self, params: Parameters) -> None:
        wanted = params["max_open_trades"]
        if wanted in (-1, 0) and self.config["stake_amount"] == "unlimited":
            wanted = self.pristine["max_open_trades"]
        most = float("inf") if wanted in (-1, 0) else int(wanted)
        self.config["max_open_trades"] = most
        self.backtesting.strategy.max_open_trades = most

    def _require_known_spaces(self) -> None:
        known = {*HYPEROPT_BUILTIN_SPACE_OPTIONS, *self.custom_hyperopt.get_available_spaces()}
        if unknown := [space for space in self.config["spaces"] if space not in known]:
            raise UsageError(
                f"expected spaces of {self.get_strategy_name()} or of Freqtrade "
                f"({', '.join(sorted(known))}), found {', '.join(unknown)}"
            )


@contextmanager
def _parameters_in_indicators(strategy: Any) -> Iterator[None]:
    """Keep Freqtrade from warning of what does not hold for a strategy of ours.

    It says that parameters read with the indicators have no effect; such a strategy computes its
    features again for each epoch.
    """
    logger = logging.getLogger("freqtrade.strategy.parameters")
    before = logger.level
    if isinstance(strategy, RuleStrategy):
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
