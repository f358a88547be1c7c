"""The account of a backtest, marked to market at each candle."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from freqtrade.persistence import LocalTrade

from plimsoll.bridge.account.calm import Bounds, Calm
from plimsoll.bridge.account.closed_trades import ClosedTrades
from plimsoll.bridge.account.closes import Candle, Closes
from plimsoll.bridge.account.freqtrade_trades import open_profit_usd, position_of
from plimsoll.bridge.account.levels import EquityLevels
from plimsoll.candles.windows import Window
from plimsoll.core import (
    AccountSnapshot,
    ApiHealth,
    DataHealth,
    Expectation,
    ModelHealth,
    PairData,
    TrackRecord,
)
from plimsoll.risk import RiskProfile
from plimsoll.risk.quiet import liquidation_is_far, loss_floor_usd
from plimsoll.risk.rearming import Standing, is_on_probation
from plimsoll.risk.track_record import track_record

HEALTHY = ApiHealth()


class Marked(NamedTuple):
    """An account as it was marked last: its equity, its levels, and how many trades had closed."""

    equity_usd: float
    day_ends_at: datetime
    day_start_usd: float
    high_water_usd: float
    peak_usd: float
    peak_at: datetime
    closed: int


class BacktestAccount:
    """Reads Freqtrade's backtest in memory; the mark is the close of the last closed candle."""

    def __init__(
        self,
        profile: RiskProfile,
        closes: Closes,
        *,
        starting_balance_usd: float,
        expectation: Expectation | None = None,
    ) -> None:
        self._profile = profile
        self._closes = closes
        self._starting = starting_balance_usd
        self._expectation = expectation
        self._levels = EquityLevels(
            day_starts_at_hour_utc=profile.day_starts_at_hour_utc, confirm_highs=False
        )
        self._closed = ClosedTrades()
        self._marked = 0
        self._order_times: list[datetime] = []
        self._floor_usd = float("inf")
        self._calm: Calm | None = None
        self._calm_at: int | None = None
        self._calm_until = datetime.max.replace(tzinfo=UTC)
        self._equity_usd: float | None = starting_balance_usd
        self._record: tuple[int, TrackRecord] | None = None
        self._models: Sequence[ModelHealth] = ()
        self._rearmed_at: datetime | None = None

    @property
    def has_positions(self) -> bool:
        """Whether there is a position to be closed."""
        return bool(LocalTrade.bt_trades_open)

    @property
    def open_pairs(self) -> frozenset[str]:
        """The pairs in which there is one."""
        return frozenset(trade.pair for trade in LocalTrade.bt_trades_open)

    def update(self, now: datetime) -> bool:
        """Mark the account; return whether a guard might act that was quiet before.

        False is only said where no guard can demand to close anything
        (`plimsoll.risk.quiet`): an entry has the account evaluated again in any case.
        """
        if self.is_calm(now):
            return False
        self._calm = self._calm_at = None
        self._closed.read()
        # An entry may have read closed trades after the last mark.
        closed = len(self._closed.trades)
        changed, self._marked = closed != self._marked, closed
        trades, day_ends_at = LocalTrade.bt_trades_open, self._levels.day_ends_at
        if not (changed or trades or day_ends_at is None or now >= day_ends_at):
            return False  # flat, and nothing happened: equity stands still
        return self._mark(trades, now) or changed

    def is_calm(self, now: datetime) -> bool:
        """Return whether no guard might act, by exact bounds; what asks for equity marks then."""
        if self._calm is None:  # flat, and nothing happened: equity stands still
            ends_at = self._levels.day_ends_at
            is_same = not LocalTrade.bt_trades_open and len(LocalTrade.bt_trades) == self._marked
            return is_same and ends_at is not None and now < ends_at
        opened_s = int(now.timestamp()) - self._closes.candle_seconds
        if now < self._calm_until and self._calm.lasts(opened_s):
            self._calm_at = opened_s
            return True
        return False

    @property
    def bounds(self) -> Bounds | None:
        """Within what `is_calm` says yes from here on; ``None`` when it may say no at once."""
        if self._calm is not None:
            return Bounds(self._calm_until, self._calm.marks) if self._calm.is_same else None
        ends_at = self._levels.day_ends_at
        is_same = not LocalTrade.bt_trades_open and len(LocalTrade.bt_trades) == self._marked
        return Bounds(ends_at, []) if is_same and ends_at is not None else None

    def rested(self, now: datetime) -> None:
        """Take that this candle lay within `bounds` when it began."""
        if self._calm is not None:
            self._calm_at = int(now.timestamp()) - self._closes.candle_seconds

    @property
    def marked(self) -> Marked | None:
        """What its last mark has left; ``None`` before there is one, or where it is unknown."""
        levels, equity = self._levels, self._equity()
        known = equity, levels.day_ends_at, levels.day_start_usd, levels.high_water_usd
        left = *known, levels.peak_usd, levels.peak_at, self._marked
        return None if None in left else Marked(*left)  # type: ignore[arg-type]

    def take(self, marked: Marked) -> None:
        """Go on from a mark that a lane has made in its place."""
        levels = self._levels
        self._calm = self._calm_at = None
        self._equity_usd, self._marked = marked.equity_usd, marked.closed
        levels.day_ends_at, levels.day_start_usd = marked.day_ends_at, marked.day_start_usd
        levels.high_water_usd = marked.high_water_usd
        levels.peak_usd, levels.peak_at = marked.peak_usd, marked.peak_at
        self._floor_usd = self._floor()

    def is_plain(self, now: datetime) -> bool:
        """Return whether its guards rest on money and trades alone: on no model, nor probation."""
        peak_at, profile = self._levels.peak_at, self._profile
        compared = self._expectation is not None or profile.require_expectation
        bound = compared or bool(self._models) or profile.trading_hours_utc is not None
        return not (bound or is_on_probation(now, self._rearmed_at, peak_at, profile))

    @property
    def order_times(self) -> Sequence[datetime]:
        """When orders were sent, ascending."""
        return self._order_times

    @property
    def starting_usd(self) -> float:
        """What it began with."""
        return self._starting

    def _mark(self, trades: Sequence[LocalTrade], now: datetime) -> bool:
        """Mark open trades by the newest closes; return whether a guard might act on them."""
        now_s, closes, profile = now.timestamp(), self._closes, self._profile
        latest_s = now_s - closes.candle_seconds - profile.max_blind_seconds
        realised = equity = self._starting + LocalTrade.bt_total_profit
        near, marked = False, []
        for trade in trades:
            newest, series = closes.close(trade.pair, now_s), closes.series(trade.pair)
            if newest is None or series is None:
                self._equity_usd = None
                return True
            closed_s, mark = newest
            equity += trade.realized_profit + open_profit_usd(trade, mark)
            marked.append((trade, series, mark))
            near = (
                near
                or closed_s < latest_s
                or not liquidation_is_far(
                    mark,
                    trade.liquidation_price,
                    sign=-1 if trade.is_short else 1,
                    leverage=trade.leverage,
                    profile=profile,
                )
            )
        self._equity_usd = equity
        levels = self._levels
        if levels.observe(now, equity):
            self._floor_usd = self._floor()
        if near or not equity > self._floor_usd:
            return True
        if marked and levels.day_ends_at is not None:
            self._calm_until = levels.day_ends_at
            self._calm = Calm.of(
                marked,
                equity_usd=equity,
                floor_usd=self._floor_usd,
                high_water_usd=levels.high_water_usd,
                realised_usd=realised,
                profile=profile,
            )
        return False

    def _equity(self) -> float | None:
        """Return the equity at the last update, which a calm candle leaves to whoever asks."""
        if self._calm is not None and self._calm_at is not None:
            self._equity_usd, self._calm_at = self._calm.equity_usd(self._calm_at), None
        return self._equity_usd

    def snapshot(
        self, now: datetime, pair: str | None = None, *, with_record: bool = False
    ) -> AccountSnapshot:
        """Return the account at the last update, with the data of ``pair`` among the watched."""
        now_s = now.timestamp()
        positions, watched = [], {}
        for trade in LocalTrade.bt_trades_open:
            candle = self._closes.newest(trade.pair, now_s)
            positions.append(position_of(trade, None if candle is None else candle.close))
            watched[trade.pair] = self._data(candle)
        if pair is not None and pair not in watched:
            watched[pair] = self._data(self._closes.newest(pair, now_s))
        self._closed.read()
        return AccountSnapshot(
            as_of=now,
            equity_usd=self._equity(),
            day_start_equity_usd=self._levels.day_start_usd,
            high_water_equity_usd=self._levels.high_water_usd,
            peak_equity_usd=self._levels.peak_usd,
            peak_at=self._levels.peak_at,
            starting_balance_usd=self._starting,
            sees_open_positions=True,
            positions=positions,
            closed_trades=self._closed.trades,
            order_times=self._order_times,
            data_health=DataHealth(pairs=watched),
            api_health=HEALTHY,
            models=self._models,
            expectation=self._expectation,
            track_record=self._record_of(now) if with_record else None,
            breaks=(),
            rearmed_at=self._rearmed_at,
        )

    def track_record(self, now: datetime) -> TrackRecord:
        """Return what the account has shown up to this moment."""
        self._closed.read()
        return self._record_of(now)

    def ordered(self, now: datetime) -> None:
        """Remember that an order was sent."""
        self._order_times.append(now)

    def set_models(self, models: Sequence[ModelHealth]) -> None:
        """Take what the models' predictions were worth of late."""
        self._models = models

    @property
    def standing(self) -> Standing:
        """What of the account outlives its re-armings; none is beyond the terminal drawdown."""
        levels = self._levels
        return Standing(
            self._rearmed_at, levels.peak_usd, levels.peak_at, equity_usd=self._equity()
        )

    def rearm(self, now: datetime, *, beyond_terminal: bool = False) -> None:
        """Measure losses in a row, statistics and the drawdown from now on.

        Raises
        ------
        ValueError
            Beyond the terminal drawdown, which only a person can accept.
        """
        if beyond_terminal:
            message = "expected a person to re-arm beyond the terminal drawdown, found a backtest"
            raise ValueError(message)
        equity = self._equity()
        self._calm = self._calm_at = None
        self._rearmed_at = now
        self._levels.rearm()
        self._levels.observe(now, equity)  # a flat account is not marked again
        self._floor_usd = self._floor()

    def _floor(self) -> float:
        levels = self._levels
        return loss_floor_usd(
            levels.day_start_usd, levels.high_water_usd, self._profile, peak_usd=levels.peak_usd
        )

    def liquidity_usd(self, pair: str, now: datetime) -> float | None:
        """Return the turnover of a pair's last candle; ``None`` without one."""
        candle = self._closes.newest(pair, now.timestamp())
        return None if candle is None else candle.turnover_usd

    def window(self, pair: str, now: datetime, candles: int) -> Window | None:
        """Return the latest closes of a pair."""
        return self._closes.window(pair, now, candles)

    def facts(self) -> Mapping[str, float | None]:
        """Return the figures of the last update, for the decision log."""
        return {
            "equity_usd": self._equity(),
            "day_start_equity_usd": self._levels.day_start_usd,
            "high_water_equity_usd": self._levels.high_water_usd,
        }

    def _data(self, candle: Candle | None) -> PairData:
        closed = None if candle is None else datetime.fromtimestamp(candle.closed_s, UTC)
        return PairData(newest_candle_closed_at=closed, candle_seconds=self._closes.candle_seconds)

    def _record_of(self, now: datetime) -> TrackRecord:
        trades = self._closed.trades
        if self._record is None or self._record[0] != len(trades):
            record = track_record(trades, starting_balance_usd=self._starting, as_of=now)
            self._record = len(trades), record
        return self._record[1]
