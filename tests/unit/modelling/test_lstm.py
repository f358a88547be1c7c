"""An LSTM of plain numbers: its equations, its file, and what it refuses."""

import io
from typing import Any

import numpy as np
import pytest

from plimsoll.core import PlimsollError
from plimsoll.modelling.lstm import FARTHEST, LSTM, load_lstm
from plimsoll.modelling.parts import Part, load_part
from tests.unit.modelling.sequences import FEATURES, WINDOW, drawn_lstm, windows


def by_hand(net: LSTM, row: np.ndarray) -> float:
    """One row by the equations of Hochreiter and Schmidhuber, gate by gate."""
    size = net.states.shape[1]
    state, cell = np.zeros(size), np.zeros(size)
    for seen in row.reshape(WINDOW, -1):
        known = np.clip((seen - net.middles) / net.scales, -FARTHEST, FARTHEST)

        def gate(place: int, known: np.ndarray = known, state: np.ndarray = state) -> np.ndarray:
            of = slice(place * size, (place + 1) * size)
            return net.inputs[of] @ known + net.states[of] @ state + net.biases[of]

        taken, kept, shown = (1 / (1 + np.exp(-gate(place))) for place in (0, 1, 3))
        cell = kept * cell + taken * np.tanh(gate(2))
        state = shown * np.tanh(cell)
    return float((state @ net.out + net.out_bias[0]) * net.label_scale[0] + net.label_middle[0])


def test_a_forecast_is_what_the_equations_say() -> None:
    net, rows = drawn_lstm(), 3 * windows(20)
    said = net.predict(rows)
    assert np.allclose(said, [by_hand(net, row) for row in rows], rtol=1e-12)
    assert np.ptp(said) > 0.1


def test_a_row_alone_is_forecast_as_among_others() -> None:
    net, rows = drawn_lstm(), windows(3_000)
    alone = [net.predict(row[None])[0] for row in rows[2_040:2_060]]
    assert np.allclose(net.predict(rows)[2_040:2_060], alone, rtol=1e-12, atol=0)


def test_the_order_of_candles_matters_and_far_values_are_cut() -> None:
    net, rows = drawn_lstm(), windows(10)
    turned = rows.reshape(10, WINDOW, FEATURES)[:, ::-1].reshape(10, -1)
    assert not np.allclose(net.predict(rows), net.predict(turned))
    far, farther = np.full((1, WINDOW * FEATURES), 1e3), np.full((1, WINDOW * FEATURES), 1e9)
    assert net.predict(far) == net.predict(farther)


def test_it_comes_back_from_its_file_exactly_and_the_file_is_no_pickle() -> None:
    net, rows = drawn_lstm(), windows(50)
    data = Part("plimsoll", net, 0).dump()
    assert np.array_equal(load_part("plimsoll", data, classes=0).predict(rows), net.predict(rows))
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        assert all(archive[name].dtype == np.float64 for name in archive.files)


def archive_of(**changed: Any) -> bytes:
    """The file of a network with other arrays; ``None`` leaves one out."""
    with np.load(io.BytesIO(drawn_lstm().dump())) as archive:
        arrays = {**{name: archive[name] for name in archive.files}, **changed}
    made = io.BytesIO()
    np.savez(made, **{name: one for name, one in arrays.items() if one is not None})
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"rubbish", "expected a model file of plimsoll"),
        (archive_of(out=None), "expected 10 arrays"),
        (archive_of(out=np.array([object()] * 4)), "allow_pickle=False"),
        (archive_of(out=np.ones(3)), r"expected out of an LSTM, \(4,\)"),
        (archive_of(biases=np.full(16, np.nan)), "expected biases of an LSTM"),
        (archive_of(scales=np.zeros(3)), "expected scales above 0"),
        (archive_of(window_candles=np.zeros(1)), "a window of 1 candle or more"),
    ],
)
def test_a_file_that_is_none_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(PlimsollError, match=said):
        load_part("plimsoll", data, classes=0)
    with pytest.raises((PlimsollError, ValueError)):
        load_lstm(data)


def test_rows_of_another_width_or_with_a_missing_value_are_refused() -> None:
    net = drawn_lstm()
    with pytest.raises(PlimsollError, match="rows of 6 candles × 3 features, 18 values"):
        net.predict(windows(4)[:, :17])
    holed = windows(4)
    holed[2, 5] = np.nan
    with pytest.raises(PlimsollError, match="found NaN"):
        net.predict(holed)
    assert net.predict(windows(0)).shape == (0,)
