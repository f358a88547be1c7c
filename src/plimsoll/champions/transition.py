"""From a seat and an event to the next seat: the only way in which one changes."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import singledispatch
from math import isfinite

from plimsoll.champions.errors import SeatError
from plimsoll.champions.events import (
    RULE,
    CandleClosed,
    Drifted,
    Event,
    Lost,
    Promoted,
    Refused,
    Reviewed,
    RolledBack,
    Started,
    TradeClosed,
    Trained,
    TrainingBegan,
    TrainingFailed,
)
from plimsoll.champions.seat import (
    EMPTY,
    MOST_PREDECESSORS,
    MOST_RETIRED,
    Booked,
    Outcome,
    Seat,
    Stance,
    Track,
    Version,
)

MOST_OUTCOMES = 20_000
"""A track that nobody judges keeps the newest."""


def apply(seat: Seat, event: Event) -> Seat:
    """Return the seat after an event.

    The clock of a seat does not go back: an event from before the latest is counted where it can
    be, and decides nothing (`judging.decide`). A person's act sets the clock anew.

    Raises
    ------
    SeatError
        When the event does not fit: a promotion of a version that is not there, or by rule of
        another than the challenger, a second training of one name, a rollback to nobody.
    """
    by_hand = isinstance(event, Promoted | RolledBack) and event.by != RULE
    latest = event.at if by_hand or seat.latest_at is None else max(event.at, seat.latest_at)
    return checked(replace(_after(event, seat), seq=seat.seq + 1, latest_at=latest))


def replay(events: Iterable[Event], seat: Seat = EMPTY) -> Seat:
    """Return the seat after events, in their order."""
    for event in events:
        seat = apply(seat, event)
    return seat


def checked(seat: Seat) -> Seat:
    """Return a seat that is sound: no version is two things, none steps in before a champion.

    Raises
    ------
    SeatError
        When it is not.
    """
    names = [version.name for _, version in seat.versions()]
    if len(names) != len(set(names)):
        raise SeatError(f"expected every version once, found {', '.join(sorted(names))}")
    if seat.champion is None and (seat.challenger is not None or seat.waiting is not None):
        raise SeatError("expected a champion before a challenger, found none")
    return seat


def unseen(version: Version, since: datetime) -> bool:
    """Return whether nothing from a moment on was in a version's training or test."""
    return since >= version.seen_until


@singledispatch
def _after(event: Event, seat: Seat) -> Seat:
    raise SeatError(f"expected an event of a seat, found {type(event).__name__}")


@_after.register
def _(event: Started, seat: Seat) -> Seat:
    return replace(seat, training_since=None)


@_after.register
def _(event: TrainingBegan, seat: Seat) -> Seat:
    return replace(seat, training_since=event.at)


@_after.register
def _(event: TrainingFailed, seat: Seat) -> Seat:
    return replace(seat, training_since=None, failed_at=event.at)


@_after.register
def _(event: Trained, seat: Seat) -> Seat:
    version = event.version
    if seat.find(version.name) is not None:
        raise SeatError(f"expected a new version, found {version.name} again")
    if version.trained_from >= version.seen_until:
        raise SeatError(f"expected {version.name} to have seen data, found none")
    done = replace(
        seat,
        trained_at=event.at,
        training_since=None,
        failed_at=None,
        trades_since_training=0,
        drifted=(),
    )
    if seat.champion is None:
        return replace(done, champion=version)
    if seat.challenger is None:
        return replace(done, challenger=version, trial=Track())
    # A newer one takes the place of one that has waited: it was never asked for a forecast.
    return replace(done, waiting=version)


@_after.register
def _(event: CandleClosed, seat: Seat) -> Seat:
    if seat.candle is not None and event.candle <= seat.candle:
        return seat  # told again, or from before: nothing is counted twice
    earned = _earned(seat, event)
    stances = {
        version.name: _stance(seat.stances.get(version.name), event.positions.get(version.name))
        for version in seat.forecasting
    }
    return replace(
        seat,
        candle=event.candle,
        close=event.close if _is_price(event.close) else None,
        stances=stances,
        trial=_longer(seat, seat.trial, seat.challenger, earned, event.candle),
        tenure=_longer(seat, seat.tenure, seat.predecessor, earned, event.candle),
    )


@_after.register
def _(event: TradeClosed, seat: Seat) -> Seat:
    profit, before = event.profit_fraction, seat.traded_until
    if before is not None and event.closed_at <= before:
        return seat
    counted = replace(
        seat,
        trades_since_training=seat.trades_since_training + 1,
        traded_until=event.closed_at,
    )
    if not isfinite(profit):
        return counted
    sums = seat.arms.get(event.arm, Booked())
    booked = Booked(
        trades=sums.trades + 1,
        profit_fraction=sums.profit_fraction + profit,
        squares=sums.squares + profit * profit,
        wins=sums.wins + (profit > 0),
    )
    return replace(counted, arms={**seat.arms, event.arm: booked})


@_after.register
def _(event: Drifted, seat: Seat) -> Seat:
    return replace(seat, drifted=tuple(dict.fromkeys([*seat.drifted, event.what])))


