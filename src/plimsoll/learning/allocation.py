"""Shares of several strategies by a learned score: what is seen, done, paid and rewarded.

Each sleeve is scored by one function of seven numbers, itself against the rest; the scores become
shares. So nothing is learned of a sleeve's name, and the same network shares out any number of
sleeves. The same functions train it, backtest it and run it in a bot.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plimsoll.core import PlimsollError

Floats = NDArray[np.float64]
Days = NDArray[np.int_]
Score = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From what is observed of each sleeve, rows × `ALLOCATION_STATE`, to its score, one a row."""

ALLOCATION_STATE = (
    "market_volatility",
    "signal",
    "confidence",
    "rest_signal",
    "rest_confidence",
    "current_position",
    "unrealized_pnl",
)
"""The numbers of a sleeve in order, in their own units (`AllocationPlay.states`)."""

MIDDLES = np.array([1, 0, 0, 0, 0, 0, 0], dtype=np.float64)
SCALES = np.array([0.5, 1, 1, 1, 1, 0.5, 0.05], dtype=np.float64)
FARTHEST = 5.0
"""A network's input is shifted and divided by fixed numbers, and clipped to plus and minus this."""

SHORT_DAYS, LONG_DAYS, USUAL_DAYS = 20, 60, 120
PERCENT = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationTerms:
    """What shares cost and what is rewarded.

    Attributes
    ----------
    cost_fraction
        Of what is moved from one sleeve to another, of the equity.
    drawdown_weight
        Times the deepest drawdown of the episode (the source's λ).
    """

    cost_fraction: float = 7e-4
    drawdown_weight: float = 0.5

    def __post_init__(self) -> None:
        if not (0 <= self.cost_fraction < 0.1 and 0 <= self.drawdown_weight < np.inf):
            raise PlimsollError(f"expected costs and a weight of drawdown of 0 or more: {self}")


def shares_of(scores: Floats) -> Floats:
    """Return shares of scores, rows × sleeves: a softmax, mixed with equal shares.

    They sum to one and lie between half and twice an equal share, the bounds that the ensemble
    sets (`plimsoll.signals.ensemble.capped_shares`), so that what is learned is what is held. A row
    with a score that is not a number is equal.
    """
    count = scores.shape[1]
    part = 0.5 if count < 3 else min(0.5, 1 / (count - 1))
    known = np.isfinite(scores).all(axis=1, keepdims=True)
    safe = np.where(known, scores, 0.0)
    powers = np.exp(safe - safe.max(axis=1, keepdims=True))
    soft = powers / powers.sum(axis=1, keepdims=True)
    shares: Floats = np.where(known, (1 - part) / count + part * soft, 1 / count)
    return shares


@dataclass(frozen=True, eq=False, slots=True)
class Sleeves:
    """What sleeves made, and what is known of them at the end of each day.

    Attributes
    ----------
    returns
        Days × sleeves, fractions.
    episode
        A number that days of one episode have in common, ascending.
    seen
        Days × sleeves × the first five of `ALLOCATION_STATE`; NaN where one is not known.
    """

    returns: Floats
    episode: Days
    seen: Floats

    def __len__(self) -> int:
        return len(self.returns)

    @property
    def count(self) -> int:
        """How many sleeves there are."""
        return int(self.returns.shape[1])

    @property
    def is_known(self) -> NDArray[np.bool_]:
        """Which days have all that is seen of them."""
        return np.asarray(np.isfinite(self.seen).all(axis=(1, 2)), dtype=bool)

    def has_step(self, days: Days) -> NDArray[np.bool_]:
        """Return which days have a next one in their episode."""
        after = np.minimum(days + 1, len(self) - 1)
        has: NDArray[np.bool_] = (days + 1 < len(self)) & (
            self.episode[after] == self.episode[days]
        )
        return has

    def first_days(self) -> Days:
        """Return the first day of each episode."""
        return np.flatnonzero(np.diff(self.episode, prepend=self.episode[:1] - 1))


