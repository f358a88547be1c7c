"""Which file of a pair has a wrong close or a wick that nothing else shows: its series vote.

Files of one market (a pair's candles of several timeframes) hold the same trades, so their bars
agree once the finer are put together. Markets (last price, mark, index, spot) differ by the basis,
and more in a crash: only one that stands out from all others is told. Longer bars are compared
first; what was judged there is not judged again inside.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from plimsoll.archive.layout import PRICES, Kind, Series
from plimsoll.archive.shifts import Verdict
from plimsoll.archive.tables import Table

DISAGREEMENT_FRACTION = 0.005
NEAR = float(np.log1p(DISAGREEMENT_FRACTION))
OUTLIER_FRACTION = 0.05
WICK_FRACTION = 0.25
OWN_WICK_FRACTION = 0.3
LONGEST_OWN_WICK_MS = 3_600_000
FIELDS = ("close", "high", "low")
CLOSE_OFF, OUTLIER, FILE_WICK, MARKET_WICK, OWN_WICK = (
    "close off",
    "outlier",
    "file wick",
    "market wick",
    "own wick",
)


@dataclass(eq=False)
class Accusation:
    """The bars of one series that one rule accuses.

    ``opens_ms`` are openings, ``off`` the fraction by which each is off, ``against`` the series it
    was compared with, ``compared`` how many bars were; ``undecided`` bars had a witness for each
    side, and ``both_sides`` bars have a wick up and one down.
    """

    length_ms: int
    opens_ms: np.ndarray
    off: np.ndarray
    against: frozenset[Series]
    compared: int
    undecided: int = 0
    both_sides: int = 0


Accusations = dict[tuple[str, Series], list[Accusation]]
Spans = list[tuple[np.ndarray, int]]


@dataclass(eq=False)
class _Grid:
    """Bars of one length of several series: an array of series × bars for each price, or NaN."""

    length_ms: int
    opens_ms: np.ndarray
    series: list[Series]
    values: dict[str, np.ndarray]

    def of(self, kind: Kind) -> list[int]:
        """Return the rows of a market's series, coarser first."""
        return [row for row, one in enumerate(self.series) if one.kind is kind]


@dataclass(eq=False)
class _Market:
    """What the files of one market say together: prices by field, and how many files say so."""

    rows: list[int]
    prices: dict[str, np.ndarray]
    files: dict[str, np.ndarray]


@dataclass(eq=False)
class _Hearing:
    """What has been judged so far, by series and by market, and what was said."""

    accused: Accusations = field(default_factory=lambda: defaultdict(list))
    spans: dict[Series, Spans] = field(default_factory=lambda: defaultdict(list))
    wicks: dict[Kind, Spans] = field(default_factory=lambda: defaultdict(list))

    def say(self, rule: str, series: Series, one: Accusation) -> None:
        """Take down an accusation that has bars."""
        if len(one.opens_ms):
            self.accused[rule, series].append(one)


def accusations(tables: Sequence[Table], shifted: Iterable[Verdict] = ()) -> Accusations:
    """Return the closes and wicks in which one series of a pair stands against the others.

    Parameters
    ----------
    tables
        A pair's series; those without prices are passed over.
    shifted
        Windows in which a series' dates are known to be wrong: they are not compared.
    """
    priced = sorted(
        (one for one in tables if one.series.kind in PRICES), key=lambda one: -one.length_ms
    )
    hearing = _Hearing()
    for one in shifted:
        margin = abs(one.shift_ms)
        begin, length = one.begin_ms - margin, one.end_ms - one.begin_ms + 2 * margin
        hearing.spans[one.series].append((np.array([begin]), length))
    for length_ms in sorted({one.length_ms for one in priced}, reverse=True):
        grid = _grid(priced, length_ms, hearing)
        if grid is None:
            continue
        kinds = dict.fromkeys(one.kind for one in grid.series)
        markets = {kind: _market(grid, kind, hearing) for kind in kinds}
        for kind in markets:
            _closes_between(grid, kind, markets, hearing)
            _wicks_between(grid, kind, markets, hearing)
        for (_, series), told in hearing.accused.items():
            fresh = [one for one in told if one.length_ms == length_ms]
            hearing.spans[series] += [(np.unique(one.opens_ms), length_ms) for one in fresh]
    return hearing.accused


