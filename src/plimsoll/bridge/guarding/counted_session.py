"""The guards of a run whose acts are counted, and are in its result."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.bridge.freqtrade.repeated_errors import RepeatedErrors, count_errors
from plimsoll.bridge.guarding.entry import Pending, Wanted
from plimsoll.bridge.guarding.places import ACTED
from plimsoll.bridge.guarding.run_acts import RunActs
from plimsoll.bridge.guarding.run_closings import open_positions, positions_closed
from plimsoll.bridge.guarding.session import Session
from plimsoll.performance.guard_acts import ADDITION, CUT, ENFORCE, ENTRY, LEVERAGE, OFF, GuardActs
from plimsoll.risk import EntrySize
from plimsoll.risk.binding import binding_rule
from plimsoll.risk.guards.leverage import RULE as LEVERAGE_RULE
from plimsoll.risk.guards.leverage import allowed_leverage

FAULT = "fault"
"""The rule of an entry that was denied because the question to the guards failed."""


NOTHING_ELSE = 100
"""Entries that end a run when the question about each of them, from the first, has failed."""


class CountedSession(Session):
    """Counts what is asked, denied and cut, where that happens; nothing where nobody reads it."""

    def __init__(self, strategy: Any, settings: PlimsollSettings) -> None:
        super().__init__(strategy, settings)
        self._counts = True
        self._acts = self._no_acts()
        self._errors: RepeatedErrors | None = None
        self._faults, self._answered = 0, False
        self._is_counted = False

    def leverage(self, wanted: float, now: datetime, highest: float) -> float:
        """Return the leverage wanted, at most what the track record allows."""
        allowed = super().leverage(wanted, now, highest)
        supervisor = self._require()
        if self._counts and self.guards and wanted > supervisor.profile.max_leverage:
            record = supervisor.account.track_record(now)
            if allowed_leverage(record, supervisor.profile) < min(wanted, highest):
                self._acts.denied(LEVERAGE_RULE, LEVERAGE, now)
        return allowed

    def stake(self, wanted: Wanted, *, least: float) -> float:
        """Return the stake of an entry; 0 when it is denied, which is recorded."""
        self._acts.asked()
        self._is_counted = True
        allowed = super().stake(wanted, least=least)
        self._is_counted = False
        return allowed

    def add(self, wanted: Wanted, *, least: float) -> float | None:
        """Return the stake to add to a position; ``None`` when it is denied."""
        self._acts.kind = ADDITION
        try:
            return super().add(wanted, least=least)
        finally:
            self._acts.kind = ENTRY

    def acts_of(
        self, trades: Iterable[Mapping[str, Any]], start: datetime, end: datetime
    ) -> GuardActs:
        """Return what the guards did in the run from ``start`` to ``end`` with these trades."""
        if self._errors is not None:
            self._errors.sum_up()
        return self._acts.result(positions_closed(trades), start, end)

    def _begin_counting(self) -> None:
        """Begin the count of a run, and of the errors in it."""
        self._acts, self._faults, self._answered = self._no_acts(), 0, False
        if self._counts:
            name = self._strategy.get_strategy_name()
            self._errors = RepeatedErrors(name, ends=self._acts.guards == ENFORCE)
            count_errors(self._errors)

    def _no_acts(self) -> RunActs:
        return RunActs(
            guards=self._settings.guards if self.guards else OFF,
            profile=self._settings.risk.model_dump(mode="json"),
            rearm=self._settings.backtest_rearm.model_dump(mode="json"),
        )

    def _count(self, kind: str, at: datetime, fields: Mapping[str, Any]) -> None:
        """Count a decision of the supervisor, and what it would close while it only observes."""
        if not self._counts:
            return
        self._acts.record(kind, at, fields)
        if self._acts.observes and fields.get("event") == ACTED:
            for pair, position in open_positions(fields.get("pair"), at, self.mark_price):
                self._acts.would_close(str(fields["rule"]), at, pair, position)

    def _replaced(self, pair: str, price: float, now: datetime) -> Pending:
        """Return the question about a resting entry that is sent anew: one more that is asked."""
        self._acts.asked()
        return super()._replaced(pair, price, now)

    def _allowed(self, size: EntrySize, pending: Pending) -> float:
        self._answered = True
        request = pending.request
        if self._counts and 0 < size.stake_usd < request.stake_usd:
            rule = binding_rule(
                request,
                pending.account,
                self._require().profile,
                pending.evaluation,
                stake_usd=size.stake_usd,
            )
            part = request.stake_usd - size.stake_usd
            self._acts.denied(rule, CUT, pending.account.as_of, part)
        return super()._allowed(size, pending)

    def _failed(self, where: str, now: datetime, error: Exception) -> None:
        if where in ("sizing", "entry"):
            if where == "sizing" and not self._is_counted:  # its custom_stake_amount failed
                self._acts.asked()
            self._is_counted = False
            self._acts.denied(FAULT, ENTRY, now)
            self._faults += 1
            if self._errors is not None and not self._answered and self._faults == NOTHING_ELSE:
                self._errors.end(where, error, self._faults)
        super()._failed(where, now, error)
