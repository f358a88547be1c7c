"""The base of every shipped strategy: rules on one side, the guards on the other.

This module defines the class and nothing else: hyperopt pickles a strategy's base modules by
value, so an enum or dataclass defined beside it would be another object in each worker.
"""

import threading
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pandas as pd
from freqtrade.enums import ExitCheckTuple, ExitType, RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.persistence import Order, Trade

from plimsoll.bridge.account.freqtrade_trades import side_of, stop_was_missed
from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.bridge.config.settings import (
    require_guards_of_bot,
    require_live_opt_in,
    settings_from,
)
from plimsoll.bridge.freqtrade.plugin_search import register
from plimsoll.bridge.guarding.entry import Wanted
from plimsoll.bridge.guarding.exits import OUR_EXIT, ExitRules, may_be_refused, record_overruled
from plimsoll.bridge.guarding.opening import open_session
from plimsoll.bridge.guarding.session import Session
from plimsoll.bridge.strategies.hooks import HookedStrategy
from plimsoll.bridge.strategies.kept_settings import KeptSettings
from plimsoll.bridge.strategies.seal import (
    put,
    require_guards_in_force,
    require_sealed,
    require_settable,
)
from plimsoll.bridge.strategies.seal_watch import SealWatch, require_whole
from plimsoll.bridge.strategies.trade_copies import spare_backtest
from plimsoll.core import PlimsollError, Side


class GuardedStrategy(HookedStrategy):
    """A strategy under the guards of the config's risk profile, in backtest, dry-run and live.

    Freqtrade's callbacks are sealed: the base answers them, catches every error and denies.
    A subclass has a hook of its own for each (`plimsoll.bridge.strategies.seal`): `veto_entry`,
    `desired_stake`, `desired_leverage`, `adjust_position`, `exit_reason`, `veto_exit`,
    `on_start`, `on_loop` and `on_fill`.

    The loop marks the account to market and asks every guard. FLATTEN and HALTED close
    positions at market in the same loop; entries and additions are asked about one by one.
    """

    guards_itself = True
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
            if runmode in (RunMode.DRY_RUN, RunMode.LIVE):
                require_guards_of_bot(config, self._settings)
        except PlimsollError as error:
            raise OperationalException(f"plimsoll: {error}") from None
        # Part of the hash by which Freqtrade finds cached backtests.
        config["plimsoll"] = {**config.get("plimsoll", {}), "code_fingerprint": code_fingerprint()}
        self._session: Session | None = None
        self._loop_thread: int | None = None
        self._exit_rules: ExitRules | None = None
        self._kept: KeptSettings | None = None
        self._seal: SealWatch | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute, but no callback and nothing that holds the guards."""
        try:
            require_settable(self, name)
        except PlimsollError as error:
            raise OperationalException(f"plimsoll: {error}") from None
        super().__setattr__(name, value)

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
        saved = self.dp._config.get("original_config", {})  # noqa: SLF001 - DataProvider offers no config
        saved["plimsoll"] = {**saved.get("plimsoll", {}), "code_fingerprint": code_fingerprint()}
        # Once: at a second start the base itself has changed what it would read.
        put(self, "_exit_rules", rules := self._exit_rules or ExitRules.of(self))
        put(self, "_kept", kept := self._kept or KeptSettings(self))
        kept.put_back(self, at_market=False)
        try:
            require_guards_in_force(self)
            put(self, "_session", session := open_session(self, self._settings))
            if session is not None and not session.in_memory:
                put(self, "_seal", SealWatch(self, GuardedStrategy, session))
            if self.config["runmode"] in (RunMode.BACKTEST, RunMode.HYPEROPT):
                spare_backtest(self, GuardedStrategy, session, rules)
            self.on_start()
            require_whole(self, GuardedStrategy, self._seal)
        except PlimsollError as error:
            raise OperationalException(f"plimsoll: {error}") from None
        self._keep(datetime.now(UTC))

    def bot_loop_start(self, current_time: datetime, **kwargs: Any) -> None:
        """Let the guards look at the account, before anything else of this loop happens."""
        self._keep(current_time)
        if (session := self._session) is None:
            return
        session.loop(current_time)
        self._keep(current_time)
        put(self, "_loop_thread", threading.get_ident())
        if session.in_memory:
            self.on_loop(current_time)
        elif not session.is_closing:  # a hook may take its time, a position is closed at once
            session.tolerate("on_loop", current_time, lambda: self.on_loop(current_time))
            self._keep(current_time)

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
            ask = partial(self.veto_entry, pair, Side(side), rate, current_time)
            return session.confirm(pair, amount=amount, price=rate, now=current_time, veto=ask)

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
        """Close what the guards want closed; otherwise ask the strategy."""
        if self._session is not None and (rule := self._session.exit_rule(pair, current_time)):
            return f"{OUR_EXIT}{rule}"  # in a backtest: a running bot closes in should_exit
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
        """Close what a guard wants closed, before anything of the strategy's own is asked.

        Otherwise let no exit signal that ``exit_profit_only`` ignores hide `custom_exit`, which
        Freqtrade does not ask beside one.
        """
        if (session := self._session) is not None and not session.in_memory:
            self._keep(current_time)
            if (rule := self._closing_rule(session, trade, rate, current_time)) is not None:
                return [ExitCheckTuple(ExitType.EMERGENCY_EXIT, f"{OUR_EXIT}{rule}")]
        if exit_ and self._exit_rules is not None and self._exit_rules.ignore_signal(trade, rate):
            exit_ = False
        asked = partial(super().should_exit, trade, rate, current_time, enter=enter, exit_=exit_)
        if session is None or session.in_memory:
            return asked(**others)
        return session.tolerate("exits", current_time, partial(asked, **others)) or []

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

    def _keep(self, now: datetime) -> None:
        """Mend what the strategy's own code has replaced since, and put settings back."""
        broken = [] if self._seal is None else self._seal.mend()
        if (session := self._session) is None or self._kept is None:
            return
        changed = self._kept.put_back(self, at_market=session.closes_something)
        if broken or changed:
            session.mended(broken, changed, now)

    def _closing_rule(
        self, session: Session, trade: Trade, rate: float, now: datetime
    ) -> str | None:
        """Return why a running bot closes a trade at market now; ``None`` when it does not."""
        rule = session.exit_rule(trade.pair, now)
        if rule is None and self._stop_was_missed(trade, rate):
            rule = "stop_missed"
        if rule is not None and self._kept is not None:
            self._kept.close_at_market(self)
        return rule

    @property
    def _ignores_signals(self) -> bool:
        return self._exit_rules is not None and not self._exit_rules.on_signals

    def _stop_was_missed(self, trade: Trade, price: float) -> bool:
        on_exchange = not self.config["dry_run"] and self.order_types.get("stoploss_on_exchange")
        return bool(on_exchange) and stop_was_missed(trade, price)
