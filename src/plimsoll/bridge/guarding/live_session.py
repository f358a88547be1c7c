"""The guards of a running bot: dry-run and live."""

import logging
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from freqtrade.persistence import Order, Trade
from freqtrade.strategy import timeframe_to_minutes
from sqlalchemy import Engine

from plimsoll.bridge.account.closed_trades import ClosedTrades
from plimsoll.bridge.account.freqtrade_trades import exit_orders
from plimsoll.bridge.account.live import LiveAccount
from plimsoll.bridge.account.mark import mark_price
from plimsoll.bridge.account.producers import producers_of
from plimsoll.bridge.account.reconciler import reconciler_of
from plimsoll.bridge.config.expectation import read_expectation
from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.bridge.config.unseen import unseen_words
from plimsoll.bridge.freqtrade.database_connections import try_connections
from plimsoll.bridge.freqtrade.exit_price import close_without_price
from plimsoll.bridge.freqtrade.log_listeners import (
    FAILED_LOOPS,
    FAILED_REQUESTS,
    REFUSED_EXITS,
    keep_listening,
)
from plimsoll.bridge.freqtrade.reload import check_reloads
from plimsoll.bridge.freqtrade.stream_candles import require_closed_candles
from plimsoll.bridge.freqtrade.telegram_delivery import outlets_of, rpc_modules
from plimsoll.bridge.guarding.break_news import tell_breaks
from plimsoll.bridge.guarding.candle_record import CandleRecord
from plimsoll.bridge.guarding.entry import Pending, Wanted
from plimsoll.bridge.guarding.flattening import Flattening
from plimsoll.bridge.guarding.fleet import FleetSupervisor, begin_fleet, fleet_watch, member_of
from plimsoll.bridge.guarding.messenger import messenger_of
from plimsoll.bridge.guarding.meters import account_status
from plimsoll.bridge.guarding.observing import BY_HAND, ObservingSupervisor
from plimsoll.bridge.guarding.sending import Sending
from plimsoll.bridge.guarding.session import Session, Veto
from plimsoll.bridge.guarding.status import started_words, status_of
from plimsoll.bridge.guarding.supervisor import Supervisor
from plimsoll.bridge.state import locks
from plimsoll.bridge.state.folder import RESUME, state_folder_of
from plimsoll.bridge.state.latch import WHAT_TO_TYPE, Latch
from plimsoll.bridge.state.limit_changes import limit_changes
from plimsoll.bridge.state.recorder import observed
from plimsoll.core import Mode, PlimsollError, Verdict
from plimsoll.core.books import held_beside
from plimsoll.journal import messages
from plimsoll.journal.kind import Kind
from plimsoll.journal.latch_record import STATE

logger = logging.getLogger(__name__)

SEAL = "seal"
"""The rule that halts a strategy which replaced callbacks or guards at run time."""