def sleeves_of(returns: Floats, episode: Days) -> Sleeves:
    """Return sleeves with what is known of them.

    With the mean of all as the whole, of the latest returns up to and with each day:

    - ``market_volatility``: deviation of the whole over 20 days, over that of 120 (60 at least);
    - ``signal``, ``confidence``: mean over standard error of a sleeve over 20 and over 60 days;
    - ``rest_signal``, ``rest_confidence``: the means of the other sleeves'.

    NaN before 60 days are known, and where a sleeve has not moved or a return is not known.

    Raises
    ------
    PlimsollError
        For fewer than two sleeves, or episodes that are not one a day, ascending.
    """
    if returns.ndim != 2 or returns.shape[1] < 2:
        raise PlimsollError(f"expected returns of 2 sleeves or more, found {returns.shape}")
    if episode.shape != returns.shape[:1] or (np.diff(episode) < 0).any():
        raise PlimsollError("expected an episode for each day, ascending")
    whole = returns.mean(axis=1, keepdims=True)
    _, lately, _ = _moments(whole, SHORT_DAYS, SHORT_DAYS)
    _, usual, _ = _moments(whole, USUAL_DAYS, LONG_DAYS)
    with np.errstate(divide="ignore", invalid="ignore"):
        wild = np.where(usual > 0, lately / usual, np.nan)
    signal, confidence = (_ratio(returns, days) for days in (SHORT_DAYS, LONG_DAYS))
    seen = np.stack(
        [
            np.broadcast_to(wild, returns.shape),
            signal,
            confidence,
            _of_the_rest(signal),
            _of_the_rest(confidence),
        ],
        axis=2,
    )
    unknown = ~np.isfinite(seen).all(axis=(1, 2))
    seen[unknown] = np.nan
    return Sleeves(returns, episode, seen)


def _moments(values: Floats, days: int, least: int) -> tuple[Floats, Floats, Floats]:
    """Return mean, deviation and number of the latest values; NaN of fewer than ``least``."""
    found = np.full((3, *values.shape), np.nan)
    for day in range(least - 1, len(values)):
        window = values[max(day + 1 - days, 0) : day + 1]
        found[0, day], found[1, day] = window.mean(axis=0), window.std(axis=0, ddof=1)
        found[2, day] = len(window)
    return found[0], found[1], found[2]


def _ratio(returns: Floats, days: int) -> Floats:
    mean, deviation, number = _moments(returns, days, days)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(deviation > 0, mean * np.sqrt(number) / deviation, np.nan)


def _of_the_rest(values: Floats) -> Floats:
    rest: Floats = (values.sum(axis=1, keepdims=True) - values) / (values.shape[1] - 1)
    return rest


@dataclass(frozen=True, eq=False, slots=True)
class AllocationReward:
    """The parts of a reward in percent of the equity; what is taken off is above 0.

    Over an episode ``drawdown`` adds up to λ times its deepest drawdown.
    """

    profit: Floats
    costs: Floats
    drawdown: Floats

    @property
    def total(self) -> Floats:
        """The reward: profit, less costs, less λ times what the deepest drawdown grew by."""
        return self.profit - self.costs - self.drawdown


ALLOCATION_PARTS = ("profit", "costs", "drawdown")


class AllocationPlay:
    """Accounts that share out sleeves, each on its own day.

    An episode begins with equal shares and without profit.
    """

    def __init__(self, sleeves: Sleeves, days: Days, terms: AllocationTerms) -> None:
        self.sleeves, self.terms = sleeves, terms
        self.days = np.array(days, dtype=np.int_)
        accounts = len(self.days)
        self.shares = np.full((accounts, sleeves.count), 1 / sleeves.count)
        self.equity, self.peak = np.ones(accounts), np.ones(accounts)
        self.deepest = np.zeros(accounts)

    def begin(self, where: NDArray[np.bool_], days: Days) -> None:
        """Put new accounts on other days."""
        self.days = np.where(where, days, self.days)
        self.shares = np.where(where[:, None], 1 / self.sleeves.count, self.shares)
        self.equity = np.where(where, 1.0, self.equity)
        self.peak = np.where(where, 1.0, self.peak)
        self.deepest = np.where(where, 0.0, self.deepest)

    def states(self) -> Floats:
        """Return accounts × sleeves × `ALLOCATION_STATE` at the end of the day.

        =====================  ===================================================================
        ``market_volatility``  of the last 20 days over the usual one (`sleeves_of`)
        ``signal``             the sleeve's mean return over its standard error, 20 days
        ``confidence``         the same of 60 days
        ``rest_signal``        mean signal of the other sleeves
        ``rest_confidence``    mean confidence of the other sleeves
        ``current_position``   the sleeve's share over an equal one, less 1
        ``unrealized_pnl``     profit of the whole since the episode began, a fraction
        =====================  ===================================================================
        """
        seen = self.sleeves.seen[self.days]
        held = (self.shares * self.sleeves.count - 1)[..., None]
        gained = np.broadcast_to((self.equity - 1)[:, None, None], held.shape)
        return np.concatenate([seen, held, gained], axis=2)

    def known(self) -> NDArray[np.bool_]:
        """Return which accounts know all of their state."""
        return np.asarray(np.isfinite(self.states()).all(axis=(1, 2)), dtype=bool)

    def observations(self) -> NDArray[np.float32]:
        """Return the states as a network reads them: 0 where one is not known."""
        return observed_allocation(self.states())

    def step(
        self, scores: Floats, *, playing: NDArray[np.bool_] | None = None
    ) -> tuple[AllocationReward, NDArray[np.bool_]]:
        """Share out by scores, accounts × sleeves, and live through the next day.

        Where the state is not known shares are equal, whatever the scores. Returns the reward and
        which accounts have come to the end of their episode. Accounts that are not ``playing`` (all
        by default) stay as they are.
        """
        plays = np.ones(len(self.days), dtype=bool) if playing is None else playing
        asked = np.where(self.known()[:, None], scores, np.nan)
        shares = np.where(plays[:, None], shares_of(asked), self.shares)
        after = np.where(plays, self.days + 1, self.days)
        gained = np.where(plays, np.nansum(shares * self.sleeves.returns[after], axis=1), 0.0)
        paid = self.terms.cost_fraction * np.abs(shares - self.shares).sum(axis=1)
        self.equity = self.equity * (1 + gained - paid)
        self.peak = np.maximum(self.peak, self.equity)
        deeper = np.maximum(self.deepest, 1 - self.equity / self.peak)
        fallen, self.deepest = deeper - self.deepest, deeper
        self.shares, self.days = shares, after
        weight = PERCENT * self.terms.drawdown_weight
        reward = AllocationReward(PERCENT * gained, PERCENT * paid, weight * fallen)
        return reward, ~self.sleeves.has_step(self.days)


