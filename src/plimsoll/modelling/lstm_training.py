"""Fit an LSTM with PyTorch, on one thread and by one seed, into plain numbers."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from plimsoll.core import PlimsollError
from plimsoll.modelling.lstm import LSTM, Floats, scaled
from plimsoll.modelling.required import required

EXTRA = "deep"
STEEPEST = 1.0
"""Norm to which a step's gradient is cut."""


@dataclass(kw_only=True)
class LSTMRegressor:
    """An estimator with scikit-learn's ``fit`` and ``predict``.

    Attributes
    ----------
    window_candles
        Candles of a row.
    hidden
        Width of the state.
    epochs
        Passes through the rows.
    learning_rate, batch_rows
        Of Adam's steps.
    dropout
        Share of the last state that is left out at random while it learns.
    weight_decay
        Of Adam.
    seed
        Of first weights, order of rows and dropout.
    """

    window_candles: int
    hidden: int = 16
    epochs: int = 20
    learning_rate: float = 0.003
    batch_rows: int = 256
    dropout: float = 0.2
    weight_decay: float = 1e-4
    seed: int = 1

    def __post_init__(self) -> None:
        self.network: LSTM | None = None
        self.best_epochs = 0
        whole = {"window_candles": 2, "hidden": 1, "epochs": 1, "batch_rows": 1}
        for name, least in whole.items():
            if not getattr(self, name) >= least:
                raise PlimsollError(
                    f"LSTM: expected {name} of {least} or more, found {getattr(self, name)}"
                )
        if not (self.learning_rate > 0 and 0 <= self.dropout < 1 and self.weight_decay >= 0):
            raise PlimsollError(
                "LSTM: expected learning_rate above 0, dropout from 0 to below 1 and weight_decay "
                f"of 0 or more, found {self.learning_rate}, {self.dropout}, {self.weight_decay}"
            )

    def get_params(self) -> dict[str, Any]:
        """Return the parameters by name."""
        return asdict(self)

    def set_params(self, **changed: Any) -> "LSTMRegressor":
        """Change parameters; return itself."""
        for name, value in changed.items():
            setattr(self, name, value)
        return self

    def fit(
        self,
        rows: Floats,
        labels: Floats,
        sample_weight: Floats | None = None,
        *,
        until: tuple[Floats, Floats] | None = None,
        patience: int = 0,
    ) -> "LSTMRegressor":
        """Fit; with ``until``, until its squared error has gained nothing for so many epochs.

        ``best_epochs`` is then the epoch with the least error, and the network that of it.

        Raises
        ------
        PlimsollError
            Without PyTorch (names the extra), and for rows that are no windows.
        """
        torch = required("torch", extra=EXTRA)
        if rows.shape[1] % self.window_candles:
            raise PlimsollError(
                f"expected rows of {self.window_candles} candles, found {rows.shape[1]} columns"
            )
        newest = rows[:, -(rows.shape[1] // self.window_candles) :]
        scales = newest.std(axis=0)
        self._middles, self._scales = newest.mean(axis=0), np.where(scales > 0, scales, 1.0)
        spread = float(labels.std())
        self._label = float(labels.mean()), spread if spread > 0 else 1.0
        weights = np.ones(len(rows)) if sample_weight is None else sample_weight
        with _quiet(torch, self.seed):
            self._learn(torch, rows, labels, weights, until, patience)
        return self

    def predict(self, rows: Floats) -> Floats:
        """Return a forecast a row."""
        if self.network is None:
            raise PlimsollError("expected an LSTM that was fitted, found one that was not")
        return self.network.predict(np.asarray(rows, dtype=np.float64))

    def _learn(
        self,
        torch: Any,
        rows: Floats,
        labels: Floats,
        weights: Floats,
        until: tuple[Floats, Floats] | None,
        patience: int,
    ) -> None:
        net = _net(torch, len(self._middles), self.hidden)
        steps = torch.optim.Adam(
            net.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay
        )
        seen = self._tensor(torch, rows)
        wanted = torch.from_numpy(((labels - self._label[0]) / self._label[1]).astype(np.float32))
        counts = torch.from_numpy((weights / weights.mean()).astype(np.float32))
        least, best, kept = np.inf, 0, None
        for epoch in range(1, self.epochs + 1):
            for batch in torch.randperm(len(rows)).split(self.batch_rows):
                last = net["lstm"](seen[batch])[0][:, -1]
                last = torch.nn.functional.dropout(last, self.dropout)
                error = net["out"](last)[:, 0] - wanted[batch]
                steps.zero_grad()
                (counts[batch] * error**2).mean().backward()
                torch.nn.utils.clip_grad_norm_(net.parameters(), STEEPEST)
                steps.step()
            if until is None:
                continue
            loss = float(np.mean((self._plain(net).predict(until[0]) - until[1]) ** 2))
            if loss < least:
                least, best, kept = loss, epoch, copy.deepcopy(net.state_dict())
            elif epoch - best >= patience:
                break
        if kept is not None:
            net.load_state_dict(kept)
        self.best_epochs = best or self.epochs
        self.network = self._plain(net)

    def _tensor(self, torch: Any, rows: Floats) -> Any:
        seen = scaled(rows, self.window_candles, self._middles, self._scales)
        return torch.from_numpy(seen.astype(np.float32))

    def _plain(self, net: Any) -> LSTM:
        told = {
            name: one.detach().numpy().astype("float64") for name, one in net.named_parameters()
        }
        return LSTM(
            middles=self._middles,
            scales=self._scales,
            inputs=told["lstm.weight_ih_l0"],
            states=told["lstm.weight_hh_l0"],
            biases=told["lstm.bias_ih_l0"] + told["lstm.bias_hh_l0"],
            out=told["out.weight"][0],
            out_bias=told["out.bias"],
            label_middle=np.array([self._label[0]]),
            label_scale=np.array([self._label[1]]),
            window_candles=np.array([float(self.window_candles)]),
        )


def _net(torch: Any, features: int, hidden: int) -> Any:
    return torch.nn.ModuleDict(
        {
            "lstm": torch.nn.LSTM(features, hidden, batch_first=True),
            "out": torch.nn.Linear(hidden, 1),
        }
    )


@contextmanager
def _quiet(torch: Any, seed: int) -> Iterator[None]:
    """One thread and one seed for a while; the caller's generator and threads are as before."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
