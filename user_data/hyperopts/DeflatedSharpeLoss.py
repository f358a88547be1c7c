"""Hyperopt loss: the Sharpe ratio, deflated by the number of trials."""

from typing import Any

import pandas as pd
from freqtrade.optimize.hyperopt import IHyperOptLoss

from plimsoll.bridge.plugins.hyperopt_loss import count_of_trials, equity_of
from plimsoll.performance.epoch import deflated_sharpe_loss


class DeflatedSharpeLoss(IHyperOptLoss):
    """How far the Sharpe ratio of daily returns stands above the best that luck would find.

    The loss is minus a z value: -1.64 or less is 95 % confidence that the ratio is above zero,
    after as many trials as the hyperopt has epochs and ``plimsoll.trials_before`` says.
    """

    @staticmethod
    def hyperopt_loss_function(*, results: pd.DataFrame, **known: Any) -> float:
        """Value the account at every hour, open positions included, and judge its days."""
        trials = count_of_trials(known["config"])
        return deflated_sharpe_loss(equity_of(results, known), trials=trials)
