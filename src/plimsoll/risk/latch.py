"""A breach that one wrong tick could cause must last; one that has acted stays."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from plimsoll.core import Mode, Verdict
from plimsoll.risk.evaluate import Evaluation, strictest

Key = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class LatchState:
    """What is remembered between two observations; plain values, to be kept by the caller.

    Attributes
    ----------
    seen_at
        The moment of the last observation.
    counts
        Observations in a row of each breach that rests on mark prices, by rule and pair.
    held
        Verdicts that have acted: FLATTEN until its end, HALTED until a person re-arms.
    confirmed
        Which of those the caller has stored as they are now, so that they can be missed there.
    """

    seen_at: datetime | None = None
    counts: Mapping[Key, int] = field(default_factory=dict)
    held: Mapping[Key, Verdict] = field(default_factory=dict)
    confirmed: frozenset[Key] = frozenset()

    @classmethod
    def restored(cls, stored: Mapping[Key, Verdict]) -> Self:
        """Return the state after a restart: what is stored is held."""
        return cls(held=stored, confirmed=frozenset(stored))

    def confirm(self, key: Key) -> Self:
        """Return the state with a held verdict stored."""
        return replace(self, confirmed=self.confirmed | {key})

    def hold(self, verdict: Verdict) -> Self:
        """Return the state with a verdict held that no observation gave, or that lasts longer."""
        key = verdict.rule, verdict.pair
        held = {**self.held, key: verdict}
        return replace(self, held=held, confirmed=self.confirmed - {key})

    def let_go(self, key: Key) -> Self:
        """Return the state without a verdict that has done what it was for."""
        held = {other: verdict for other, verdict in self.held.items() if other != key}
        return replace(self, held=held, confirmed=self.confirmed - {key})

    def go_on(self, open_pairs: Collection[str], now: datetime, until: datetime) -> Self:
        """Return the state in which what ends now is held on where its position is still open.

        A halt of the account closes it as well, and does not end.
        """
        if any(_is_halted(one) and one.pair is None for one in self.held.values()):
            return self
        state = self
        for verdict in self.held.values():
            if not _lasts(verdict, now) and verdict.pair in (None, *open_pairs):
                state = state.hold(replace(verdict, until=until))
        return state

    def start_over(self) -> Self:
        """Return the state that waits for a first observation: what is held stays."""
        return replace(self, seen_at=None, counts={})

    def release(self, keys: Iterable[Key]) -> Self:
        """Forget what a person has taken responsibility for, and all that was counted."""
        released = frozenset(keys)
        held = {key: verdict for key, verdict in self.held.items() if key not in released}
        return replace(self, counts={}, held=held, confirmed=self.confirmed - released)


def observe(
    state: LatchState, evaluation: Evaluation, *, observations: int
) -> tuple[LatchState, Evaluation]:
    """Take one observation in; return the new state and what holds now.

    A FLATTEN or HALTED verdict that is ``debounced`` acts at its ``observations``-th
    observation in a row; until then it only denies new risk. Any other acts at once. What has
    acted is held: FLATTEN until its end even if the condition is over, HALTED until its
    `LatchState.release`. A breach that lasts beyond that end acts on: its observations are
    counted meanwhile.
    A second look at the same moment counts nothing.

    Raises
    ------
    ValueError
        When ``observations`` is below 1, or the evaluation is older than the last.
    """
    if observations < 1:
        message = f"expected at least one observation, found {observations}"
        raise ValueError(message)
    now = evaluation.as_of
    if state.seen_at is not None and now < state.seen_at:
        message = f"expected an evaluation not older than {state.seen_at}, found {now}"
        raise ValueError(message)
    again = state.seen_at == now
    counts: dict[Key, int] = {}
    held = {key: old for key, old in state.held.items() if _lasts(old, now)}
    denials: list[Verdict] = []
    for denial in evaluation.denials:
        key = denial.rule, denial.pair
        if denial.mode < Mode.FLATTEN:
            denials.append(denial)
            continue
        if denial.debounced and not _is_halted(held.get(key)):
            seen = state.counts.get(key, 0)
            counts[key] = max(seen, 1) if again else seen + 1
            if key not in held and counts[key] < observations:
                denials.append(_waiting(denial, counts[key], observations))
                continue
        held[key] = strictest((held[key], denial)) if key in held else denial
    kept = counts if not again else {**state.counts, **counts}
    confirmed = frozenset(key for key in state.confirmed if _lasts_as_long(state.held, held, key))
    return LatchState(now, kept, held, confirmed), Evaluation(now, (*denials, *held.values()))


def _lasts(verdict: Verdict, now: datetime) -> bool:
    return verdict.until is None or verdict.until > now


def _lasts_as_long(before: Mapping[Key, Verdict], after: Mapping[Key, Verdict], key: Key) -> bool:
    """Return whether a verdict is held for as long as before; a HALTED one has no end."""
    old, new = before.get(key), after.get(key)
    return old is not None and new is not None and old.until == new.until


def _is_halted(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.until is None


def _waiting(denial: Verdict, seen: int, observations: int) -> Verdict:
    reason = f"{denial.reason} (observation {seen} of {observations})"
    return replace(denial, mode=Mode.REDUCING, reason=reason)
