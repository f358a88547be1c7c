"""Which file of a pair carries dates that are hours too early or late: its series vote.

A window is 30 days: long enough for a correlation of returns to mean something, short enough to
locate a shift of a part of a file. In each, series whose returns correlate stand together; the
largest group is right and the rest is compared with it. Where two groups are of one size, the other
pairs decide, for coins move together; where they cannot, the finding says so.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from plimsoll.archive.findings import Finding, Severity, moment, replace_file
from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.tables import Prices, Table, utc

HOUR_MS = 3_600_000
WINDOW_MS = 30 * 24 * HOUR_MS
FURTHEST_SHIFT_MS = 14 * HOUR_MS
FINEST_SHIFT_MS = HOUR_MS // 2
LEAST_ROWS = 48
MIN_CORRELATION = 0.9
MIN_CORRELATION_GAIN = 0.3
UNRELATED = 0.5
MIN_VOTE_MARGIN = 0.2
MIN_COIN_CORRELATION = 0.4
LEAST_WITNESSES = 2
NO_MOVEMENT = 1e-12


@dataclass(frozen=True)
class Verdict:
    """What a window says of a series: the shift of its dates in ms, or 0 where it fits nowhere.

    ``against`` are the series it was compared with; ``reason`` is why these are taken to be right.
    """

    series: Series
    begin_ms: int
    end_ms: int
    shift_ms: int
    against: tuple[Series, ...]
    reason: str

    def overlaps(self, other: "Verdict") -> bool:
        """Return whether two windows share time."""
        return self.begin_ms < other.end_ms and other.begin_ms < self.end_ms


def shift_verdicts(tables: Sequence[Table], others: Sequence[Table] = ()) -> list[Verdict]:
    """Return the windows in which a series of one pair moves earlier or later than the others.

    Parameters
    ----------
    tables
        The pair's series; those without prices are passed over.
    others
        Candles of other pairs, which decide where the pair's own series are as many on both sides.
    """
    voters = _ordered(tables)
    jurors = _ordered(others)
    verdicts: list[Verdict] = []
    for begin, end in _windows(voters):
        verdicts += _judge_window(voters, jurors, (begin, end))
    return verdicts


def pair_verdicts(tables: Sequence[Table]) -> list[Verdict]:
    """Return the windows in which a whole pair moves earlier or later than the other pairs.

    Takes one table of candles for each pair; at least two others have to agree on the shift, and be
    more than half of those that say anything.
    """
    pairs = _ordered(tables)
    verdicts = []
    for begin, end in _windows(pairs) if len(pairs) > LEAST_WITNESSES else ():
        parts = [one.between(begin, end) for one in pairs]
        together = {
            frozenset(two): _correlation(parts[two[0]], parts[two[1]], 0)
            for two in combinations(range(len(parts)), 2)
        }
        for place, suspect in enumerate(parts):
            fits = {k: together[frozenset((place, k))] for k in range(len(parts)) if k != place}
            known = {k: fit for k, fit in fits.items() if fit == fit}
            apart = [k for k, fit in known.items() if fit < MIN_COIN_CORRELATION]
            if len(apart) * 2 <= len(known):
                continue
            wider = _with_margin(pairs[place], (begin, end))
            shifts = (_shift(parts[k], wider, MIN_COIN_CORRELATION)[0] for k in apart)
            votes = Counter(shift for shift in shifts if shift)
            [(shift, count)] = votes.most_common(1) or [(0, 0)]
            if count >= LEAST_WITNESSES and count * 2 > len(known):
                against = tuple(parts[k].series for k in apart)
                reason = f"{count} of {len(known)} other pairs say so"
                verdicts.append(Verdict(suspect.series, begin, end, shift, against, reason))
    return verdicts


def shift_findings(verdicts: Sequence[Verdict], tables: Sequence[Table]) -> list[Finding]:
    """Return verdicts as findings: one for each series and shift, with its windows."""
    rows_of = {one.series: one for one in tables}
    grouped: dict[tuple[Series, int], list[Verdict]] = defaultdict(list)
    for one in sorted(verdicts, key=lambda verdict: verdict.begin_ms):
        grouped[one.series, one.shift_ms].append(one)
    return [_finding(rows_of[series], shift, spans) for (series, shift), spans in grouped.items()]


def _finding(table: Table, shift: int, spans: list[Verdict]) -> Finding:
    dates = table.opens_ms
    first, last = spans[0].begin_ms, min(spans[-1].end_ms, int(dates[-1]))
    rows = int(sum(((dates >= one.begin_ms) & (dates < one.end_ms)).sum() for one in spans))
    names = ", ".join(dict.fromkeys(str(other) for one in spans for other in one.against))
    span = f"in {len(spans)} of its 30-day windows from {moment(utc(first))} to {moment(utc(last))}"
    if shift == 0:
        severity, check, text = Severity.WARNING, "agreement", f"does not move with {names}, {span}"
    else:
        hours, way = abs(shift) / HOUR_MS, "late" if shift > 0 else "early"
        severity, check = Severity.ERROR, "shifted"
        text = f"its dates are {hours:g} h too {way} against {names}, {span}"
    reasons = "; ".join(dict.fromkeys(one.reason for one in spans))
    remedy = replace_file(table.series)
    text = f"{text} ({reasons})"
    return Finding(severity, check, table.series, text, remedy, utc(first), utc(last), rows)


def _judge_window(
    voters: list[Prices], jurors: list[Prices], span: tuple[int, int]
) -> Iterator[Verdict]:
    """Yield what one window says of the series that do not stand with the largest group."""
    parts = [one.between(*span) for one in voters]
    fits = {two: _correlation(parts[two[0]], parts[two[1]], 0) for two in _twos(len(parts))}
    known = {two: fit for two, fit in fits.items() if fit == fit}
    judged = sorted({place for two in known for place in two})
    groups = _groups(judged, [two for two, fit in known.items() if fit >= MIN_CORRELATION])
    if len(groups) < 2:
        return
    right, reason = _right(groups, parts, [one.between(*span) for one in jurors])
    for suspect in (place for place in judged if place not in right):
        wider = _with_margin(voters[suspect], span)
        compared = {k: _shift(parts[k], wider, MIN_CORRELATION) for k in right}
        best = max(compared, key=lambda k: compared[k][1])
        shift, fit = compared[best]
        if shift or fit < UNRELATED:
            against = tuple(parts[k].series for k in right)
            yield Verdict(parts[suspect].series, *span, shift, against, reason)


def _right(
    groups: list[list[int]], parts: list[Prices], jurors: list[Prices]
) -> tuple[list[int], str]:
    """Return the group that is taken to be right, and why."""
    most = max(len(group) for group in groups)
    largest = [group for group in groups if len(group) == most]
    if len(largest) == 1:
        return largest[0], f"{most} of {sum(map(len, groups))} series agree"
    votes = [0] * len(largest)
    for juror in jurors:
        fits = [
            max(
                (_correlation(juror, parts[k], 0) for k in group), key=lambda fit: (fit == fit, fit)
            )
            for group in largest
        ]
        order = np.argsort([-1.0 if fit != fit else fit for fit in fits])
        if fits[order[-1]] - max(fits[order[-2]], 0.0) > MIN_VOTE_MARGIN:
            votes[order[-1]] += 1
    winner = int(np.argmax(votes))
    if votes.count(votes[winner]) == 1:
        return largest[winner], f"{votes[winner]} of {len(jurors)} other pairs move with these"
    return largest[0], "two sides of one size: compare both with the exchange"


def _ordered(tables: Sequence[Table]) -> list[Prices]:
    """Return the prices, those that are believed first without a majority in front."""
    having = [prices for one in tables if (prices := one.prices()) and len(prices.logs)]
    return sorted(having, key=lambda one: (one.series.kind is not Kind.CANDLES, -one.length_ms))


def _windows(voters: Sequence[Prices]) -> Iterator[tuple[int, int]]:
    if len(voters) < 2:
        return
    begin = min(int(one.instants_ms[0]) for one in voters)
    stop = max(int(one.instants_ms[-1]) for one in voters)
    while begin < stop:
        yield begin, begin + WINDOW_MS
        begin += WINDOW_MS


def _with_margin(prices: Prices, span: tuple[int, int]) -> Prices:
    """Return a window's prices and those that a shift could bring into it."""
    return prices.between(span[0] - FURTHEST_SHIFT_MS, span[1] + FURTHEST_SHIFT_MS)


