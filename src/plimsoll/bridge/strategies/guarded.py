"""The base of every shipped strategy: what it says of itself, as Freqtrade asks for it.

This module defines the class and nothing else: hyperopt pickles a strategy's base modules by
value, so an enum or dataclass defined beside it would be another object in each worker.
"""

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.persistence import Order, Trade
from numpy.typing import NDArray

from plimsoll.bridge.config.settings import settings_from
from plimsoll.bridge.freqtrade.plugin_search import register_once
from plimsoll.bridge.guarding.session import Session
from plimsoll.bridge.strategies.hooks import HookedStrategy
from plimsoll.bridge.strategies.stops_in_force import require_stops_in_force
from plimsoll.bridge.strategies.trade_copies import spare_backtest
from plimsoll.bridge.wrapping.install import TRADING, guard_of, wrapped
from plimsoll.core import PlimsollError, Side

ACTS = ("exit_reason", "custom_exit", "adjust_position", "adjust_trade_position")
"""The hooks and callbacks by which a strategy changes or closes a trade itself."""

SIZES = ("desired_stake", "custom_stake_amount", "desired_leverage", "leverage")
"""Those that say how large an entry is."""


class GuardedStrategy(HookedStrategy):
    """A strategy that declares its features and stops, under the guards of the risk profile.

    The guards stand outside, around its callbacks, as around any other strategy
    (`plimsoll.bridge.wrapping`), whether or not our log handler is loaded. What a subclass
    implements of the hooks is what Freqtrade's callbacks here answer: `desired_leverage`,
    `desired_stake`, `veto_entry`, `adjust_position`, `exit_reason`, `veto_exit`, `on_start`,
    `on_loop` and `on_fill`. A callback that it implements itself takes the place of its hook.
    """

    baseline = False
    """A baseline is measured without guards in backtests, and refuses to trade."""

    refusal: str | None = None
    """Why the last entry that the strategy was asked about was refused by itself."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        if self.baseline and config.get("runmode") in TRADING:
            name = type(self).__name__
            raise OperationalException(
                f"plimsoll: {name} is a baseline for backtests: it is never traded"
            )
        wrapped(self)
        self._settings = settings_from(config)

    @property
    def _session(self) -> Session | None:
        guard = guard_of(self)
        return None if guard is None else guard.session

    @property
    def protections(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The strategy's own protections; the guards need none."""
        try:
            register_once(self.config.get("user_data_dir"))
        except PlimsollError as error:
            raise OperationalException(f"plimsoll: {error}") from None
        return self.strategy_protections()

    @property
    def position_adjustment_enable(self) -> bool:  # type: ignore[override]
        """Whether the strategy changes positions at all."""
        own = type(self)
        return (
            own.adjust_position is not GuardedStrategy.adjust_position
            or own.adjust_trade_position is not GuardedStrategy.adjust_trade_position
        )

    def require_startable(self) -> None:
        """Refuse to start a strategy whose declared stops would never be set.

        Raises
        ------
        PlimsollError
            When a declared stop is not in force.
        """
        require_stops_in_force(self)

    # What a lane asks that passes by candles on which nothing can happen

    def may_act_at(self, opens: pd.DatetimeIndex) -> "NDArray[np.bool_] | None":
        """Return at which opens the strategy itself may change or close an open trade.

        Its signals, stops and targets apart (`asked_beyond`): by `adjust_position` or
        `exit_reason`.

        Returns
        -------
        ``None`` where any candle may be one.
        """
        if self._has_own(GuardedStrategy, *ACTS):
            return None
        return np.zeros(len(opens), dtype=bool)

    def acting_after(self, closed: Trade) -> int:
        """Return on how many candles after a trade was closed it may act on the others for it."""
        return 0

    def wants_change(self, trade: Trade, now: datetime, price: float) -> bool:
        """Return whether the strategy itself would change or close a trade now, at this open.

        It is asked where `may_act_at` says that it may.
        """
        return True

    def rests(self, now: datetime, *, with_entries: bool) -> bool:
        """Return whether `wants_change` surely says no of every open trade now.

        ``with_entries``: and `wants_entry` of every pair without one. Nothing else is asked on
        this candle then.
        """
        return False

    def wants_entry(self, pair: str, side: Side, now: datetime) -> bool:
        """Return whether a signal would lead to a stake at all, with a free slot for it."""
        return True

    def _has_own(self, base: type, *names: str) -> bool:
        return any(getattr(type(self), name) is not getattr(base, name) for name in names)

    # What Freqtrade calls

    def ft_bot_start(self, **kwargs: Any) -> None:
        """Refuse what could not trade, then start.

        A refusal is one line here; out of `bot_start` Freqtrade makes a traceback of it.
        """
        try:
            self.require_startable()
        except PlimsollError as error:
            raise OperationalException(f"plimsoll: {error}") from None
        super().ft_bot_start(**kwargs)

    def bot_start(self, **kwargs: Any) -> None:
        """Start; spare a backtest needless copies."""
        if self.config["runmode"] in (RunMode.BACKTEST, RunMode.HYPEROPT):
            spare_backtest(self, GuardedStrategy)
        self.on_start()

    def bot_loop_start(self, current_time: datetime, **kwargs: Any) -> None:
        """Do what the strategy does in every loop."""
        self.on_loop(current_time)

    def leverage(
        self,
        pair: str,
        current_time: datetime,
        current_rate: float,
        proposed_leverage: float,
        max_leverage: float,
        entry_tag: str | None,
        side: str,
        **kwargs: Any,
    ) -> float:
        """Return the leverage that the strategy would take."""
        return self.desired_leverage(pair, Side(side), current_time)

    def custom_stake_amount(
        self,
        pair: str,
        current_time: datetime,
        current_rate: float,
        proposed_stake: float,
        min_stake: float | None,
        max_stake: float,
        leverage: float,
        entry_tag: str | None,
        side: str,
        **kwargs: Any,
    ) -> float:
        """Return the stake that the strategy would take."""
        return self.desired_stake(pair, Side(side), proposed_stake, current_time)

    def confirm_trade_entry(
        self,
        pair: str,
        order_type: str,
        amount: float,
        rate: float,
        time_in_force: str,
        current_time: datetime,
        entry_tag: str | None,
        side: str,
        **kwargs: Any,
    ) -> bool:
        """Return whether the strategy takes an entry; why not is in `refusal`."""
        self.refusal = self.veto_entry(pair, Side(side), rate, current_time)
        return self.refusal is None

    def adjust_trade_position(
        self,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        min_stake: float | None,
        max_stake: float,
        current_entry_rate: float,
        current_exit_rate: float,
        current_entry_profit: float,
        current_exit_profit: float,
        **kwargs: Any,
    ) -> float | tuple[float | None, str | None] | None:
        """Return the stake to add or to take off."""
        return self.adjust_position(trade, current_time, current_rate, current_profit)

    def custom_exit(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        **kwargs: Any,
    ) -> str | None:
        """Return why the strategy closes a trade; None to keep it."""
        return self.exit_reason(trade, current_time, current_rate, current_profit)

    def confirm_trade_exit(
        self,
        pair: str,
        trade: Trade,
        order_type: str,
        amount: float,
        rate: float,
        time_in_force: str,
        exit_reason: str,
        current_time: datetime,
        **kwargs: Any,
    ) -> bool:
        """Return whether the strategy lets an exit through."""
        return not self.veto_exit(trade, exit_reason, current_time)

    def order_filled(
        self, pair: str, trade: Trade, order: Order, current_time: datetime, **kwargs: Any
    ) -> None:
        """Let the strategy know of a fill."""
        self.on_fill(trade, order, current_time)
