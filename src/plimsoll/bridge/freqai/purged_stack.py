"""The base of stacked classifiers: several models, and one above them."""

from collections.abc import Callable, Mapping
from typing import Any

from freqtrade.exceptions import OperationalException
from freqtrade.freqai.data_kitchen import FreqaiDataKitchen

from plimsoll.bridge.freqai.purged_classifier import PurgedClassifier
from plimsoll.modelling.fitting import Fitted, Rows
from plimsoll.modelling.stacking import fit_stack


class PurgedStack(PurgedClassifier):
    """A classifier made of several; their weights are learned on purged out-of-fold forecasts."""

    def members(self) -> Mapping[str, Callable[[], Any]]:
        """Return what makes each member, by name."""
        raise NotImplementedError

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        unknown = sorted(set(self.model_training_parameters) - set(self.members()))
        if unknown:
            raise OperationalException(
                f"plimsoll: expected model_training_parameters of {type(self).__name__} by member "
                f"({', '.join(self.members())}), found {', '.join(unknown)}"
            )

    def fitted(self, rows: Rows, dk: FreqaiDataKitchen) -> Fitted:
        """Fit the members and the model above them."""
        return fit_stack(self.members(), rows, self.settings)

    def parameters_of(self, member: str) -> Mapping[str, Any]:
        """Return the config's parameters of one member."""
        found: Mapping[str, Any] = self.model_training_parameters.get(member, {})
        return found
