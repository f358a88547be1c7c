"""How a FreqAI model of a running bot has a champion and a challenger.

`ChampionModel` stands before FreqAI's own base among a model's bases. It asks three things of a
model, and each has an answer that suits a classifier of ours:

- ``predict(candles, kitchen)``: FreqAI's own, which gives a frame of forecasts and their trust;
- ``lean_of(forecast, trusted, measures)``: what a forecast says of the side, -1 to 1;
- FreqAI's ``dd.save_data`` and ``dd.load_data``: the files of a model, in whatever format.
"""

import copy
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from freqtrade.freqai.data_kitchen import FreqaiDataKitchen
from freqtrade.freqai.freqai_interface import IFreqaiModel
from freqtrade.persistence import Trade

from plimsoll.bridge.champions.seats import Seats
from plimsoll.bridge.freqai.seat_drawer import Loaded, SeatDrawer, use_seats
from plimsoll.bridge.freqai.tracked_training import tracked_training
from plimsoll.champions.arms import CHALLENGER_TAG, Arm, arm_of
from plimsoll.champions.drift import ERRORS, DriftWatch, require_river
from plimsoll.champions.events import (
    CandleClosed,
    Drifted,
    TradeClosed,
    TrainingBegan,
    TrainingFailed,
)
from plimsoll.champions.judging import retraining_due
from plimsoll.champions.shadow import position_after
from plimsoll.labels import DOWN, UP

logger = logging.getLogger(__name__)

MOST_LEANS = 1_000
"""Candles of which a challenger's lean is remembered, for the arms."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a running bot gives its model.

    ``least_lean`` is from which lean on a forecast is a position, ``cost_fraction`` what a change
    of one costs.
    """

    seats: Seats
    least_lean: Callable[[], float]
    cost_fraction: float