def observed_allocation(states: Floats) -> NDArray[np.float32]:
    """Return states as a network reads them: shifted, scaled, clipped; 0 for what is not known."""
    scaled = (states - MIDDLES) / SCALES
    known = np.where(np.isfinite(scaled), scaled, 0.0)
    return np.clip(known, -FARTHEST, FARTHEST).astype(np.float32)


def equal_score(observations: NDArray[np.float32]) -> NDArray[np.float32]:
    """Score all alike: equal shares, what a learned score must beat."""
    return np.zeros(len(observations), dtype=np.float32)


@dataclass(frozen=True, eq=False, slots=True)
class Allocated:
    """Episodes as a score shared them out.

    Attributes
    ----------
    shares
        Days × sleeves: what is held from the end of the day on.
    returns
        What each episode made after costs, a fraction.
    drawdowns
        The deepest drawdown of each episode, a fraction above 0.
    turnover
        Mean sum of what was moved a day.
    """

    shares: Floats
    returns: Floats
    drawdowns: Floats
    turnover: float


def allocate(
    sleeves: Sleeves, score_of: Callable[[int], Score | None], terms: AllocationTerms
) -> Allocated:
    """Share out every episode to its end, side by side.

    ``score_of`` gives the score of an episode, by its first day; without one its shares are equal.
    What is shared out on a day depends on its episode's days up to it and on the latest
    `USUAL_DAYS` returns, and on nothing else.
    """
    firsts = sleeves.first_days()
    scores = [score_of(int(day)) for day in firsts]
    shares = np.full(sleeves.returns.shape, 1 / sleeves.count)
    play = AllocationPlay(sleeves, firsts, terms)
    playing, moved = np.ones(len(firsts), dtype=bool), 0.0
    while playing.any():
        wanted = _scored(play, scores, playing)
        asked = np.where(play.known()[:, None], wanted, np.nan)
        shares[play.days[playing]] = shares_of(asked)[playing]
        playing = playing & sleeves.has_step(play.days)
        before = play.shares
        play.step(wanted, playing=playing)
        moved += float(np.abs(play.shares - before).sum())
    return Allocated(shares, play.equity - 1, play.deepest, moved / max(len(sleeves), 1))


def _scored(play: AllocationPlay, scores: list[Score | None], playing: NDArray[np.bool_]) -> Floats:
    """Return each account's scores by its own function; NaN without one."""
    seen = play.observations()
    wanted = np.full(seen.shape[:2], np.nan)
    for score in {id(one): one for one in scores if one is not None}.values():
        those = np.array([one is score for one in scores]) & playing
        rows = seen[those].reshape(-1, len(ALLOCATION_STATE))
        if len(rows):
            wanted[those] = np.asarray(score(rows), dtype=np.float64).reshape(-1, seen.shape[1])
    return wanted