def _grid(tables: Sequence[Table], length_ms: int, hearing: _Hearing) -> _Grid | None:
    having = [(one.series, bars) for one in tables if (bars := one.bars(length_ms)) is not None]
    if not having:
        return None
    opens = np.unique(np.concatenate([bars.opens_ms for _, bars in having]))
    values = {name: np.full((len(having), len(opens)), np.nan) for name in ("open", *FIELDS)}
    for row, (series, bars) in enumerate(having):
        places = np.searchsorted(opens, bars.opens_ms)
        judged = _covered(bars.opens_ms, hearing.spans[series])
        for name, array in values.items():
            array[row, places] = np.where(judged, np.nan, bars.prices[name])
    return _Grid(length_ms, opens, [series for series, _ in having], values)


def _covered(opens_ms: np.ndarray, spans: Spans) -> np.ndarray:
    """Return which instants lie in spans, each given by ascending beginnings and one length."""
    inside = np.zeros(len(opens_ms), dtype=bool)
    for begins, length in spans:
        if not len(begins):
            continue
        last = np.searchsorted(begins, opens_ms, side="right") - 1
        inside |= (last >= 0) & (opens_ms < begins[np.maximum(last, 0)] + length)
    return inside


def _market(grid: _Grid, kind: Kind, hearing: _Hearing) -> _Market:
    """Return what a market's files say together, and accuse those that say something else."""
    rows = grid.of(kind)
    others = [row for row in range(len(grid.series)) if row not in rows]
    prices, files = {}, {}
    for name in FIELDS:
        values = grid.values[name][rows].copy()
        known = ~np.isnan(values)
        several = np.flatnonzero(known.sum(axis=0) > 1)
        logs = np.log(values[:, several])
        spread = np.nanmax(logs, axis=0) - np.nanmin(logs, axis=0)
        off = np.zeros_like(values)
        undecided = np.zeros(values.shape[1], dtype=bool)
        for column in several[spread > NEAR].tolist():
            witness = _median(grid.values[name][others, column])
            right, undecided[column] = _right_price(values[:, column], witness, name)
            far = np.abs(np.log(values[:, column] / right)) > NEAR
            off[far, column] = np.abs(values[far, column] / right - 1.0)
        rule = CLOSE_OFF if name == "close" else FILE_WICK
        for place, row in enumerate(rows):
            wrong = off[place] > 0
            against = frozenset(grid.series[other] for other in rows if other != row)
            told = Accusation(
                grid.length_ms,
                grid.opens_ms[wrong],
                off[place][wrong],
                against,
                int(known[place][several].sum()),
                int(undecided[wrong].sum()),
            )
            hearing.say(rule, grid.series[row], told)
        values[off > 0] = np.nan
        first = np.argmax(~np.isnan(values), axis=0)
        prices[name] = values[first, np.arange(values.shape[1])]
        files[name] = (~np.isnan(values)).sum(axis=0)
    return _Market(rows, prices, files)


def _right_price(values: np.ndarray, witness: float, name: str) -> tuple[float, bool]:
    """Return the price that most files have, and whether that was left undecided.

    Where as many have one as another, the one nearer to the other markets is right; without these
    the narrower wick is, and of two closes that of the finer file.
    """
    known = values[~np.isnan(values)]
    logs = np.log(known)
    near = np.abs(logs[:, None] - logs[None, :]) <= NEAR
    votes = near.sum(axis=1)
    leading = known[votes == votes.max()]
    if np.log(leading.max() / leading.min()) <= NEAR:
        return float(np.median(leading)), False
    if witness == witness:
        return float(leading[np.argmin(np.abs(np.log(leading / witness)))]), False
    narrower = {"high": leading.min(), "low": leading.max(), "close": leading[-1]}
    return float(narrower[name]), True