class ChampionModel(IFreqaiModel):
    """Keeps the champion while challengers are trained, and lets them forecast in its shadow.

    Nothing changes in a backtest, and in a bot whose config does not ask for it.
    """

    model: Any
    _bound: Bound | None = None
    _leans: dict[str, dict[datetime, float]]
    _drifts: dict[str, DriftWatch]
    _said: dict[str, tuple[str, float]]
    """What each pair's champion leaned to last, and who that was."""

    @property
    def has_seats(self) -> bool:
        """Whether a bot has bound this model to its seats."""
        return self._bound is not None

    def bind(self, bound: Bound) -> None:
        """Take the seats of a running bot; the drawer stores and loads versions from then on."""
        if bound.seats.policy.drift:
            require_river()
        self._bound, self._leans, self._drifts, self._said = bound, {}, {}, {}
        use_seats(self.dd, bound.seats, _now)

    def lean_of(
        self, forecast: pd.DataFrame, trusted: Any, measures: dict[str, Any]
    ) -> float | None:
        """Return the lean of the last row of a forecast; ``None`` without one to trust.

        A classifier's is the probability of up less that of down, and 0 from a model that could
        not tell them apart on its test rows, as the strategy reads it.
        """
        if len(trusted) == 0 or int(trusted[-1]) != 1:
            return None
        if not measures.get("holdout_side_skill", 0.0) > 0:
            return 0.0
        last = forecast.iloc[-1]
        return float(last.get(UP, 0.0)) - float(last.get(DOWN, 0.0))

    def challenger_lean(self, pair: str, candle: datetime) -> float | None:
        """Return what the challenger leaned to after a candle; ``None`` when that is not known."""
        return self._leans.get(pair, {}).get(candle) if self._bound else None

    def arm(self, pair: str, candle: datetime) -> Arm:
        """Return who decides on entries after a candle: the challenger where it has a lean."""
        if self._bound is None or self.challenger_lean(pair, candle) is None:
            return Arm.CHAMPION
        policy = self._bound.seats.policy
        return arm_of(pair, candle, share=policy.ab_share, salt=policy.ab_salt)

    def hear(self, pairs: list[str], now: datetime) -> None:
        """Do what a person asks of the models."""
        if self._bound is not None:
            for pair in pairs:
                self._bound.seats.hear(pair, now)

    # What FreqAI calls

    def train(self, unfiltered_df: pd.DataFrame, pair: str, dk: Any, **kwargs: Any) -> Any:
        """Train as the base does; the run is tracked where the config asks for it."""
        base = super().train
        name = type(self).__name__
        return tracked_training(
            self.config,
            name,
            pair,
            unfiltered_df,
            dk,
            lambda: base(unfiltered_df, pair, dk, **kwargs),
        )

    def extract_data_and_train_model(
        self,
        new_trained_timerange: Any,
        pair: str,
        strategy: Any,
        dk: FreqaiDataKitchen,
        data_load_timerange: Any,
    ) -> None:
        """Train; the seat knows when a training begins, and why one fails."""
        arguments = (new_trained_timerange, pair, strategy, dk, data_load_timerange)
        bound = self._bound
        if bound is None or not isinstance(self.dd, SeatDrawer):
            super().extract_data_and_train_model(*arguments)
            return
        now = _now()
        reason = retraining_due(bound.seats.seat(pair, now), now, bound.seats.policy)
        bound.seats.take(pair, TrainingBegan(now, reason or "FreqAI asked for it"))
        first = datetime.fromtimestamp(new_trained_timerange.startts, UTC)
        self.dd.training_begins(pair, first)
        try:
            super().extract_data_and_train_model(*arguments)
        except Exception as error:
            bound.seats.take(pair, TrainingFailed(_now(), f"{type(error).__name__}: {error}"))
            raise

    def build_strategy_return_arrays(
        self, dataframe: pd.DataFrame, dk: FreqaiDataKitchen, pair: str, trained_timestamp: int
    ) -> None:
        """Forecast by the champion, whose own age counts; then by the others, in shadow."""
        bound = self._bound
        if bound is not None:
            champion = bound.seats.seat(pair, _now()).champion
            if champion is not None:
                trained_timestamp = int(champion.trained_at.timestamp())
        super().build_strategy_return_arrays(dataframe, dk, pair, trained_timestamp)
        if bound is None:
            return
        try:
            self._shadow(bound, dataframe, dk, pair)
        except Exception:  # the champion's forecast is given; what is not recorded promotes nobody
            logger.exception("plimsoll: %s: the candle was not taken by the models' seat", pair)

    # How

    def _shadow(
        self, bound: Bound, candles: pd.DataFrame, dk: FreqaiDataKitchen, pair: str
    ) -> None:
        seats, now = bound.seats, _now()
        candle = pd.Timestamp(candles["date"].iloc[-1]).to_pydatetime()
        seat = seats.seat(pair, now)
        if seat.candle is not None and candle <= seat.candle:
            return
        least, positions = bound.least_lean(), dict[str, int | None]()
        rows = candles.iloc[-self.CONV_WIDTH :]
        for version in seat.forecasting:
            lean = self._lean_by(version, rows, dk, pair)
            stance = seat.stances.get(version.name)
            held = None if stance is None else stance.position
            positions[version.name] = position_after(held, lean, least)
            if version == seat.challenger:
                self._remember(pair, candle, lean)
            if version == seat.champion:
                self._watch_drift(bound, pair, candles, version.name, lean, now)
        close = float(candles["close"].iloc[-1])
        seats.take(
            pair,
            CandleClosed(now, candle, seats.candle_seconds, close, positions, bound.cost_fraction),
        )
        self._count_trades(bound, pair, now)
        seats.decide(pair, now)

    def _lean_by(
        self, version: Any, rows: pd.DataFrame, dk: FreqaiDataKitchen, pair: str
    ) -> float | None:
        """Return the lean of one version, asked as FreqAI asks the champion."""
        drawer = self.dd
        loaded: Loaded | None = drawer.loaded(pair, version)
        if loaded is None:
            return None
        kitchen = copy.copy(dk)
        kitchen.data_dictionary = {}
        model = self.model
        self.model = loaded.into(kitchen)
        try:
            forecast, trusted = self.predict(rows, kitchen, first=False)
        except Exception:
            logger.exception("plimsoll: %s: model %s made no forecast", pair, version.name)
            return None
        finally:
            self.model = model
        measures = loaded.data.get("extra_returns_per_train") or {}
        return self.lean_of(forecast, trusted, measures)

    def _watch_drift(
        self,
        bound: Bound,
        pair: str,
        candles: pd.DataFrame,
        champion: str,
        lean: float | None,
        now: datetime,
    ) -> None:
        """Look at features and errors; what has drifted makes a training due."""
        policy = bound.seats.policy
        if not policy.drift or len(candles) < 2:
            return
        if pair not in self._drifts:
            self._drifts[pair] = DriftWatch(delta=policy.drift_delta)
        watch, last = self._drifts[pair], candles.iloc[-1]
        names = [name for name in map(str, candles) if name.startswith("%-")]
        values = {name: float(last[name]) for name in names}
        who, said = self._said.get(pair, (champion, 0.0))
        if who != champion:
            watch.forget(ERRORS)
        elif said:
            move = float(last["close"]) - float(candles["close"].iloc[-2])
            values[ERRORS] = float(said * move <= 0)
        self._said[pair] = (champion, lean or 0.0)
        for name in watch.update(values):
            what = name.removeprefix("%-")
            if what not in bound.seats.seat(pair, now).drifted:
                bound.seats.take(pair, Drifted(now, what))

    def _remember(self, pair: str, candle: datetime, lean: float | None) -> None:
        known = self._leans.setdefault(pair, {})
        if lean is not None:
            known[candle] = lean
        while len(known) > MOST_LEANS:
            known.pop(next(iter(known)))

    def _count_trades(self, bound: Bound, pair: str, now: datetime) -> None:
        seat = bound.seats.seat(pair, now)
        since = seat.traded_until or seat.trained_at
        closed = Trade.get_trades_proxy(pair=pair, is_open=False, close_date=since)
        known = [one for one in closed if one.close_date_utc is not None]
        for trade in sorted(known, key=lambda one: one.close_date_utc):
            if since is not None and trade.close_date_utc <= since:
                continue
            tagged = str(trade.enter_tag or "").endswith(CHALLENGER_TAG)
            arm = Arm.CHALLENGER if tagged else Arm.CHAMPION
            made = float("nan") if trade.close_profit is None else float(trade.close_profit)
            bound.seats.take(pair, TradeClosed(now, trade.close_date_utc, arm.value, made))


def _now() -> datetime:
    return datetime.now(UTC)
