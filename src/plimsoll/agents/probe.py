"""What the present code makes of a made-up market: an agent is refused when it is something else.

An agent learned what certain numbers mean. Its file keeps numbers that the code gave when it
learned, for a market that is the same everywhere; where the code gives others now, it would be
told something else than it learned from, whatever the reason.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plimsoll.learning import Inputs, Play, Terms, Weights, market_of, with_signals

ROWS, PLAYED, EVERY = 480, 120, 12
HOUR = pd.Timedelta(hours=1)


def probe(inputs: Inputs, terms: Terms) -> NDArray[np.float64]:
    """Return states and equity along a made-up market, for actions that are the same everywhere."""
    market = market_of(with_signals(_candles(), inputs), HOUR)
    first = ROWS - PLAYED - 1
    game = Play(market, np.arange(first, first + 2), terms, Weights())
    seen = []
    for number in range(PLAYED - 1):
        allowed = game.masks()
        order = (np.arange(allowed.shape[1]) + number // 3) % allowed.shape[1]
        wanted = order[np.argmax(allowed[:, order], axis=1)]
        if number % EVERY == 0:
            seen.append(np.column_stack([game.observations(), game.equity()]))
        game.step(wanted)
    return np.concatenate(seen).ravel()


def agrees(kept: NDArray[np.float64], inputs: Inputs, terms: Terms) -> bool:
    """Return whether the present code gives the numbers that were kept."""
    now = probe(inputs, terms)
    return kept.shape == now.shape and bool(np.allclose(kept, now, rtol=1e-4, atol=1e-5))


def _candles() -> pd.DataFrame:
    """Return waves of several lengths: no generator, whose numbers a version might change."""
    steps = np.arange(ROWS)
    waves = [np.sin(steps / length) / (5 + place) for place, length in enumerate((3, 7, 31, 97))]
    close = 100 * np.exp(0.3 * np.sum(waves, axis=0))
    opens = np.concatenate([close[:1], close[:-1]])
    dates = pd.date_range("2024-01-02", periods=ROWS, freq=HOUR, tz="UTC")
    rates = 1e-4 * np.cos(steps / 41)
    return pd.DataFrame(
        {
            "date": dates,
            "open": opens,
            "high": np.maximum(opens, close) * (1 + 0.004 * (1 + np.sin(steps / 5))),
            "low": np.minimum(opens, close) * (1 - 0.004 * (1 + np.cos(steps / 5))),
            "close": close,
            "volume": 10 + np.sin(steps),
            "ml_signal": 0.5 + 0.4 * np.sin(steps / 13),
            "open_interest": 1e6 * np.exp(0.1 * np.sin(steps / 11)),
            "funding_rate": rates,
            "funding_paid": np.where(dates.hour % 8 == 0, rates, 0.0),
        }
    )
