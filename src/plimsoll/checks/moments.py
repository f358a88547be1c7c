"""At which moments a strategy's future is replaced: where it decided something."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import pandas as pd

from plimsoll.checks.leaks import LONGER, WITHIN_CANDLE, StrategyRun

MOMENTS = 6
UNALIGNED = 2
"""So many of them lie inside every longer candle, which has not closed then."""
TIMES_EACH = 2
"""Each kind of decision is looked at so often, if it was made so often."""
NOTHING = (None, False, True, "", 0, 1.0)
"""Answers of a callback that leave things as they are."""


def moments(
    run: StrategyRun,
    *,
    since: pd.Timestamp,
    until: pd.Timestamp,
    span: pd.Timedelta,
    count: int = MOMENTS,
) -> list[pd.Timestamp]:
    """Choose moments at which decisions of every kind were made, in the order of time.

    A leak of one candle shows only in what was decided right before the future changed. So each
    moment is that of a decision, taken so that every callback and every reason of a fill is
    looked at `TIMES_EACH`. `UNALIGNED` ones lie inside all longer candles. The first fifth is left
    out, for a decision needs a past, and the last candle, for it needs a future.
    """
    first, last = since + (until - since) / 5, until - 2 * span
    kinds = {at: made for at, made in _kinds(run, span).items() if first <= at <= last}
    inside = [first + (last - first) * share for share in (0.35, 0.7)][:UNALIGNED]
    chosen = [_unaligned(at, span) for at in inside[:count]]
    seen: Counter[str] = Counter()
    for at in chosen:
        seen.update(kinds.get(at, ()))
    while len(chosen) < count:
        worth = {
            at: sum(seen[kind] < TIMES_EACH for kind in made)
            for at, made in kinds.items()
            if at not in chosen
        }
        best = max(worth.values(), default=0)
        if best == 0:
            break
        equal = sorted(at for at, value in worth.items() if value == best)
        taken = equal[(len(equal) * (1 + len(chosen))) // (count + 2)]
        chosen.append(taken)
        seen.update(kinds[taken])
    return sorted(set(chosen))


def _kinds(run: StrategyRun, span: pd.Timedelta) -> dict[pd.Timestamp, set[str]]:
    """Return the kinds of decisions by the moment from which another future can show them."""
    kinds: dict[pd.Timestamp, set[str]] = defaultdict(set)
    for one in run.decisions:
        if not _is_nothing(one.value):
            at = one.at + span if one.callback in WITHIN_CANDLE else one.at
            kinds[at].add(one.callback)
    for fill in run.fills:
        if fill.at not in run.filled_within:
            kinds[fill.at].add(f"{fill.side} {fill.tag}".strip())
    return kinds


def _is_nothing(value: object) -> bool:
    return any(value is one or value == one for one in NOTHING)


def _unaligned(at: pd.Timestamp, span: pd.Timedelta) -> pd.Timestamp:
    """Return the next opening of a candle that is inside every longer one."""
    longer: Sequence[pd.Timedelta] = [
        pd.Timedelta(one) for one in LONGER if pd.Timedelta(one) >= 2 * span
    ]
    moment = at.ceil(span)
    for _ in range(10_000):
        if all(moment != moment.floor(one) for one in longer):
            break
        moment += span
    return moment