def _twos(count: int) -> list[tuple[int, int]]:
    return list(combinations(range(count), 2))


def _groups(members: list[int], together: list[tuple[int, int]]) -> list[list[int]]:
    """Return the members as groups that are linked, each in order, the first one's group first."""
    group_of = {one: {one} for one in members}
    for left, right in together:
        if group_of[left] is not group_of[right]:
            group_of[left] |= group_of[right]
            for one in group_of[right]:
                group_of[one] = group_of[left]
    return sorted({id(group): sorted(group) for group in group_of.values()}.values())


def _shift(reference: Prices, suspect: Prices, enough: float) -> tuple[int, float]:
    """Return how late the suspect's dates are in ms, 0 where no shift fits better, and the fit.

    The fit is that of the best shift, -1 where nothing can be compared.
    """
    here = _correlation(reference, suspect, 0)
    if here >= enough:
        return 0, here
    unit = max(FINEST_SHIFT_MS, min(reference.length_ms, suspect.length_ms))
    reach = FURTHEST_SHIFT_MS // unit
    fits = {unit * k: _correlation(reference, suspect, unit * k) for k in range(-reach, reach + 1)}
    known = {shift: fit for shift, fit in fits.items() if fit == fit}
    if not known:
        return 0, -1.0
    best = max(known, key=lambda shift: known[shift])
    gained = known[best] - here > MIN_CORRELATION_GAIN and known[best] >= UNRELATED
    return (best, known[best]) if gained else (0, known[best])


def _correlation(left: Prices, right: Prices, shift_ms: int) -> float:
    """Return the correlation of the returns, with the right one's dates moved back by a shift.

    NaN where fewer than 48 returns overlap, or one of the two does not move.
    """
    if not len(left.logs) or not len(right.logs):
        return float("nan")
    moved = right.instants_ms - shift_ms
    places = np.minimum(np.searchsorted(moved, left.instants_ms), len(moved) - 1)
    common = moved[places] == left.instants_ms
    step = max(left.length_ms, right.length_ms)
    neighbours = np.diff(left.instants_ms[common]) == step
    if int(neighbours.sum()) < LEAST_ROWS:
        return float("nan")
    one = np.diff(left.logs[common])[neighbours]
    other = np.diff(right.logs[places[common]])[neighbours]
    if one.std() < NO_MOVEMENT or other.std() < NO_MOVEMENT:
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])
