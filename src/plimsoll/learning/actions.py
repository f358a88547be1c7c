"""The six actions of an agent, and which of them an account may take now."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Action(IntEnum):
    """What an agent decides at the close of a candle; it is carried out on the next one."""

    HOLD = 0
    LONG = 1
    SHORT = 2
    EXIT = 3
    SCALE_IN = 4
    SCALE_OUT = 5


COUNT = len(Action)


def allowed(
    units: NDArray[np.int_],
    *,
    most_units: int,
    can_short: bool,
    affordable: NDArray[np.bool_],
    closing: NDArray[np.bool_],
    known: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Return which actions each account may take, accounts × actions.

    An account without a position may enter; one with a position may leave it, add a unit up to
    ``most_units`` and take one off down to one. A position is never turned round in one step:
    Freqtrade cannot. On a closing candle a position must be left and nothing else may be done;
    where the state is not known, nothing may be done at all.

    Parameters
    ----------
    units
        Units held, signed by the side.
    most_units
        How many there may be.
    can_short
        Whether short positions may be entered.
    affordable
        Whether there is margin for another unit.
    closing
        Whether the episode ends with the next candle.
    known
        Whether all numbers of the state are known.
    """
    flat, count = units == 0, np.abs(units)
    free = known & ~closing
    masks = np.zeros((len(units), COUNT), dtype=bool)
    masks[:, Action.LONG] = flat & free & affordable
    masks[:, Action.SHORT] = flat & free & affordable & can_short
    masks[:, Action.EXIT] = ~flat & (free | closing)
    masks[:, Action.SCALE_IN] = ~flat & free & (count < most_units) & affordable
    masks[:, Action.SCALE_OUT] = free & (count > 1)
    masks[:, Action.HOLD] = ~closing | flat
    return masks


def carried_out(
    wanted: NDArray[np.int_], masks: NDArray[np.bool_]
) -> tuple[NDArray[np.int_], NDArray[np.bool_]]:
    """Return what becomes of actions: one that is not allowed is none, except on a closing candle.

    Returns
    -------
    The actions that are carried out, and where one was refused.
    """
    refused = ~masks[np.arange(len(wanted)), wanted]
    must_exit = ~masks[:, Action.HOLD]
    instead = np.where(must_exit, int(Action.EXIT), int(Action.HOLD))
    return np.where(refused, instead, wanted), refused


def intended(units: NDArray[np.int_], actions: NDArray[np.int_]) -> NDArray[np.int_]:
    """Return the signed units that an account has once an action is carried out.

    Whether the next candle liquidates it is not known when it is decided.
    """
    side = np.sign(units)
    one = np.ones_like(units)
    choices = np.stack([units, one, -one, 0 * units, units + side, units - side])
    return choices[actions, np.arange(len(units))]
