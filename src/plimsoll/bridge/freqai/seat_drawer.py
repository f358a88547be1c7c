"""FreqAI's drawer of models, when a training makes a challenger and not the model in use."""

import copy
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import RLock
from typing import Any

import pandas as pd
from freqtrade.freqai.data_drawer import FreqaiDataDrawer
from freqtrade.freqai.data_kitchen import FreqaiDataKitchen

from plimsoll.bridge.champions.seats import Seats
from plimsoll.bridge.champions.versions import Made
from plimsoll.champions.events import Lost
from plimsoll.champions.judging import retraining_due
from plimsoll.champions.seat import Version
from plimsoll.core import PlimsollError

logger = logging.getLogger(__name__)

ROWS_LEARNED = "*trained*_df.pkl"
"""What FreqAI stores beside a model and never reads again: megabytes a version."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A version in memory, with what FreqAI needs to forecast by it."""

    version: Version
    model: Any
    data: dict[str, Any]
    feature_pipeline: Any
    label_pipeline: Any

    def into(self, kitchen: FreqaiDataKitchen) -> Any:
        """Give a kitchen what belongs to this version; return the model."""
        kitchen.data = self.data
        kitchen.feature_pipeline = self.feature_pipeline
        kitchen.label_pipeline = self.label_pipeline
        kitchen.training_features_list = self.data["training_features_list"]
        kitchen.label_list = self.data["label_list"]
        return self.model


class SeatDrawer(FreqaiDataDrawer):
    """Stores each training as a version, and loads what the seat's champion is.

    It takes the place of a drawer's own class (`use_seats`), so whatever writes and reads the
    files of a model, ours or another's, goes on doing so, in the version's folder.
    """

    seats: Seats
    now: Callable[[], datetime]
    _files: RLock
    _loaded: dict[tuple[str, str], Loaded]
    _began: dict[str, datetime]

    def get_pair_dict_info(self, pair: str) -> tuple[str, int]:
        """Return the name of a pair's model, and since when FreqAI need not train.

        0, never trained, when the policy wants a training now; else this moment.
        """
        name, _ = super().get_pair_dict_info(pair)
        now = self.now()
        due = retraining_due(self.seats.seat(pair, now), now, self.seats.policy)
        return name, 0 if due else int(datetime.now(UTC).timestamp())

    def training_begins(self, pair: str, first: datetime) -> None:
        """Keep from when on the rows of a training are, until it is saved."""
        self._began[pair] = first

    def save_data(self, model: Any, coin: str, dk: FreqaiDataKitchen) -> None:
        """Store a model as the pair's next version: its champion when it has none.

        Raises
        ------
        PlimsollError
            When the training made none.
        """
        if model is None:
            raise PlimsollError(f"{coin}: the training made no model")

        def write(folder: Path) -> None:
            dk.data_path = folder
            super(SeatDrawer, self).save_data(model, coin, dk)
            for rows in folder.glob(ROWS_LEARNED):
                rows.unlink()

        now = self.now()
        with self._files:
            kept = copy.copy(self.pair_dict[coin])
            about = {
                "model_filename": dk.model_filename,
                "features": list(dk.training_features_list),
                "labels": list(dk.label_list),
                "measures": dict(dk.data.get("extra_returns_per_train") or {}),
                "model": model.about.model if hasattr(model, "about") else type(model).__name__,
            }
            seen = max(now, self._newest(coin))
            made = Made(self._began.pop(coin, seen - timedelta(days=1)), seen, now, about)
            try:
                self.seats.train(coin, made, write)
            finally:
                trained_at = self.pair_dict[coin]["trained_timestamp"]
                self.pair_dict[coin] = {**kept, "trained_timestamp": trained_at}
                self._forget_in_memory(coin)

    def load_data(self, coin: str, dk: FreqaiDataKitchen) -> Any:
        """Return the champion's model, ``None`` without one; fill the kitchen with what is its."""
        while (champion := self.seats.seat(coin, self.now()).champion) is not None:
            loaded = self.loaded(coin, champion)
            if loaded is not None:
                return loaded.into(dk)
        return None

    def loaded(self, coin: str, version: Version) -> Loaded | None:
        """Return a version in memory; ``None`` when it is damaged or refused, and dropped."""
        key = (coin, version.name)
        if key not in self._loaded:
            folder = self.seats.verified(coin, version, self.now())
            if folder is None:
                return None
            with self._files:
                loaded = self._from_disk(coin, version, folder)
            if loaded is None:
                refused = "it is refused: its model, features, code or libraries are others"
                self.seats.take(coin, Lost(self.now(), version.name, refused))
                return None
            self._loaded[key] = loaded
            self._forget_gone(coin)
        return self._loaded[key]

    def purge_old_models(self) -> None:
        """Leave the versions to the seats; FreqAI's own folders are as before."""

    def _from_disk(self, coin: str, version: Version, folder: Path) -> Loaded | None:
        about = self.seats.store(coin, self.now()).versions.manifest(version.name)["about"]
        kitchen = FreqaiDataKitchen(self.config, True, coin)  # noqa: FBT003 - Freqtrade's signature
        entry = self.pair_dict.setdefault(coin, self.empty_pair_dict.copy())
        entry["model_filename"], entry["data_path"] = about["model_filename"], str(folder)
        self._forget_in_memory(coin)
        try:
            model = super().load_data(coin, kitchen)
        finally:
            self._forget_in_memory(coin)
        if model is None:
            return None
        return Loaded(
            version, model, kitchen.data, kitchen.feature_pipeline, kitchen.label_pipeline
        )

    def _forget_in_memory(self, coin: str) -> None:
        """Let FreqAI's own memory of a pair hold nothing: it is asked for one version at a time."""
        self.model_dictionary.pop(coin, None)
        self.meta_data_dictionary.pop(coin, None)

    def _forget_gone(self, coin: str) -> None:
        known = {one.name for one in self.seats.seat(coin, self.now()).forecasting}
        for key in [key for key in self._loaded if key[0] == coin and key[1] not in known]:
            del self._loaded[key]

    def _newest(self, coin: str) -> datetime:
        """Return the close of the newest candle in memory: no training has seen a later one."""
        frames = self.historic_data.get(coin, {}).values()
        last = [pd.Timestamp(frame["date"].iloc[-1]) for frame in frames if len(frame)]
        if not last:
            return datetime.fromtimestamp(0, UTC)
        newest: datetime = max(last).to_pydatetime()
        return newest + timedelta(seconds=self.seats.candle_seconds)


def use_seats(drawer: FreqaiDataDrawer, seats: Seats, now: Callable[[], datetime]) -> SeatDrawer:
    """Make a drawer one of seats, whatever its class is; return it."""
    if not isinstance(drawer, SeatDrawer):
        own = type(drawer)
        drawer.__class__ = type(f"Seat{own.__name__}", (SeatDrawer, own), {})
        drawer._files, drawer._loaded, drawer._began = RLock(), {}, {}  # noqa: SLF001
    drawer.seats, drawer.now = seats, now
    return drawer
