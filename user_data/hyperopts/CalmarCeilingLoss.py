"""Hyperopt loss: the Calmar ratio under a drawdown ceiling, with enough trades."""

from typing import Any

import pandas as pd
from freqtrade.optimize.hyperopt import IHyperOptLoss

from plimsoll.bridge.plugins.hyperopt_loss import equity_of
from plimsoll.performance.epoch import calmar_ceiling_loss


class CalmarCeilingLoss(IHyperOptLoss):
    """Yearly growth over the greatest drawdown; beyond 20 % or below 30 trades, a penalty.

    Drawdowns are those of the account at every hour, open positions included: Freqtrade's own
    Calmar loss knows realised profit only.
    """

    @staticmethod
    def hyperopt_loss_function(*, results: pd.DataFrame, **known: Any) -> float:
        """Value the account at every hour and judge its growth by its falls."""
        return calmar_ceiling_loss(equity_of(results, known), results)