def _median(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else float("nan")


def _closes_between(
    grid: _Grid, kind: Kind, markets: dict[Kind, _Market], hearing: _Hearing
) -> None:
    """Accuse a market's closes that are more than 5 % from each other market's.

    Of two markets the one with fewer files is accused; of two with as many, the candles.
    """
    own = markets[kind]
    others = {other: one for other, one in markets.items() if other is not kind}
    if not others:
        return
    apart = np.array(
        [np.abs(own.prices["close"] / one.prices["close"] - 1.0) for one in others.values()]
    )
    known = ~np.isnan(apart)
    least = np.min(np.where(known, apart, np.inf), axis=0)
    bad = known.any(axis=0) & (least > OUTLIER_FRACTION)
    alone = bad & (known.sum(axis=0) == 1)
    for place, (other, one) in enumerate(others.items()):
        fewer = own.files["close"] < one.files["close"]
        same = own.files["close"] == one.files["close"]
        blamed = fewer | (same & (_order(kind) < _order(other)))
        bad &= ~(alone & known[place] & ~blamed)
    against = frozenset(grid.series[row] for one in others.values() for row in one.rows)
    for row in own.rows:
        wrong = bad & ~np.isnan(grid.values["close"][row])
        told = Accusation(
            grid.length_ms,
            grid.opens_ms[wrong],
            least[wrong],
            against,
            int(known.any(axis=0).sum()),
            int((alone & wrong).sum()),
        )
        hearing.say(OUTLIER, grid.series[row], told)


def _order(kind: Kind) -> int:
    return list(Kind).index(kind)


def _wicks_between(
    grid: _Grid, kind: Kind, markets: dict[Kind, _Market], hearing: _Hearing
) -> None:
    """Accuse a market's wicks that one file shows and no other market, nor the bar's own body.

    A wick that two files of a market show was traded. Without another market the wick must
    leave the body of its bar by 30 %, in bars of at most an hour.
    """
    own = markets[kind]
    others = [one for other, one in markets.items() if other is not kind]
    judged = _covered(grid.opens_ms, hearing.wicks[kind])
    single = (own.files["high"] == 1) & (own.files["low"] == 1) & ~judged
    high = _extreme([one.prices["high"] for one in others], grid, np.fmax)
    low = _extreme([one.prices["low"] for one in others], grid, np.fmin)
    seen = ~np.isnan(high) & ~np.isnan(low)
    against = frozenset(grid.series[row] for one in others for row in one.rows)
    for row in own.rows:
        values = {name: array[row] for name, array in grid.values.items()}
        up, down = values["high"] / high - 1.0, 1.0 - values["low"] / low
        _say_wicks(
            MARKET_WICK, grid, row, (up, down), WICK_FRACTION, single & seen, against, hearing
        )
        if grid.length_ms <= LONGEST_OWN_WICK_MS:
            up = values["high"] / np.fmax(values["open"], values["close"]) - 1.0
            down = 1.0 - values["low"] / np.fmin(values["open"], values["close"])
            nobody = single & ~seen
            _say_wicks(
                OWN_WICK, grid, row, (up, down), OWN_WICK_FRACTION, nobody, frozenset(), hearing
            )
    compared = seen | (own.files["high"] > 1)
    hearing.wicks[kind].append((grid.opens_ms[compared], grid.length_ms))


def _extreme(arrays: list[np.ndarray], grid: _Grid, which: np.ufunc) -> np.ndarray:
    nothing = np.full(len(grid.opens_ms), np.nan)
    for one in arrays:
        nothing = which(nothing, one)
    return nothing


def _say_wicks(
    rule: str,
    grid: _Grid,
    row: int,
    sides: tuple[np.ndarray, np.ndarray],
    limit: float,
    among: np.ndarray,
    against: frozenset[Series],
    hearing: _Hearing,
) -> None:
    up, down = sides
    wide_up, wide_down = among & (up > limit), among & (down > limit)
    wrong = wide_up | wide_down
    told = Accusation(
        grid.length_ms,
        grid.opens_ms[wrong],
        np.fmax(up, down)[wrong],
        against,
        int(among.sum()),
        both_sides=int((wide_up & wide_down).sum()),
    )
    hearing.say(rule, grid.series[row], told)
