"""The guard of one strategy: answers Freqtrade before and after the strategy does."""

import threading
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import pandas as pd
from freqtrade.enums import ExitCheckTuple, ExitType, RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.persistence import Order, Trade
from freqtrade.strategy.strategy_wrapper import strategy_safe_wrapper

from plimsoll.bridge.account.freqtrade_trades import side_of, stop_was_missed
from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.bridge.guarding.entry import Wanted, declares_stop
from plimsoll.bridge.guarding.exits import OUR_EXIT, may_be_refused, record_overruled
from plimsoll.bridge.guarding.live_session import LiveSession
from plimsoll.bridge.guarding.opening import open_session
from plimsoll.bridge.guarding.session import Session
from plimsoll.bridge.state.recorder import silent
from plimsoll.bridge.wrapping.assumptions import say_assumptions
from plimsoll.bridge.wrapping.bot_answers import BotAnswers
from plimsoll.bridge.wrapping.callbacks import (
    adjustment,
    as_asked,
    is_freqtrades,
    named,
    reads_trade_itself,
)
from plimsoll.bridge.wrapping.kept_settings import KeptSettings
from plimsoll.bridge.wrapping.watch import HOOKED, HOOKED_OF_BOT, Hooks, Watch, require_whole
from plimsoll.core import PlimsollError, Side

T = TypeVar("T")

ALL = frozenset({*HOOKED, *HOOKED_OF_BOT})
WHILE_CLOSING = frozenset({"should_exit", "ft_check_timed_out"})
"""What a backtest's guards answer only while something is to be closed."""

SAID_NO = "its confirm_trade_entry said no"


