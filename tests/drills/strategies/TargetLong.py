"""Long with a target far away, and a model that says how often it was right."""

import json
from datetime import datetime
from pathlib import Path

from AlwaysLong import AlwaysLong

from plimsoll.core import ModelHealth
from plimsoll.features import FeatureUse, volatility


class TargetLong(AlwaysLong):
    """The round trip and a model's accuracy; the file ``model.json`` says what it is."""

    def target_distance(self) -> tuple[FeatureUse, float]:
        return volatility.atr.use(period=14), 100.0

    def on_loop(self, now: datetime) -> None:
        file = Path(self.config["user_data_dir"]) / "model.json"
        models = (ModelHealth(**json.loads(file.read_text())),) if file.exists() else ()
        self._session.set_models(models)
