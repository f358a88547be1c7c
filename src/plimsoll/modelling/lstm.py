"""A long short-term memory as plain numbers: asked without PyTorch, kept without a pickle.

Source: Hochreiter and Schmidhuber (1997), Long short-term memory, with the forget gate of Gers,
Schmidhuber and Cummins (2000), Learning to forget; gates in PyTorch's order.
"""

import io
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from plimsoll.core import PlimsollError

Floats = NDArray[np.float64]

FARTHEST = 5.0
"""Inputs are clipped to so many deviations either way."""

MOST_ROWS = 2048
"""Rows that are forecast at once: a window of 24 candles and 20 features is 8 MB of them."""


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class LSTM:
    """A fitted network of one layer; it forecasts a number a row.

    A row is a window: all features of its oldest candle, then of the next, the newest last
    (`plimsoll.features.sequences.with_past`).

    Attributes
    ----------
    middles, scales
        Of each feature: what it is shifted and divided by.
    inputs, states, biases
        Gates (input, forget, cell, output, each as wide as the state) × features, × state, and one
        a gate.
    out, out_bias
        From the last state to the forecast.
    label_middle, label_scale
        What a forecast is multiplied by and shifted, one value each.
    window_candles
        Candles of a row, one value.
    """

    middles: Floats
    scales: Floats
    inputs: Floats
    states: Floats
    biases: Floats
    out: Floats
    out_bias: Floats
    label_middle: Floats
    label_scale: Floats
    window_candles: Floats

    def __post_init__(self) -> None:
        features, hidden = len(self.middles), self.states.shape[-1]
        shapes = {
            "middles": (features,),
            "scales": (features,),
            "inputs": (4 * hidden, features),
            "states": (4 * hidden, hidden),
            "biases": (4 * hidden,),
            "out": (hidden,),
            **dict.fromkeys(("out_bias", "label_middle", "label_scale", "window_candles"), (1,)),
        }
        for name, shape in shapes.items():
            values = getattr(self, name)
            if values.shape != shape or not np.isfinite(values).all():
                raise PlimsollError(
                    f"expected {name} of an LSTM, {shape} finite numbers, found {values.shape}"
                )
        if not (self.scales > 0).all() or self.window_candles[0] < 1:
            raise PlimsollError("expected scales above 0 and a window of 1 candle or more")

    @property
    def window(self) -> int:
        """Candles of a row."""
        return int(self.window_candles[0])

    def predict(self, rows: Floats) -> Floats:
        """Return a forecast a row; each depends on its own row and on no other.

        Raises
        ------
        PlimsollError
            For rows of another width, or with a value that is missing.
        """
        wanted = self.window * len(self.middles)
        if rows.ndim != 2 or rows.shape[1] != wanted:
            raise PlimsollError(
                f"expected rows of {self.window} candles × {len(self.middles)} features, "
                f"{wanted} values, found {rows.shape}"
            )
        if not np.isfinite(rows).all():
            raise PlimsollError("expected rows of known values, found NaN or infinity")
        parts = [self._block(rows[at : at + MOST_ROWS]) for at in range(0, len(rows), MOST_ROWS)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _block(self, rows: Floats) -> Floats:
        seen = scaled(rows, self.window, self.middles, self.scales)
        hidden = self.states.shape[1]
        state = np.zeros((len(rows), hidden))
        cell = np.zeros_like(state)
        for candle in range(self.window):
            sums = seen[:, candle] @ self.inputs.T + state @ self.states.T + self.biases
            taken, kept, new, shown = np.split(sums, 4, axis=1)
            cell = _sigmoid(kept) * cell + _sigmoid(taken) * np.tanh(new)
            state = _sigmoid(shown) * np.tanh(cell)
        said: Floats = state @ self.out + self.out_bias
        return said * self.label_scale + self.label_middle

    def dump(self) -> bytes:
        """Return the network as a NumPy archive without Python objects."""
        content = io.BytesIO()
        arrays = {one.name: getattr(self, one.name) for one in fields(self)}
        np.savez(content, allow_pickle=False, **arrays)
        return content.getvalue()


def load_lstm(data: bytes) -> LSTM:
    """Return the network that `LSTM.dump` wrote; reading it runs no code.

    Raises
    ------
    PlimsollError, ValueError, OSError, KeyError
        When it is none.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        names = {one.name for one in fields(LSTM)}
        if set(archive.files) != names:
            raise PlimsollError(f"expected {len(names)} arrays, found {', '.join(archive.files)}")
        return LSTM(**{name: archive[name].astype(np.float64) for name in names})


def scaled(rows: Floats, window: int, middles: Floats, scales: Floats) -> Floats:
    """Return rows × candles × features as the network reads them: shifted, scaled, clipped."""
    sequences = rows.reshape(len(rows), window, len(middles))
    return np.clip((sequences - middles) / scales, -FARTHEST, FARTHEST)


def _sigmoid(values: Floats) -> Floats:
    halves: Floats = 0.5 * (1.0 + np.tanh(0.5 * values))  # exp would overflow far below 0
    return halves
