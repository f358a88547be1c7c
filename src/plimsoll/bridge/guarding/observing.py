"""Guards that only observe: every verdict is computed, recorded and told, and nothing is done.

A person's halt is none of theirs: it is obeyed.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial

from plimsoll.bridge.guarding.places import ACTED, Places, acted_words
from plimsoll.bridge.guarding.supervisor import Supervisor
from plimsoll.bridge.state.folder import Request
from plimsoll.core import Mode, Verdict
from plimsoll.journal import messages
from plimsoll.journal.latch_record import verdict_fields
from plimsoll.risk import GUARDS, evaluate
from plimsoll.risk.guards.manual_halt import RULE
from plimsoll.risk.latch import Key

logger = logging.getLogger(__name__)

BY_HAND = RULE
"""The rule of a person's halt, which is obeyed."""


class ObservedPlaces(Places):
    """Writes to the log alone: nothing is locked, and nothing is found again after a restart."""

    def act(self, verdict: Verdict, now: datetime) -> tuple[bool, bool]:
        """Record what would have acted."""
        return self._log(verdict, now, ACTED), True

    def words(self, verdict: Verdict) -> str:
        """Say for the log that a verdict would have acted."""
        return acted_words(verdict_fields(verdict), observed=True)

    def refresh(self, verdict: Verdict, now: datetime, *, is_locked: bool) -> bool:
        """Leave the record as it is."""
        return True

    def put_back(self, verdict: Verdict, now: datetime) -> None:
        """Lock nothing again."""

    def lock_again(self, held: Mapping[Key, Verdict], now: datetime) -> None:
        """Lock nothing: a re-arming that does not take place leaves what it found."""

    def unlock(self, keys: Iterable[Key], now: datetime) -> None:
        """Leave the locks to the guards that enforce: a re-arming here is of what was observed."""


class ObservingSupervisor(Supervisor):
    """A supervisor whose verdicts stand in memory: none is locked, prolonged or taken over.

    A halt that would stand goes on standing there, so that what it would deny is counted.
    """

    places_of = ObservedPlaces
    told_of_act = staticmethod(partial(messages.acted, is_locked=False))
    _halt: tuple[Mapping[Key, Verdict], Verdict | None] | None = None

    def begin(
        self,
        now: datetime,
        recorded: Mapping[Key, Verdict] | None = None,
        *,
        new: Verdict | None = None,
        rearmed_at: datetime | None = None,
    ) -> None:
        """Take nothing over: what is held belongs to guards that enforce, and waits for them."""
        self._rearming.begin(rearmed_at)
        if recorded:
            rules = ", ".join(sorted({rule for rule, _ in recorded}))
            logger.warning("plimsoll: still held for guards that enforce: %s", rules)

    def loop(self, now: datetime) -> None:
        """Mark the account and ask the guards, unless it would be halted: no more could act.

        Raises
        ------
        Exception
            Whatever the account's numbers could not be read for.
        """
        if not self._state.held or self.halted is None:
            super().loop(now)
        elif self._persistent:
            self.account.update(now)  # a running bot's status goes on saying what it is worth
            self._hear_person(now)

    def resume(self, now: datetime, *, reason: str, by: str, beyond_terminal: bool = False) -> bool:
        """Re-arm what would be halted, and measure from the account's worth now.

        What guards that enforce hold goes on waiting for them.
        """
        self.account.update(now)
        return self._rearm(now, list(self._state.held), Request(reason, by, beyond_terminal))

    def exit_reason(self, pair: str, now: datetime) -> str | None:
        """Return the rule that wants, or would want, a pair's position closed."""
        return BY_HAND if self.is_halted_by_hand else super().exit_reason(pair, now)

    @property
    def is_halted_by_hand(self) -> bool:
        """Whether a person has halted the account, and nobody has re-armed it."""
        return (BY_HAND, None) in self._state.held

    @property
    def halted(self) -> Verdict | None:
        """The verdict by which the account would be halted; ``None`` when it would not be."""
        held = self._state.held
        if self._halt is None or self._halt[0] is not held:
            halts = (one for (_, pair), one in held.items() if pair is None and _halts(one))
            self._halt = held, next(halts, None)
        return self._halt[1]

    def _hear_person(self, now: datetime) -> None:
        """Let a person halt what would be halted by a rule."""
        account = self.account.snapshot(now)
        if account.manual_halt_reason is not None and not self.is_halted_by_hand:
            self._take(evaluate(account, self.profile, GUARDS.only([BY_HAND])))

    def _waits(self, now: datetime) -> bool:
        return bool(self._state.held) and self._runs_out(now)

    def _notice_unlocked(self, now: datetime) -> None:
        """Look at no lock: there is none."""

    def _go_on_closing(self, now: datetime) -> None:
        """Prolong nothing: nothing is closed."""

    def _said(self, text: str) -> str:
        return text if self.is_halted_by_hand else messages.observed(text)


def _halts(verdict: Verdict) -> bool:
    return verdict.mode is Mode.HALTED