class LiveSession(Session):
    """The guards of a running bot: latched in its database, recorded, told to its people."""

    in_memory = False

    def __init__(self, strategy: Any, settings: PlimsollSettings) -> None:
        config, now = strategy.config, datetime.now(UTC)
        self._folder = state_folder_of(config, settings.state_folder)
        self._limits = limit_changes(
            self._folder.decisions, config, settings.risk, mode=config["runmode"].value
        )
        settings = settings.model_copy(update={"risk": self._limits.in_force.profile})
        super().__init__(strategy, settings)
        try_connections(cast(Engine, Trade.session.get_bind()))
        self._latch = Latch(self._folder, config, settings)
        self._recorder = self._latch.recorder
        self.record = observed(self._recorder) if self._observes else self._recorder
        self._beginning = beginning = self._latch.begin(now)
        self._drop_old_request(now)
        outlets = outlets_of(config, rpc_modules(strategy.dp))
        self.messenger = messenger_of(self._folder.path, outlets)
        profile, closed = settings.risk, ClosedTrades()
        self._reconciler = reconciler_of(strategy, profile, closed)
        self._account = LiveAccount(
            profile,
            strategy.dp,
            strategy.wallets,
            timeframe=strategy.timeframe,
            candle_seconds=timeframe_to_minutes(strategy.timeframe) * 60,
            failed_requests=FAILED_REQUESTS.attach(),
            expectation=read_expectation(settings.expectation_file),
            rearmed_at=beginning.rearmed_at,
            closed=closed,
            reconciler=self._reconciler,
            producers=producers_of(strategy, settings),
        )
        self._fleet = fleet_watch(strategy, settings, self._account, closed, self._reconciler)
        kind = Supervisor if self._fleet is None else FleetSupervisor
        supervisor = (ObservingSupervisor if self._observes else kind)(
            self._account,
            profile,
            observations=profile.live_breach_observations,
            record=self.record,
            tell=self.messenger.tell,
            mention=self.messenger.mention,
            persistent=True,
        )
        self._in_fleet = member_of(self._fleet, supervisor)
        supervisor.begin(now, beginning.held, new=beginning.new, rearmed_at=beginning.rearmed_at)
        pairs = [one.pair for one in self._account.open_positions()]
        held = list(supervisor.held.values())
        self.messenger.tell(started_words(strategy, profile, pairs, held, observing=self._observes))
        self._looks_after = supervisor
        self._tell_beginning(supervisor, now, unseen_words(config))
        self._flattening = Flattening(profile, REFUSED_EXITS.attach(), self._folder.status())
        self._candles = CandleRecord(strategy, self.record)
        self._sending = Sending(strategy, self._recorder)
        self._loops, self._after_gap, self._failed_loops = 0, False, FAILED_LOOPS.attach()
        self._looped_at: datetime | None = None
        self._tell_limits(supervisor, now)
        check_reloads(self._reload_refused)
        exchange = strategy.dp._exchange  # noqa: SLF001 - DataProvider offers no exchange
        close_without_price(exchange, self._substitute_price)
        require_closed_candles(exchange)

    def _tell_beginning(self, supervisor: Supervisor, now: datetime, unseen: str) -> None:
        if unseen:
            logger.warning("plimsoll: %s", unseen)
        for text in self._beginning.notices:
            logger.warning("plimsoll: %s", text)
            supervisor.say(messages.noticed(text), now, STATE, text)

    def loop(self, now: datetime) -> None:
        """Hear what a person said, let the guards look at the account, write the status."""
        supervisor = self._looks_after
        keep_listening()
        with supervisor.mutex or nullcontext():
            try:
                self._notice_lost(supervisor, now)
                self._listen(supervisor, now)
                self._notice_gap(supervisor, now)
                self._latch.require_database()
                fleet_fault = begin_fleet(self._in_fleet, now)
                supervisor.loop(now)
                if fleet_fault is not None:
                    raise fleet_fault
                if self._in_fleet is not None:
                    self._in_fleet.fleet.end_loop(self._in_fleet, now)
                self._account.require_stored()
                self._tell_notices(supervisor, now)
                self._tell_books(supervisor, now)
                # Only now may an entry be asked about: the account has been seen.
                self.supervisor = supervisor
                self._latch.renew(now)
            except Exception as error:
                logger.exception("plimsoll: the guards could not be asked")
                locks.forget_failed_write()
                self.supervisor = supervisor
                self._survive(supervisor, now, error)
                self._tell_books(supervisor, now)
            self._watch_closing(supervisor, now)
            self._report(supervisor, now)

    def filled(self, trade: Trade, order: Order, now: datetime) -> None:
        """Record a fill, which no backup of before has."""
        self._latch.filled()
        super().filled(trade, order, now)

    @property
    def looks_after(self) -> Supervisor:
        """What asks the guards, also before the first loop."""
        return self._looks_after

    @property
    def observes(self) -> bool:
        """Whether nothing is refused, cut or closed: a person's halt is obeyed all the same."""
        return self._observes and (BY_HAND, None) not in self._looks_after.held

    @property
    def closes_something(self) -> bool:
        """Whether a position is, or would be, closed by a guard that does not only observe."""
        return not self.observes and self._looks_after.closes_something

    @property
    def is_closing(self) -> bool:
        """Whether a position is open that is to be closed, as of the last loop."""
        return bool(self._flattening.closing)

    def exit_rule(self, pair: str, now: datetime) -> str | None:
        """Return the rule that wants a pair flat; ``None`` when none does, or it only observes."""
        return None if self.observes else self._looks_after.exit_reason(pair, now)

    def _substitute_price(self, pair: str) -> float | None:
        """Return the entry's price for an exit that a guard wants; no order is sent at it."""
        if self.exit_rule(pair, datetime.now(UTC)) is None:
            return None
        entries = {one.pair: one.entry_price for one in self._account.open_positions()}
        return entries.get(pair)

    def mended(self, broken: Sequence[str], now: datetime) -> None:
        """Say what was put back, and halt for good."""
        super().mended(broken, now)
        names = ", ".join(dict.fromkeys(broken))
        reason = f"the strategy replaced {names} at run time; it was put back"
        supervisor = self._looks_after
        try:
            with supervisor.mutex or nullcontext():
                supervisor.hold(Verdict(Mode.HALTED, SEAL, reason), now)
        except Exception:  # the database: what is held in memory closes
            logger.exception("plimsoll: the halt by %s could not be recorded", SEAL)
            locks.forget_failed_write()

    def _watch_closing(self, supervisor: Supervisor, now: datetime) -> None:
        """See what is to be closed and still open, alarm, and halt what cannot be closed."""
        if self.observes or not (supervisor.closes_something or self._flattening.is_underway):
            return
        try:
            positions = self._account.open_positions()
            to_close = [
                (position, rule)
                for position in positions
                if (rule := supervisor.exit_reason(position.pair, now)) is not None
            ]
            open_pairs, alarms = [one.pair for one in positions], self._flattening.alarms
            beside = held_beside(self._account.breaks)
            text = self._flattening.look(to_close, exit_orders(), now, open_pairs, beside)
            if text is not None:
                logger.warning("plimsoll: %s", text)
                fields = self._flattening.status(now)
                if alarms or fields:
                    self.record(
                        Kind.ERROR, now, durable=True, where="flatten", message=text, **fields
                    )
                self.messenger.tell(text)
            verdict = self._flattening.verdict(now)
            if verdict is not None and supervisor.mode is not Mode.HALTED:
                supervisor.hold(verdict, now)
        except Exception:  # what is open stays to be closed, as of the last look
            logger.exception("plimsoll: what is still open could not be seen")
            locks.forget_failed_write()

    def _survive(self, supervisor: Supervisor, now: datetime, error: Exception) -> None:
        try:
            supervisor.failed(now, error, halt_reason=self._account.manual_halt_reason)
        except Exception:  # the database: what is held in memory still closes
            logger.exception("plimsoll: the failing loop could not be recorded")
            locks.forget_failed_write()

    def spread_fraction(self, pair: str) -> float | None:
        """Return the spread of the order book; ``None`` when it cannot be read."""
        return self._account.spread_fraction(pair)

    def mark_price(self, pair: str, now: datetime) -> float | None:
        """Return the exchange's mark price; ``None`` when it cannot be read."""
        return mark_price(self._strategy.dp._exchange, pair)  # noqa: SLF001 - DataProvider offers no exchange

    def _ask(self, wanted: Wanted, supervisor: Supervisor) -> Pending:
        # Candles are analysed after the loop began: what was seen is recorded before the answer.
        if self._candles.lacks(wanted.pair):
            self._candles.write(wanted.now)
        return super()._ask(wanted, supervisor)

    def _confirmed(
        self, pending: Pending, now: datetime, veto: Veto, judged: Pending | None
    ) -> bool:
        if self.observes:
            return super()._confirmed(pending, now, veto, judged)
        if (denial := self._sending.denial(pending)) is not None:
            self._deny(denial, pending)
            return False
        # The order itself may be what cannot be recorded; it is not sent then.
        sent = super()._confirmed(pending, now, veto, judged)
        return sent and self._recorder.fault is None

    def _tell_limits(self, supervisor: Supervisor, now: datetime) -> None:
        """Record and tell which limits are looser than before."""
        self._limits.record(self.record, now)
        if text := self._limits.words():
            logger.warning("plimsoll: %s", text)
            supervisor.say(text, now, "limits")

    def _accept_limits(self, supervisor: Supervisor, now: datetime) -> None:
        """Take that a person accepts the looser limits; the next reload puts them in force."""
        try:
            request = self._folder.take_acceptance()
        except PlimsollError as error:
            self.record(Kind.ERROR, now, where="limits", message=str(error))
            return
        if request is not None:
            reason, by = request
            self._limits.record_acceptance(self.record, now, reason=reason, by=by)
            text = messages.limits_accepted(self._limits.held_back, reason=reason, by=by)
            supervisor.say(text, now, "limits accepted", text)

    def _reload_refused(self, fault: str) -> None:
        now = datetime.now(UTC)
        self.record(Kind.ERROR, now, where="reload", message=fault)
        self._looks_after.say(messages.reload_refused(fault), now, "reload", fault)

    def _drop_old_request(self, now: datetime) -> None:
        """Take no request to resume from before this start: it was about another halt."""
        if self._folder.resume_is_waiting:
            (self._folder.path / RESUME).unlink(missing_ok=True)
            message = "a request to resume from before this start was dropped"
            logger.warning("plimsoll: %s", message)
            self.record(Kind.ERROR, now, where="resume", message=message)

    def _notice_lost(self, supervisor: Supervisor, now: datetime) -> None:
        """Halt when the state folder is gone from under the bot, or another one has it."""
        text = self._latch.lost(now)
        if text is None:
            return
        halt = Verdict(Mode.HALTED, STATE, f"{text}; {WHAT_TO_TYPE}")
        try:
            supervisor.hold(halt, now)
        finally:
            # What guards that observe would hold is nobody's: what was held before they began is.
            holder = self._beginning if self._observes else supervisor
            held = {(STATE, None): halt, **holder.held}
            self._latch.begin_again(now, held, holder.rearmed_at)

    def _notice_gap(self, supervisor: Supervisor, now: datetime) -> None:
        """Tell that nobody has looked for long, and let nothing be closed for that alone.

        The account is seen again now: what was lost meanwhile is judged by this very loop.
        """
        last, self._looped_at = self._looped_at, now
        blind = timedelta(seconds=self._settings.risk.max_blind_seconds)
        again, self._after_gap = self._after_gap, last is not None and now - last > blind
        if last is None or not self._after_gap:
            return
        failing = self._failed_loops.since(now, after=last, apart=blind)
        if not again:  # one gap after another: loops that take as long, and see nothing
            self._account.look_again(failing or now)
            supervisor.look_again(failing or now)
        cause = (
            "the bot was stopped, asleep or hung"
            if failing is None
            else f"loops failed since {failing:%Y-%m-%d %H:%M:%S} UTC, before the guards were asked"
        )
        seconds = (now - last).total_seconds()
        text = (
            f"no loop for {seconds:.0f} s: {cause}; meanwhile nothing was "
            "watched but stops on the exchange"
        )
        logger.warning("plimsoll: %s", text)
        self.record(Kind.ERROR, now, where="gap", message=text)
        supervisor.say(messages.gap(seconds, cause), now, "gap")

    def _tell_notices(self, supervisor: Supervisor, now: datetime) -> None:
        """Tell what the account noticed: its capital was moved, its levels were unreadable."""
        for where, text in self._account.take_notices().items():
            logger.warning("plimsoll: %s", text)
            self.record(Kind.ERROR, now, where=where, message=text)
            supervisor.say(messages.noticed(text), now, where)

    def _tell_books(self, supervisor: Supervisor, now: datetime) -> None:
        """Tell and record what became of the exchange's books."""
        news = self._account.take_news()
        share_usd = self._strategy.config.get("available_capital")
        tell_breaks(news, now, record=self.record, tell=supervisor.say, share_usd=share_usd)

    def _listen(self, supervisor: Supervisor, now: datetime) -> None:
        """Take what a person said: the flag file, the config, a request to resume."""
        request = None
        try:
            request = self._folder.take_resume()
        except PlimsollError as error:
            self.record(Kind.ERROR, now, where="resume", message=str(error))
        # The flag goes down before a request is left: read after it, it is not the old one.
        flag = self._folder.halt_reason()
        self._accept_limits(supervisor, now)
        said = "halt is true in the config" if self._settings.halt else None
        flagged = None if flag is None else f"flag file: {flag or 'no reason'}"
        self._account.set_manual_halt(said if flagged is None else flagged)
        if request is not None:
            rearmed = supervisor.resume(now, **request._asdict())
            if rearmed and self._reconciler is not None and self._recorder.fault is None:
                self._reconciler.accept()  # also where money denies entries and nothing is held

    def _report(self, supervisor: Supervisor, now: datetime) -> None:
        """Record the candles that were analysed, and write the status."""
        try:
            self._candles.write(now)
            self._loops += 1
            self._folder.write_status(
                {
                    **status_of(self._strategy, self._settings, supervisor, now),
                    "loops": self._loops,
                    **self._limits.facts(),
                    **self.messenger.status(),
                    **({} if self._fleet is None else self._fleet.status()),
                    **account_status(self._account, supervisor.profile, supervisor.held, now),
                    **self._flattening.status(now),
                }
            )
        except Exception as error:
            logger.exception("plimsoll: the status could not be written")
            self.record(Kind.ERROR, now, where="status", message=str(error))
