"""The guards of a running bot: dry-run and live."""

import logging
from contextlib import nullcontext
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from freqtrade.persistence import Trade
from freqtrade.strategy import timeframe_to_minutes

from plimsoll.bridge.account.closed_trades import ClosedTrades
from plimsoll.bridge.account.live import LiveAccount
from plimsoll.bridge.account.reconciler import reconciler_of
from plimsoll.bridge.config.expectation import read_expectation
from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.bridge.freqtrade.log_listeners import FAILED_LOOPS, FAILED_REQUESTS
from plimsoll.bridge.guarding.break_news import tell_breaks
from plimsoll.bridge.guarding.entry import Pending, Wanted
from plimsoll.bridge.guarding.session import Session
from plimsoll.bridge.guarding.supervisor import Supervisor
from plimsoll.bridge.state import locks
from plimsoll.bridge.state.folder import RESUME, state_folder_of
from plimsoll.bridge.state.recorder import Recorder, decision_log
from plimsoll.core import Mode, PlimsollError, Side, Verdict
from plimsoll.journal.kind import Kind

logger = logging.getLogger(__name__)


class LiveSession(Session):
    """The guards of a running bot: latched in its database, recorded, told to its people."""

    in_memory = False

    def __init__(self, strategy: Any, settings: PlimsollSettings) -> None:
        super().__init__(strategy, settings)
        config, now = strategy.config, datetime.now(UTC)
        self._folder = state_folder_of(config, settings.state_folder)
        self._recorder = Recorder(decision_log(self._folder.decisions, config))
        self.record = self._recorder
        self._recorder.start(now, config, settings)
        self._drop_old_request(now)
        profile, closed = settings.risk, ClosedTrades()
        self._account = LiveAccount(
            profile,
            strategy.dp,
            strategy.wallets,
            timeframe=strategy.timeframe,
            candle_seconds=timeframe_to_minutes(strategy.timeframe) * 60,
            failed_requests=FAILED_REQUESTS.attach(),
            expectation=read_expectation(settings.expectation_file),
            rearmed_at=locks.last_rearm(now),
            closed=closed,
            reconciler=reconciler_of(strategy, profile, closed),
        )
        supervisor = Supervisor(
            self._account,
            profile,
            observations=profile.live_breach_observations,
            record=self.record,
            tell=lambda text: strategy.dp.send_msg(text, always_send=True),
            persistent=True,
        )
        supervisor.begin(now)
        self._looks_after = supervisor
        self._seen: dict[str, pd.Timestamp] = {}
        self._loops = 0
        self._failed_loops = FAILED_LOOPS.attach()
        self._looped_at: datetime | None = None
        self._after_gap = False

    def loop(self, now: datetime) -> None:
        """Hear what a person said, let the guards look at the account, write the status."""
        supervisor = self._looks_after
        with supervisor.mutex or nullcontext():
            try:
                self._listen(supervisor, now)
                self._notice_gap(supervisor, now)
                supervisor.loop(now)
                self._tell_notices(supervisor, now)
                self._tell_books(supervisor, now)
                # Only now may an entry be asked about: the account has been seen.
                self.supervisor = supervisor
            except Exception as error:
                logger.exception("plimsoll: the guards could not be asked")
                _forget_failed_write()
                self.supervisor = supervisor
                self._survive(supervisor, now, error)
                self._tell_books(supervisor, now)
            self._report(supervisor, now)

    def _survive(self, supervisor: Supervisor, now: datetime, error: Exception) -> None:
        try:
            supervisor.failed(now, error, halt_reason=self._account.manual_halt_reason)
        except Exception:  # the database: what is held in memory still closes
            logger.exception("plimsoll: the failing loop could not be recorded")
            _forget_failed_write()

    def spread_fraction(self, pair: str) -> float | None:
        """Return the spread of the order book; ``None`` when it cannot be read."""
        return self._account.spread_fraction(pair)

    def _ask(self, wanted: Wanted, supervisor: Supervisor) -> Pending:
        # Candles are analysed after the loop began: what was seen is recorded before the answer.
        self._record_candles(wanted.now)
        return super()._ask(wanted, supervisor)

    def _confirmed(self, pending: Pending, now: datetime) -> bool:
        if self._recorder.fault is not None:
            reason = f"decisions cannot be recorded: {self._recorder.fault}"
            verdict = Verdict(Mode.REDUCING, "decision_log", reason, pair=pending.request.pair)
            self._deny(verdict, pending)
            return False
        # The order itself may be what cannot be recorded; it is not sent then.
        return super()._confirmed(pending, now) and self._recorder.fault is None

    def _drop_old_request(self, now: datetime) -> None:
        """Take no request to resume from before this start: it was about another halt."""
        if self._folder.resume_is_waiting:
            (self._folder.path / RESUME).unlink(missing_ok=True)
            message = "a request to resume from before this start was dropped"
            logger.warning("plimsoll: %s", message)
            self.record(Kind.ERROR, now, where="resume", message=message)

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
        text = (
            f"no loop for {(now - last).total_seconds():.0f} s: {cause}; meanwhile nothing was "
            "watched but stops on the exchange"
        )
        logger.warning("plimsoll: %s", text)
        self.record(Kind.ERROR, now, where="gap", message=text)
        supervisor.say(f"plimsoll: {text}", now, "gap")

    def _tell_notices(self, supervisor: Supervisor, now: datetime) -> None:
        """Tell what the account noticed: its capital was moved, its levels were unreadable."""
        for where, text in self._account.take_notices().items():
            logger.warning("plimsoll: %s", text)
            self.record(Kind.ERROR, now, where=where, message=text)
            supervisor.say(f"plimsoll: {text}", now, where)

    def _tell_books(self, supervisor: Supervisor, now: datetime) -> None:
        """Tell and record what became of the exchange's books."""
        news = self._account.take_news()
        tell_breaks(news, now, record=self.record, tell=supervisor.say)

    def _listen(self, supervisor: Supervisor, now: datetime) -> None:
        """Take what a person said: the flag file, the config, a request to resume."""
        request = None
        try:
            request = self._folder.take_resume()
        except PlimsollError as error:
            self.record(Kind.ERROR, now, where="resume", message=str(error))
        # The flag goes down before a request is left: read after it, it is not the old one.
        flag = self._folder.halt_reason()
        said = "halt is true in the config" if self._settings.halt else None
        flagged = None if flag is None else f"flag file: {flag or 'no reason'}"
        self._account.set_manual_halt(said if flagged is None else flagged)
        if request is not None:
            reason, by = request
            supervisor.resume(now, reason=reason, by=by)

    def _report(self, supervisor: Supervisor, now: datetime) -> None:
        """Record the candles that were analysed, and write the status."""
        try:
            self._record_candles(now)
            self._loops += 1
            self._folder.write_status(
                {
                    "as_of": now,
                    "bot": self._strategy.config.get("bot_name"),
                    "strategy": type(self._strategy).__name__,
                    "mode": supervisor.mode.name,
                    "held": [locks.lock_text(one) for one in supervisor.held.values()],
                    "loops": self._loops,
                    "breaks": [asdict(one) for one in self._account.breaks],
                    "stops_on_exchange": bool(
                        self._strategy.order_types.get("stoploss_on_exchange")
                    ),
                    **self._account.facts(),
                }
            )
        except Exception as error:
            logger.exception("plimsoll: the status could not be written")
            self.record(Kind.ERROR, now, where="status", message=str(error))

    def _record_candles(self, now: datetime) -> None:
        """Record what was analysed, every pair in one row: one without the newest is stale."""
        data, timeframe = self._strategy.dp, self._strategy.timeframe
        latest: dict[str, pd.Series | None] = {}
        for pair in data.current_whitelist():
            frame, _ = data.get_analyzed_dataframe(pair, timeframe)
            latest[pair] = None if frame.empty else frame.iloc[-1]
        dates = {pair: last["date"] for pair, last in latest.items() if last is not None}
        news = {pair for pair, date in dates.items() if self._seen.get(pair) != date}
        if not news:
            return
        self._seen.update(dates)
        newest = max(dates.values())
        rows: dict[str, Any] = {}
        for pair, last in latest.items():
            rows[pair] = {"signal": "stale", "locked": locks.locked_because(pair, now)}
            if last is None or last["date"] != newest:
                continue
            signal = rows[pair]["signal"] = _signal(last)
            if signal != "none":
                tag = rows[pair]["tag"] = last.get("enter_tag")
                if pair in news:
                    self.record(Kind.SIGNAL, now, pair=pair, side=signal, tag=tag, candle=newest)
        self.record(Kind.CANDLE, now, candle=newest, pairs=rows)


def _signal(candle: pd.Series) -> str:
    for side in Side:
        if candle.get(f"enter_{side.value}") == 1:
            return side.value
    return "none"


def _forget_failed_write() -> None:
    """Roll a failed write back: it would fail all that follow, Freqtrade's own among them."""
    if not Trade.session.is_active:
        Trade.rollback()
