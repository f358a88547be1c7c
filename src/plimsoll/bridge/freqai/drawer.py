"""FreqAI's store of models, with native files in the place of pickles."""

import logging
from pathlib import Path
from typing import Any

import pandas as pd
import rapidjson
from datasieve.pipeline import Pipeline
from freqtrade.exceptions import OperationalException
from freqtrade.freqai.data_drawer import (
    FEATURE_PIPELINE,
    LABEL_PIPELINE,
    METADATA,
    METADATA_NUMBER_MODE,
    FreqaiDataDrawer,
)
from freqtrade.freqai.data_kitchen import FreqaiDataKitchen

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.core import PlimsollError
from plimsoll.modelling.files import Model, manifest_file, read_model, write_model

logger = logging.getLogger(__name__)


class NativeDrawer(FreqaiDataDrawer):
    """Keeps models as `plimsoll.modelling.files` does; what that does not vouch for is not loaded.

    FreqAI pickles the model and its scaling, and a pickle runs what it says. Here the scaling is
    made again from the lowest and highest values in the manifest, by the same steps. FreqAI's
    metadata are JSON already. Its past predictions (``historic_predictions.pkl``) stay its own.
    """

    def __init__(self, full_path: Path, config: dict[str, Any], *, scaling: Any, name: str) -> None:
        super().__init__(full_path, config)
        self._new_scaling, self._name = scaling, name

    def has_model(self, dk: FreqaiDataKitchen) -> bool:
        """Return whether a model is there that may be loaded; say why one may not."""
        if not manifest_file(dk.data_path, dk.model_filename).is_file():
            return False
        try:
            self._read(dk)
        except PlimsollError as error:
            logger.error("plimsoll: %s: %s", dk.pair, error)  # noqa: TRY400 - one line
            return False
        return True

    def save_data(self, model: Model | None, coin: str, dk: FreqaiDataKitchen) -> None:
        """Write a model that was trained, and hold it in memory; nothing of a refused training."""
        if model is None:
            return
        dk.data_path.mkdir(parents=True, exist_ok=True)
        try:
            self.save_metadata(dk)
            write_model(dk.data_path, dk.model_filename, model)
        except PlimsollError as error:
            raise OperationalException(f"plimsoll: {error}") from None
        self._hold(model, coin, dk)
        self.pair_dict[coin]["model_filename"] = dk.model_filename
        self.pair_dict[coin]["data_path"] = str(dk.data_path)
        self.save_drawer_to_disk()

    def load_data(self, coin: str, dk: FreqaiDataKitchen) -> Model | None:
        """Return a pair's model; ``None``, after one line, where it is refused."""
        if not self.pair_dict[coin]["model_filename"]:
            return None
        if dk.live:
            dk.model_filename = self.pair_dict[coin]["model_filename"]
            dk.data_path = Path(self.pair_dict[coin]["data_path"])
        held = self.meta_data_dictionary.get(coin)
        if dk.live and held is not None and coin in self.model_dictionary:
            dk.data = held[METADATA]
            dk.feature_pipeline, dk.label_pipeline = held[FEATURE_PIPELINE], held[LABEL_PIPELINE]
            dk.training_features_list = dk.data["training_features_list"]
            dk.label_list = dk.data["label_list"]
            return self.model_dictionary[coin]
        try:
            model = self._read(dk)
        except PlimsollError as error:
            self.refuse(coin, error)
            return None
        self._hold(model, coin, dk)
        return model

    def refuse(self, coin: str, why: object) -> None:
        """Say why a model is not used and forget it, so that the pair is trained anew."""
        logger.error("plimsoll: %s: no forecast and no trade: %s", coin, why)
        self.model_dictionary.pop(coin, None)
        self.meta_data_dictionary.pop(coin, None)
        self.pair_dict[coin].update(model_filename="", trained_timestamp=0)
        self.save_drawer_to_disk()

    def _hold(self, model: Model, coin: str, dk: FreqaiDataKitchen) -> None:
        self.model_dictionary[coin] = model
        self.meta_data_dictionary[coin] = {
            METADATA: dk.data,
            FEATURE_PIPELINE: dk.feature_pipeline,
            LABEL_PIPELINE: dk.label_pipeline,
        }

    def _read(self, dk: FreqaiDataKitchen) -> Model:
        """Read model, metadata and scaling into the kitchen.

        Raises
        ------
        PlimsollError
            When any of them is refused.
        """
        model = read_model(
            dk.data_path, dk.model_filename, model=self._name, code=code_fingerprint()
        )
        file = dk.data_path / f"{dk.model_filename}_{METADATA}.json"
        try:
            data = rapidjson.loads(file.read_text(), number_mode=METADATA_NUMBER_MODE)
            dk.training_features_list, dk.label_list = (
                data["training_features_list"],
                data["label_list"],
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PlimsollError(
                f"expected FreqAI's metadata in {file}, found {type(error).__name__}: {error}; "
                "the model is refused"
            ) from None
        dk.data = data
        ranges = pd.DataFrame(model.about.features)
        dk.feature_pipeline = self._new_scaling().fit(ranges)
        dk.label_pipeline = Pipeline([]).fit(pd.DataFrame(0.0, [0], dk.label_list))
        return model