@_after.register
def _(event: Promoted, seat: Seat) -> Seat:
    found = seat.find(event.version)
    if found is None or seat.champion is None or event.version == seat.champion.name:
        raise SeatError(f"expected a version to promote, found {event.version!r}")
    role, version = found
    if event.by == RULE and version is not seat.challenger:
        raise SeatError(f"expected the challenger to be promoted, found {role} {version.name}")
    if event.by == RULE and not all(
        unseen(version, one.since) and unseen(seat.champion, one.since)
        for one in seat.trial.outcomes
    ):
        raise SeatError(f"expected evidence that {version.name} has not seen, found other")
    cleared = _without(seat, version)
    champions = (*cleared.predecessors, seat.champion)[-MOST_PREDECESSORS:]
    return _stepped_in(replace(cleared, champion=version, predecessors=champions, tenure=Track()))


@_after.register
def _(event: Refused, seat: Seat) -> Seat:
    if seat.challenger is None or seat.challenger.name != event.version:
        raise SeatError(f"expected the challenger to be refused, found {event.version!r}")
    return _stepped_in(_retired(replace(seat, challenger=None), seat.challenger))


@_after.register
def _(event: Reviewed, seat: Seat) -> Seat:
    if seat.champion is None or seat.champion.name != event.version:
        raise SeatError(f"expected the champion to be reviewed, found {event.version!r}")
    return replace(seat, tenure=Track())


@_after.register
def _(event: RolledBack, seat: Seat) -> Seat:
    before = seat.predecessor
    if seat.champion is None or before is None or before.name != event.version:
        raise SeatError(f"expected the predecessor to go back to, found {event.version!r}")
    cleared = replace(seat, champion=before, predecessors=seat.predecessors[:-1])
    return replace(_retired(cleared, seat.champion), trial=Track(), tenure=Track())


@_after.register
def _(event: Lost, seat: Seat) -> Seat:
    found = seat.find(event.version)
    if found is None:
        raise SeatError(f"expected a version that is kept, found {event.version!r}")
    _, version = found
    left = _without(seat, version)
    if version is seat.champion:
        heirs = left.predecessors
        if not heirs:
            # Without a champion nobody is on trial: the next training takes the seat.
            retired = [one for one in (left.challenger, left.waiting) if one is not None]
            left = replace(left, champion=None, challenger=None, waiting=None)
            for one in retired:
                left = _retired(left, one)
            return replace(left, trial=Track(), tenure=Track(), trained_at=None)
        left = replace(left, champion=heirs[-1], predecessors=heirs[:-1])
        return replace(left, trial=Track(), tenure=Track())
    if version is seat.challenger:
        return _stepped_in(left)
    return replace(left, tenure=Track()) if version is seat.predecessor else left


def _earned(seat: Seat, event: CandleClosed) -> Mapping[str, float]:
    """Return what each stance made of this candle; without those that cannot be known."""
    step = timedelta(seconds=event.seconds)
    follows = seat.candle is not None and event.candle - seat.candle == step
    if not follows or seat.close is None or event.close is None or not _is_price(event.close):
        return {}
    move = event.close / seat.close - 1
    return {
        name: stance.position * move - event.cost_fraction * stance.turned
        for name, stance in seat.stances.items()
        if stance.position is not None and isfinite(event.cost_fraction)
    }


def _longer(
    seat: Seat,
    track: Track,
    other: Version | None,
    earned: Mapping[str, float],
    since: datetime,
) -> Track:
    """Return a track with one candle more: its outcome, or that it is missing.

    A candle that one of both has seen in training is neither.
    """
    own = seat.champion
    if own is None or other is None or not (unseen(own, since) and unseen(other, since)):
        return track
    if own.name not in seat.stances or other.name not in seat.stances:
        return track  # it has not been asked for a forecast yet
    if own.name not in earned or other.name not in earned:
        return replace(track, missing=track.missing + 1)
    outcome = Outcome(since, earned[own.name], earned[other.name])
    return replace(track, outcomes=(*track.outcomes, outcome)[-MOST_OUTCOMES:])


def _stance(before: Stance | None, position: int | None) -> Stance:
    if position is None:
        return Stance(None)
    if position not in (-1, 0, 1):
        raise SeatError(f"expected a position of -1, 0 or 1, found {position!r}")
    held = 0 if before is None or before.position is None else before.position
    return Stance(position, abs(position - held))


def _is_price(price: float | None) -> bool:
    return price is not None and isfinite(price) and price > 0


def _stepped_in(seat: Seat) -> Seat:
    """Put who waits in the challenger's place, where that is free."""
    if seat.challenger is not None:
        return replace(seat, trial=Track())
    return replace(seat, challenger=seat.waiting, waiting=None, trial=Track())


def _retired(seat: Seat, version: Version) -> Seat:
    return replace(seat, retired=(*seat.retired, version)[-MOST_RETIRED:])


def _without(seat: Seat, version: Version) -> Seat:
    """Return a seat in which a version is nothing; a champion's own place is left to the caller."""
    return replace(
        seat,
        challenger=None if version is seat.challenger else seat.challenger,
        waiting=None if version is seat.waiting else seat.waiting,
        predecessors=tuple(one for one in seat.predecessors if one is not version),
        retired=tuple(one for one in seat.retired if one is not version),
    )