class Guard(BotAnswers):
    """Stands between Freqtrade and a strategy.

    What the strategy wants comes from its own callbacks, called as Freqtrade alone would call
    them; the guards' verdict is asked before or after, and bounds it. Guards that only observe
    return the strategy's very answer. An error of the guards denies; so does one of the
    strategy's own in what would take new risk.

    Parameters
    ----------
    strategy
        The strategy, as Freqtrade has validated it.
    settings
        The config's section.
    hooks
        What stands before its answers, by name.
    """

    def __init__(self, strategy: Any, settings: PlimsollSettings, hooks: Hooks) -> None:
        self.strategy = strategy
        self._settings, self._hooks = settings, hooks
        for hook in hooks.values():
            hook.guard = self
        self.session: Session | None = None
        self.passed_by: frozenset[str] = frozenset()
        self._watch: Watch | None = None
        self._loop_thread = threading.get_ident()
        self._closes_now = self._declares_stop = False
        self._kept = KeptSettings(self._own, ())
        self._would_leverage: dict[str, float] = {}

    # Start and loop

    def ft_bot_start(self, **given: Any) -> None:
        """Open the session, then start the strategy; say what the guards assume of it."""
        strategy = self.strategy
        # With --strategy-list each strategy has a copy of the config; this one saves the results.
        saved = strategy.dp._config.get("original_config", {})  # noqa: SLF001 - DataProvider offers no config
        saved["plimsoll"] = {**saved.get("plimsoll", {}), "code_fingerprint": code_fingerprint()}
        self._kept = KeptSettings(self._own, self._hooks)
        try:
            self.session = session = open_session(strategy, self._settings)
            self._watch = None
            if isinstance(session, LiveSession):
                self._watch = Watch(strategy, self._hooks, session)
            self._own("ft_bot_start")(**given)
            require_whole(strategy, self._watch)
        except PlimsollError as error:
            raise OperationalException(f"plimsoll: {error}") from None
        self._declares_stop = declares_stop(strategy)
        self._pass_by()
        told = strategy.config["runmode"] != RunMode.UTIL_NO_EXCHANGE
        if session is not None and session.guards and told:
            say_assumptions(strategy, self._settings)

    def _pass_by(self) -> None:
        """Leave to the strategy what the guards have nothing to say of, for it costs time."""
        session = self.session
        if session is None or not session.guards:
            self.passed_by = ALL - {"ft_bot_start"}
            return
        passed = set() if session.closes_something else set(WHILE_CLOSING)
        if session.observes:
            passed |= {*WHILE_CLOSING, *HOOKED_OF_BOT}
        elif not session.in_memory:
            passed = set()
        if session.in_memory and session.record is silent:
            passed.add("order_filled")
        self.passed_by = frozenset(passed)

    @reads_trade_itself
    def bot_loop_start(self, current_time: datetime, **given: Any) -> None:
        """Let the guards look at the account, before anything else of this loop happens."""
        if (session := self.session) is None:
            return
        if "should_exit" not in self.passed_by or not session.rests(current_time):
            self._loop(session, current_time)
        own = self._own("bot_loop_start")
        if session.in_memory and is_freqtrades(own, "bot_loop_start"):
            return
        if session.in_memory or session.observes:
            strategy_safe_wrapper(own, supress_error=True)(current_time=current_time, **given)
        elif not session.is_closing:  # it may take its time, a position is closed at once
            run, watch = partial(own, current_time=current_time, **given), self._watch
            session.tolerate("bot_loop_start", current_time, run)
            self._look(current_time, watch)

    def _loop(self, session: Session, now: datetime) -> None:
        self._look(now)
        session.loop(now)
        self._look(now)
        self._loop_thread = threading.get_ident()
        if session.closes_something is ("should_exit" in self.passed_by):
            self._pass_by()

    def ft_advise_signals(self, dataframe: pd.DataFrame, metadata: dict[str, Any]) -> pd.DataFrame:
        """Return the strategy's signals, and let a backtest's guards know the closes."""
        signals: pd.DataFrame = self._own("ft_advise_signals")(dataframe, metadata)
        if self.session is not None:
            self.session.learn(metadata["pair"], signals)
        return signals

    # Entries

    @reads_trade_itself
    def leverage(self, *given: Any, **asked: Any) -> float:
        """Take the strategy's leverage, at most what the track record allows; 1 on any error."""
        asked = named("leverage", given, asked)
        session, now = self.session, asked["current_time"]
        if session is None:
            return 1.0

        def bounded(wanted: float) -> float:
            return session.leverage(wanted, now, asked["max_leverage"])

        if session.observes:
            own = self._as_bare("leverage", 1.0, asked)
            allowed = session.safely(1.0, now, "leverage", lambda: bounded(own))
            self._would_leverage[asked["pair"]] = allowed
            return own
        return session.safely(
            1.0, now, "leverage", lambda: bounded(self._as_asked("leverage", 1.0, asked))
        )

    @reads_trade_itself
    def custom_stake_amount(self, *given: Any, **asked: Any) -> float:
        """Size an entry by the risk profile: at most what the strategy wants, 0 when denied."""
        asked = named("custom_stake_amount", given, asked)
        session, now, proposed = self.session, asked["current_time"], asked["proposed_stake"]
        if session is None:
            return 0.0

        def sized(stake: float) -> float:
            if not stake > 0:
                return 0.0  # the strategy itself wants none
            return session.stake(self._wanted(stake, asked), least=asked["min_stake"] or 0.0)

        if session.observes:
            own = self._as_bare("custom_stake_amount", proposed, asked)
            session.safely(0.0, now, "sizing", lambda: sized(own))
            return own
        self._look(now)
        return session.safely(
            0.0,
            now,
            "sizing",
            lambda: sized(self._as_asked("custom_stake_amount", proposed, asked)),
        )

    @reads_trade_itself
    def confirm_trade_entry(self, *given: Any, **asked: Any) -> bool:
        """Ask every guard about the very order that is about to be sent, then the strategy."""
        asked = named("confirm_trade_entry", given, asked)
        session, now = self.session, asked["current_time"]
        if session is None:
            return False
        answers: list[bool] = []

        def veto() -> str | None:
            ask = self._as_bare if session.observes else self._as_asked
            answers.append(ask("confirm_trade_entry", True, asked))  # noqa: FBT003 - the default
            return None if answers[0] else getattr(self.strategy, "refusal", None) or SAID_NO

        def confirmed() -> bool:
            return session.confirm(
                asked["pair"], amount=asked["amount"], price=asked["rate"], now=now, veto=veto
            )

        allowed = session.safely(False, now, "entry", confirmed)  # noqa: FBT003 - the denial
        if not session.observes:
            return allowed
        if not answers:  # an error of the guards
            veto()
        return answers[0]

    def adjust_trade_position_internal(self, **asked: Any) -> tuple[float | None, str]:
        """Let a position be reduced freely and enlarged only as an entry would be."""
        session, now = self.session, asked["current_time"]
        if session is None:
            return None, ""

        def bounded(stake: float | None, tag: str) -> tuple[float | None, str]:
            trade: Trade = asked["trade"]
            most = self.strategy.max_entry_position_adjustment
            is_full = most > -1 and trade.nr_of_successful_entries > most
            if stake is None or not stake > 0 or is_full:
                return stake, tag
            wanted = self._wanted(stake, {**asked, "pair": trade.pair}, trade)
            return session.add(wanted, least=asked["min_stake"] or 0.0), tag

        nothing: tuple[float | None, str] = (None, "")
        if session.observes:
            stake, tag = self._own("_adjust_trade_position_internal")(**asked)
            session.safely(nothing, now, "adjustment", lambda: bounded(stake, tag))
            return stake, tag
        answer = partial(adjustment, self._own("_adjust_trade_position_internal"), self.strategy)
        return session.safely(nothing, now, "adjustment", lambda: bounded(*answer(asked)))

    # Exits

    def should_exit(
        self, trade: Trade, rate: float, current_time: datetime, **asked: Any
    ) -> list[ExitCheckTuple]:
        """Close what a guard wants closed, before anything of the strategy's own."""
        session = self.session
        own = partial(self._own("should_exit"), trade, rate, current_time, **asked)
        if session is None or session.observes:
            return own()
        if session.in_memory:
            exits = own()
            rule = session.exit_rule(trade.pair, current_time)
            return exits if rule is None else [_closing(rule), *exits]
        self._look(current_time)
        rule = session.exit_rule(trade.pair, current_time)
        if rule is None and self._stop_was_missed(trade, rate):
            rule = "stop_missed"
        self._closes_now = rule is not None
        if rule is not None:
            return [_closing(rule)]
        watch = self._watch
        exits = session.tolerate("exits", current_time, own) or []
        self._look(current_time, watch)
        return exits

    def ft_check_timed_out(self, trade: Trade, order: Order, current_time: datetime) -> bool:
        """Cancel a resting order when its pair is to be flat, for a market exit to follow."""
        session = self.session
        own = partial(self._own("ft_check_timed_out"), trade, order, current_time)
        if session is None or session.observes:
            return own()
        self._look(current_time)
        rule = session.exit_rule(trade.pair, current_time)
        self._closes_now = rule is not None
        if rule is None:
            return own()
        return not (order.ft_order_side == trade.exit_side and order.order_type == "market")

    @reads_trade_itself
    def confirm_trade_exit(self, *given: Any, **asked: Any) -> bool:
        """Let every exit through; a strategy may refuse its own, never a stop's or a guard's."""
        asked = named("confirm_trade_exit", given, asked)
        session, trade, now = self.session, asked["trade"], asked["current_time"]
        if session is None or session.observes:
            agreed = self._as_bare("confirm_trade_exit", True, asked)  # noqa: FBT003 - the default
        else:  # one that fails lets the exit through, as Freqtrade would, but on record
            ask = partial(self._as_asked, "confirm_trade_exit", True, asked)  # noqa: FBT003
            agreed = session.safely(True, now, "veto of an exit", ask)  # noqa: FBT003
        if session is None:
            return agreed
        reason = asked["exit_reason"]
        if not agreed and not session.observes:
            if may_be_refused(reason) and session.exit_rule(trade.pair, now) is None:
                return agreed
            record_overruled(session.record, trade, reason, now)
            agreed = True
        if agreed:
            session.leaving(trade, reason, asked["rate"], asked["amount"], now)
        return agreed

    @reads_trade_itself
    def order_filled(self, *given: Any, **asked: Any) -> None:
        """Record a fill, then let the strategy know."""
        asked = named("order_filled", given, asked)
        session, now = self.session, asked["current_time"]
        if session is not None:
            fill = partial(session.filled, asked["trade"], asked["order"], now)
            session.safely(None, now, "fill", fill)
        self._as_bare("order_filled", None, asked)

    # What Freqtrade reads

    @property
    def position_adjustment_enable(self) -> bool:
        """Whether the bot's own loop may add to or take from a position.

        A manual entry on an open position passes every callback by; Freqtrade refuses it in the
        threads of Telegram and REST when this is false there.
        """
        # The thread that loads a strategy is the one that loops; others may ask before it does.
        is_own_thread = self._loop_thread == threading.get_ident()
        return is_own_thread and bool(self._own("position_adjustment_enable"))

    @property
    def use_custom_stoploss(self) -> bool:
        """Whether Freqtrade asks for the stop: always where a declared one sizes stakes."""
        return self._declares_stop or bool(self._own("use_custom_stoploss"))

    @property
    def order_types(self) -> dict[str, Any]:
        """The strategy's order types, at market for an exit that a guard wants."""
        return self._kept.read("order_types", closing=self._is_closing)

    @property
    def order_time_in_force(self) -> dict[str, Any]:
        """The strategy's time in force, none that waits for an exit that a guard wants."""
        return self._kept.read("order_time_in_force", closing=self._is_closing)

    # How

    @property
    def _is_closing(self) -> bool:
        """Whether an exit of the guards is being sent, or anything is to be closed."""
        return self._closes_now or (self.session is not None and self.session.closes_something)

    def _own(self, name: str) -> Any:
        return self._hooks[name].own(self.strategy)

    def _as_bare(self, name: str, default: Any, asked: dict[str, Any]) -> Any:
        """Return what Freqtrade alone would get of the strategy: its errors are no denial."""
        own = self._own(name)
        if is_freqtrades(own, name):
            return default
        return strategy_safe_wrapper(own, default_retval=default, supress_error=True)(**asked)

    def _as_asked(self, name: str, default: Any, asked: dict[str, Any]) -> Any:
        """Return what the strategy answers; raise what it raises."""
        own = self._own(name)
        if is_freqtrades(own, name):
            return default
        return as_asked(own, asked)

    def _wanted(self, stake: float, asked: dict[str, Any], trade: Trade | None = None) -> Wanted:
        pair = asked["pair"]
        leverage = asked["leverage"] if trade is None else trade.leverage
        return Wanted(
            pair=pair,
            side=Side(asked["side"]) if trade is None else side_of(trade),
            now=asked["current_time"],
            price=asked["current_rate"],
            stake_usd=min(stake, asked["max_stake"]),
            leverage=min(leverage, self._would_leverage.pop(pair, leverage)),
            tag=asked["entry_tag"] if trade is None else trade.enter_tag,
            stop_price=None if trade is None else trade.stop_loss or None,
        )

    def _look(self, now: datetime, watch: Watch | None = None) -> None:
        """Mend what the strategy's own code has replaced since; halt when it has.

        ``watch`` is whose eyes they are, held from before that code ran: it may replace them too.
        """
        watch = watch or self._watch
        if watch is not None and (broken := watch.mend()):
            watch.session.mended(broken, now)

    def _stop_was_missed(self, trade: Trade, price: float) -> bool:
        types = self.order_types
        on_exchange = not self.strategy.config["dry_run"] and types.get("stoploss_on_exchange")
        return bool(on_exchange) and stop_was_missed(trade, price)


def _closing(rule: str) -> ExitCheckTuple:
    return ExitCheckTuple(ExitType.EMERGENCY_EXIT, f"{OUR_EXIT}{rule}")
