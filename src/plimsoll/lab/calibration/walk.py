"""One strategy's walk-forward on one made market: the real search, and the tests as one account."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
from freqtrade.data.btanalysis import BT_DATA_COLUMNS
from freqtrade.exchange import timeframe_to_seconds
from freqtrade.util.dry_run_wallet import get_dry_run_wallet

from plimsoll.lab.search.configuration import (
    Config,
    one_line,
    quiet,
    with_timerange,
)
from plimsoll.lab.search.epochs import Epochs, Parameters
from plimsoll.lab.search.identity import config_fingerprint, space_of
from plimsoll.lab.search.sampling import sampler_of, seed_at
from plimsoll.lab.search.space import plain_space
from plimsoll.lab.search.studies import best_of
from plimsoll.lab.walk_forward import evidence
from plimsoll.lab.walk_forward.plan import timerange_of
from plimsoll.performance.marked_days import marked_days
from plimsoll.performance.windows import DAY, Span, WalkWindow

NO_TRADES = pd.DataFrame(columns=BT_DATA_COLUMNS)
Candles = dict[str, pd.DataFrame]
ALLOWED = {"allow_missing_funding": True}
"""Made markets pay no funding."""


@dataclass(frozen=True, slots=True, eq=False)
class Walked:
    """What the tests of all windows made, as the gates read it.

    ``returns`` are daily, by the midnight that ends each day; ``winners`` are the parameters that
    each window found, ``None`` where no epoch had enough trades. ``slower`` says why the compiled
    loop was not taken; ``None`` when it was.
    """

    returns: "pd.Series[float]"
    trades: pd.DataFrame
    spans: tuple[tuple[pd.Timestamp, pd.Timestamp], ...]
    starting_balance_usd: float
    winners: tuple[Parameters | None, ...]
    slower: str | None

    def until(self, windows: int) -> "Walked":
        """Return the account as it was after so many windows."""
        end = self.spans[windows - 1][1]
        known = self.trades["close_date"] < end if len(self.trades) else slice(None)
        return replace(
            self,
            returns=self.returns[self.returns.index <= end],
            trades=self.trades[known],
            spans=self.spans[:windows],
            winners=self.winners[:windows],
        )


class Walker:
    """Walks one strategy over market after market.

    Parameters
    ----------
    config
        Of a hyperopt, as it was read; its ``epochs`` are those of each window.
    exchange
        One that is loaded already; by default the config's own is loaded.
    """

    def __init__(self, config: Config, exchange: Any = None) -> None:
        own = config.get("plimsoll") or {}
        self._config = config | {"plimsoll": {**own, **ALLOWED}}
        first = Epochs(self._config | {}, exchange)
        self._config, self.exchange = first.pristine, first.exchange
        self.strategy = first.get_strategy_name()
        self.fingerprint = hashlib.sha256(
            Path(first.strategy.__file__).read_bytes()
            + f"{config_fingerprint(self._config)} {space_of(first)} {config['epochs']}".encode()
        ).hexdigest()[:16]
        """Of what decides a search: strategy, config, space and epochs."""
        self.timeframe = str(first.backtesting.timeframe)
        self.ticks = {
            pair: float(self.exchange.get_precision_price(pair)) for pair in first.pairlist
        }
        candle = pd.Timedelta(seconds=timeframe_to_seconds(self.timeframe))
        self._startup = candle * first.backtesting.required_startup
        needed = DAY * (first.strategy.days_needed() or 0)
        self.warm_up = max(self._startup, needed).ceil(DAY)
        """What a strategy has to see of the past before the first day, in its files too."""

    def walk(
        self, folder: Path, candles: Candles, windows: Sequence[WalkWindow], *, seed: int
    ) -> Walked:
        """Search each window's training days, and trade the winner on its test; one account.

        ``candles`` are those of the data folder ``folder``, which a strategy may read as well.

        Raises
        ------
        PlimsollError
            What the strategy refused, in one line.
        """
        wallet = start = float(get_dry_run_wallet(self._config))
        winners: list[Parameters | None] = []
        traded, slower = [], None
        with quiet(), one_line():
            for number, window in enumerate(windows):
                trained = self._epochs(self._config, folder, candles, window.train)
                winner = searched(trained, int(self._config["epochs"]), seed=seed_at(seed, number))
                winners.append(winner)
                if winner is None:
                    continue
                config = self._config | {"dry_run_wallet": wallet}
                tested = self._epochs(config, folder, candles, window.test)
                content = tested.run(winner)[1]
                traded.append(content["results"])
                wallet = float(content["final_balance"])
                slower = slower or tested.slower
        span = Span(windows[0].test.start, windows[-1].test.end)
        trades = pd.concat(traded, ignore_index=True) if traded else NO_TRADES
        return Walked(
            returns=_returns(trades, candles, span, start, wallet),
            trades=trades,
            spans=tuple((one.test.start, one.test.end) for one in windows),
            starting_balance_usd=start,
            winners=tuple(winners),
            slower=slower,
        )

    def _epochs(self, config: Config, folder: Path, candles: Candles, span: Span) -> Epochs:
        """Return epochs on the days of a span, with the warm-up before it."""
        made = with_timerange(config, timerange_of(span, self.timeframe)) | {"datadir": folder}
        epochs = Epochs(made, self.exchange)
        first = span.start - self._startup  # Freqtrade cuts so many candles off, whatever the span
        within = {
            pair: frame[(frame["date"] >= first) & (frame["date"] < span.end)]
            for pair, frame in candles.items()
        }
        epochs.feed({pair: frame.reset_index(drop=True) for pair, frame in within.items()})
        return epochs


def searched(epochs: Epochs, wanted: int, *, seed: int) -> Parameters | None:
    """Return the best parameters of a search of ``wanted`` epochs, as ``plimsoll search`` finds.

    ``None`` when no epoch had enough trades.
    """
    space = plain_space(epochs.o_dimensions)
    study = optuna.create_study(sampler=sampler_of(epochs, seed))
    known: dict[tuple[tuple[str, Any], ...], float] = {}
    for _ in range(wanted):
        trial = study.ask(space)
        key = tuple(sorted(trial.params.items()))
        if key not in known:
            known[key] = epochs.evaluate(trial.params).loss
        study.tell(trial, known[key])
    best = best_of(study.get_trials(deepcopy=False))
    return None if best is None else dict(best.params)


def _returns(
    trades: pd.DataFrame, candles: Candles, span: Span, start: float, end: float
) -> "pd.Series[float]":
    """Return the daily returns of all tests, by the code of ``plimsoll walk-forward``."""
    within = {
        pair: frame[(frame["date"] >= span.start) & (frame["date"] < span.end)]
        for pair, frame in candles.items()
    }
    equity = marked_days(trades, within, span, start)
    values = evidence.out_of_sample(equity, span, end)["daily_returns"]
    days = pd.date_range(span.start + DAY, periods=len(values), freq="D")
    return pd.Series(values, index=days)
