"""Training an LSTM: by a seed, on one thread, stopped on rows that it did not learn from."""

import numpy as np
import pytest

from plimsoll.core import PlimsollError
from plimsoll.modelling.fitting import Rows, fit_regressor
from plimsoll.modelling.lstm_training import LSTMRegressor, _net, _quiet
from plimsoll.modelling.settings import TrainingSettings
from tests.unit.modelling.sequences import FEATURES, WINDOW, sequence_rows, windows

torch = pytest.importorskip(
    "torch", reason="PyTorch is not installed: pip install 'freqtrade-plimsoll[deep]'"
)


def lstm(**changed: float) -> LSTMRegressor:
    chosen = {"window_candles": WINDOW, "epochs": 60, "learning_rate": 0.02, "dropout": 0.0}
    return LSTMRegressor(**{**chosen, **changed})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def fitted() -> LSTMRegressor:
    rows = sequence_rows()
    return lstm().fit(rows.features, rows.labels)


def test_it_finds_what_no_weighted_sum_knows(fitted: LSTMRegressor) -> None:
    fresh = sequence_rows(600, seed=9)
    said = fitted.predict(fresh.features)
    learned = sequence_rows()
    slopes = np.linalg.lstsq(learned.features, learned.labels, rcond=None)[0]
    assert np.corrcoef(said, fresh.labels)[0, 1] > 0.5
    assert np.corrcoef(fresh.features @ slopes, fresh.labels)[0, 1] < 0.2


def test_plain_numbers_say_what_pytorch_says() -> None:
    made = lstm()
    rows = windows(40)
    made._middles, made._scales = np.full(FEATURES, 0.1), np.full(FEATURES, 0.7)
    made._label = 0.01, 0.5
    net = _net(torch, FEATURES, 5)
    with torch.no_grad():
        last = net["lstm"](made._tensor(torch, rows))[0][:, -1]
        wanted = net["out"](last)[:, 0].double().numpy() * 0.5 + 0.01
    assert np.allclose(made._plain(net).predict(rows), wanted, atol=1e-6)


def test_the_same_seed_gives_the_same_numbers_and_leaves_the_callers_generator(
    fitted: LSTMRegressor,
) -> None:
    rows = sequence_rows()
    torch.manual_seed(5)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    again = lstm().fit(rows.features, rows.labels)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads
    assert np.array_equal(again.predict(windows(9)), fitted.predict(windows(9)))
    other = lstm(seed=2).fit(rows.features, rows.labels)
    assert not np.array_equal(other.predict(windows(9)), fitted.predict(windows(9)))


def test_it_learns_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(2)
    with _quiet(torch, 1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2


def test_on_noise_it_stops_early_and_forecasts_next_to_nothing() -> None:
    rows = sequence_rows(strength=0.0)
    found = fit_regressor(lambda: lstm(hidden=16), rows, TrainingSettings(early_stopping_rounds=3))
    assert 1 <= found.chosen["epochs"] < 20
    fresh = sequence_rows(600, seed=9, strength=0.0)
    assert np.std(found.predict(fresh.features)) < 0.5 * np.std(fresh.labels)


def test_the_rows_that_it_stops_at_are_later_and_purged(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[np.ndarray, np.ndarray | None]] = []
    fit = LSTMRegressor.fit

    def recorded(self: LSTMRegressor, rows: np.ndarray, *others: object, **named: object) -> object:
        until = named.get("until")
        seen.append((rows, None if until is None else until[0]))  # type: ignore[index]
        return fit(self, rows, *others, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(LSTMRegressor, "fit", recorded)
    made = sequence_rows(300)
    numbered = made.features.copy()
    numbered[:, 0] = np.arange(300)
    rows = Rows(numbered, made.labels, made.weights, 4, 10)
    fit_regressor(lambda: lstm(epochs=2), rows, TrainingSettings(early_stopping_rounds=1))
    (learned, until), (all_of_them, none) = seen
    assert until is not None
    assert until[:, 0].tolist() == list(range(270, 300))
    assert learned[:, 0].tolist() == list(range(270 - 14))
    assert none is None
    assert len(all_of_them) == 300


def test_labels_that_are_no_numbers_end_in_one_line() -> None:
    rows = sequence_rows(300)
    with pytest.raises(PlimsollError, match="of an LSTM"):
        lstm(epochs=1).fit(rows.features, np.full(300, np.nan))


def test_rows_that_are_no_windows_are_refused() -> None:
    with pytest.raises(PlimsollError, match="expected rows of 6 candles, found 17 columns"):
        lstm().fit(windows(20)[:, :17], np.zeros(20))
    with pytest.raises(PlimsollError, match="an LSTM that was fitted"):
        lstm().predict(windows(3))
