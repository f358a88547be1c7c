"""The base of every shipped strategy: rules on one side, the guards on the other.

This module defines the class and nothing else: hyperopt pickles a strategy's base modules by
value, so an enum or dataclass defined beside it would be another object in each worker.
"""

import threading
from datetime import datetime
from typing import Any

import pandas as pd
from freqtrade.enums import ExitCheckTuple, RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.persistence import Order, Trade

from plimsoll.bridge.account.freqtrade_trades import side_of, stop_was_missed
from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.bridge.config.settings import require_live_opt_in, settings_from
from plimsoll.bridge.freqtrade.plugin_search import register
from plimsoll.bridge.guarding.entry import Wanted
from plimsoll.bridge.guarding.exits import OUR_EXIT, ExitRules, may_be_refused, record_overruled
from plimsoll.bridge.guarding.opening import open_session
from plimsoll.bridge.guarding.session import Session
from plimsoll.bridge.strategies.rules import RuleStrategy
from plimsoll.bridge.strategies.seal import require_guards_in_force, require_sealed
from plimsoll.bridge.strategies.trade_copies import spare_backtest
from plimsoll.core import PlimsollError, Side


class GuardedStrategy(RuleStrategy):
    """A strategy under the guards of the config's risk profile, in backtest, dry-run and live.

    Freqtrade's callbacks are sealed: the base answers them, catches every error and denies.
    A subclass has a hook of its own for each (`plimsoll.bridge.strategies.seal`): `veto_entry`,
    `desired_stake`, `desired_leverage`, `adjust_position`, `exit_reason`, `veto_exit`,
    `on_start`, `on_loop` and `on_fill`.

    The loop marks the account to market and asks every guard. FLATTEN and HALTED close
    positions at market in the same loop; entries and additions are asked about one by one.
    """

    baseline = False
    """A baseline is measured without guards in backtests, and refuses to trade."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        runmode = config.get("runmode")
        try:
            if self.baseline and runmode in (RunMode.DRY_RUN, RunMode.LIVE):
                name = type(self).__name__
                raise PlimsollError(f"{name} is a baseline for backtests: it is never traded")
            require_sealed(type(self), GuardedStrategy)
            self._settings = settings_from(config)
            if runmode == RunMode.LIVE:
                require_live_opt_in(config, self._settings)
        except PlimsollError as error:
            raise OperationalException(f"plimsoll: {error}") from None
        # Part of the hash by which Freqtrade finds cached backtests.
        config["plimsoll"] = {**config.get("plimsoll", {}), "code_fingerprint": code_fingerprint()}
        self._session: Session | None = None
        self._loop_thread: int | None = None
        self._exit_rules: ExitRules | None = None

    # Hooks of a strategy

    def desired_stake(self, pair: str, side: Side, proposed_stake: float, now: datetime) -> float:
        """Return the stake (margin, in the stake currency) that the strategy would take."""
        return proposed_stake

    def desired_leverage(self, pair: str, side: Side, now: datetime) -> float:
        """Return the leverage that the strategy would take."""
        return 1.0

    def veto_entry(self, pair: str, side: Side, price: float, now: datetime) -> str | None:
        """Return why the strategy itself does not take an entry; None to take it."""
        return None

    def adjust_position(
        self, trade: Trade, now: datetime, price: float, profit_fraction: float
    ) -> float | None:
        """Return a stake to add (positive) or to take off (negative); None for no change.

        It is asked only where a subclass implements it.
        """
        return None

    def exit_reason(
        self, trade: Trade, now: datetime, price: float, profit_fraction: float
    ) -> str | None:
        """Return why to close a trade now; None to keep it."""
        return None

    def veto_exit(self, trade: Trade, reason: str, now: datetime) -> bool:
        """Return whether to refuse an exit of the strategy's own.

        Against a stop, a liquidation, a person or a guard it does not hold, which is recorded.
        """
        return False

    def on_start(self) -> None:
        """Do what a strategy does once, when the bot or the backtest starts."""

    def on_loop(self, now: datetime) -> None:
        """Do what a strategy does in every loop, after the guards have been asked."""

    def on_fill(self, trade: Trade, order: Order, now: datetime) -> None:
        """Do what a strategy does when an order was filled."""

    # What Freqtrade calls

    @property
    def protections(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The strategy's own protections; the guards need none."""
        try:
            register(self.config)
        except PlimsollError as error:
            raise OperationalException(f"plimsoll: {error}") from None
        return self.strategy_protections()

    @property
    def position_adjustment_enable(self) -> bool:  # type: ignore[override]
        """Whether the bot's own loop may add to or take from a position.

        A manual entry on an open position bypasses every callback; Freqtrade refuses it in
        the threads of Telegram and REST when this is false there.
        """
        if type(self).adjust_position is GuardedStrategy.adjust_position:
            return False
        if self._session is None or self._session.in_memory:
            return True
        return self._loop_thread == threading.get_ident()

    def bot_start(self, **kwargs: Any) -> None:
        """Open the session, record the code fingerprint, and spare a backtest needless copies."""
        # With --strategy-list each strategy has a copy of the config; this one saves the results.
        saved = self.dp._config.get("original_config", {})
        saved["plimsoll"] = {**saved.get("plimsoll", {}), "code_fingerprint": code_fingerprint()}
        self.order_types = dict(self.order_types)
        # Once: at a second start the base itself has changed what it would read.
        rules = self._exit_rules = self._exit_rules or ExitRules.of(self)
        # Freqtrade asks custom_exit only with exit signals on: off, it would disarm the guards.
        self.use_exit_signal = True
        try:
            require_guards_in_force(self)
            self._session = open_session(self, self._settings)
        except PlimsollError as error:
            raise OperationalException(f"plimsoll: {error}") from None
        if self.config["runmode"] in (RunMode.BACKTEST, RunMode.HYPEROPT):
            spare_backtest(self, GuardedStrategy, self._session, rules)
        self.on_start()

    def bot_loop_start(self, current_time: datetime, **kwargs: Any) -> None:
        """Let the guards look at the account, before anything else of this loop happens."""
        if self._session is None:
            return
        self._session.loop(current_time)
        self._arm_exits(self._session)
        if not self._session.in_memory:
            self._loop_thread = threading.get_ident()
        self.on_loop(current_time)

    def populate_entry_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        """Mark entries, and let a backtest's guards know the closes."""
        if self._session is not None:
            self._session.learn(metadata["pair"], dataframe)
        return super().populate_entry_trend(dataframe, metadata)

    def populate_exit_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        """Mark exits, unless the config switches exit signals off."""
        if self._ignores_signals:
            return dataframe
        return super().populate_exit_trend(dataframe, metadata)

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
        """Take the strategy's leverage, at most what the track record allows; 1 on any error."""
        if (session := self._session) is None:
            return 1.0
        return session.safely(
            1.0,
            current_time,
            "leverage",
            lambda: session.leverage(
                self.desired_leverage(pair, Side(side), current_time), current_time, max_leverage
            ),
        )

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
        """Size an entry by the risk profile: at most what was proposed, 0 when denied."""
        if (session := self._session) is None:
            return 0.0

        def sized() -> float:
            stake = self.desired_stake(pair, Side(side), proposed_stake, current_time)
            wanted = Wanted(
                pair=pair,
                side=Side(side),
                now=current_time,
                price=current_rate,
                stake_usd=min(stake, max_stake),
                leverage=leverage,
                tag=entry_tag,
            )
            return session.stake(wanted, least=min_stake or 0.0)

        return session.safely(0.0, current_time, "sizing", sized)

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
        """Ask every guard about the very order that is about to be sent; no on any error."""
        if (session := self._session) is None:
            return False

        def confirmed() -> bool:
            veto = self.veto_entry(pair, Side(side), rate, current_time)
            return session.confirm(pair, amount=amount, price=rate, now=current_time, veto=veto)

        return session.safely(False, current_time, "entry", confirmed)  # noqa: FBT003

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
        """Let a position be reduced freely and enlarged only as an entry would be."""
        if (session := self._session) is None:
            return None

        def adjusted() -> float | None:
            stake = self.adjust_position(trade, current_time, current_rate, current_profit)
            if stake is None or not stake > 0:
                return stake
            wanted = Wanted(
                pair=trade.pair,
                side=side_of(trade),
                now=current_time,
                price=current_rate,
                stake_usd=min(stake, max_stake),
                leverage=trade.leverage,
                tag=trade.enter_tag,
                stop_price=trade.stop_loss or None,
            )
            return session.add(wanted, least=min_stake or 0.0)

        return session.safely(None, current_time, "adjustment", adjusted)

    def custom_exit(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        **kwargs: Any,
    ) -> str | None:
        """Close what the guards want closed, or a stop has missed; otherwise ask the strategy."""
        if self._session is not None and (rule := self._session.exit_rule(pair, current_time)):
            return f"{OUR_EXIT}{rule}"
        if self._stop_was_missed(trade, current_rate):
            self.order_types["exit"] = "market"  # until the next loop
            return f"{OUR_EXIT}stop_missed"
        if self._ignores_signals:
            return None
        return self.exit_reason(trade, current_time, current_rate, current_profit)

    def should_exit(
        self,
        trade: Trade,
        rate: float,
        current_time: datetime,
        *,
        enter: bool,
        exit_: bool,
        **others: Any,
    ) -> list[ExitCheckTuple]:
        """Let no exit signal hide `custom_exit`, which Freqtrade does not ask beside one.

        The signal may be one that ``exit_profit_only`` ignores, or send an exit that can rest.
        """
        rules = self._exit_rules
        if exit_ and (
            (rules is not None and rules.ignore_signal(trade, rate))
            or self._stop_was_missed(trade, rate)
        ):
            exit_ = False
        return super().should_exit(trade, rate, current_time, enter=enter, exit_=exit_, **others)

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
        """Let every exit through; a strategy may refuse its own, never a stop's or a guard's."""
        session = self._session
        if session is None:
            return not may_be_refused(exit_reason) or not self.veto_exit(
                trade, exit_reason, current_time
            )
        # A veto that fails lets the exit through, as Freqtrade would, but on record.
        vetoed = session.safely(
            False,  # noqa: FBT003 - the answer of a veto that fails
            current_time,
            "veto of an exit",
            lambda: self.veto_exit(trade, exit_reason, current_time),
        )
        if vetoed and may_be_refused(exit_reason) and session.exit_rule(pair, current_time) is None:
            return False
        if vetoed:
            record_overruled(session.record, trade, exit_reason, current_time)
        session.leaving(trade, exit_reason, rate, amount, current_time)
        return True

    def check_entry_timeout(
        self, pair: str, trade: Trade, order: Order, current_time: datetime, **kwargs: Any
    ) -> bool:
        """Cancel a resting entry when its pair is to be flat."""
        session = self._session
        return session is None or session.exit_rule(pair, current_time) is not None

    def check_exit_timeout(
        self, pair: str, trade: Trade, order: Order, current_time: datetime, **kwargs: Any
    ) -> bool:
        """Cancel a resting limit exit when its pair is to be flat, for a market one to follow."""
        session = self._session
        if session is None or order.order_type == "market":
            return False
        return session.exit_rule(pair, current_time) is not None

    def order_filled(
        self, pair: str, trade: Trade, order: Order, current_time: datetime, **kwargs: Any
    ) -> None:
        """Record a fill."""
        if self._session is not None:
            self._session.filled(trade, order, current_time)
        self.on_fill(trade, order, current_time)

    # How

    def _arm_exits(self, session: Session) -> None:
        """Exit at market while something is to be closed."""
        if self._exit_rules is not None:
            ordinary = self._exit_rules.order_type
            self.order_types["exit"] = "market" if session.closes_something else ordinary

    @property
    def _ignores_signals(self) -> bool:
        return self._exit_rules is not None and not self._exit_rules.on_signals

    def _stop_was_missed(self, trade: Trade, price: float) -> bool:
        on_exchange = not self.config["dry_run"] and self.order_types.get("stoploss_on_exchange")
        return bool(on_exchange) and stop_was_missed(trade, price)
