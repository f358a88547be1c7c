"""Which features are kept: those worth more than shadows, in most folds of most windows."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats

from plimsoll.lab.selection.importance import SHADOW, Floats, FoldImportance

KEPT_FROM = 0.5
"""A feature is kept when it beats the best shadow in at least this share of the folds."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A feature over all folds of all windows.

    ``permutation`` is the mean growth of the log loss (nats a row), ``by_window`` its mean in each
    window; ``shap_share`` its share of all contributions; ``above_shadows`` the share of folds in
    which it was worth more than the best shadow.
    """

    name: str
    permutation: float
    by_window: tuple[float, ...]
    shap_share: float
    above_shadows: float

    @property
    def kept(self) -> bool:
        """Whether a model should learn from it."""
        return self.above_shadows >= KEPT_FROM


@dataclass(frozen=True, slots=True)
class Selection:
    """All features, the most valuable first.

    ``stability`` is the mean Spearman correlation between the windows' rankings, 1 for the same
    order and 0 for one by lot; ``None`` with one window.
    """

    features: tuple[Ranked, ...]
    shadow: float
    stability: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "shadow": self.shadow,
            "stability": self.stability,
            "features": [{**asdict(one), "kept": one.kept} for one in self.features],
        }


def select(columns: Sequence[str], windows: Sequence[Sequence[FoldImportance]]) -> Selection:
    """Rank the columns by what the folds of each window say of them."""
    shadows = np.array([name.startswith(SHADOW) for name in columns])
    folds = [fold for window in windows for fold in window]
    values = np.stack([fold.permutation for fold in folds])
    best = np.maximum(values[:, shadows].max(axis=1), 0.0) if shadows.any() else 0.0
    above = (values > np.reshape(best, (-1, 1))).mean(axis=0)
    shap = np.stack([fold.shap / fold.shap.sum() for fold in folds]).mean(axis=0)
    means = np.stack([np.mean([fold.permutation for fold in one], axis=0) for one in windows])
    ranked = [
        Ranked(
            name=name,
            permutation=float(values[:, place].mean()),
            by_window=tuple(means[:, place].tolist()),
            shap_share=float(shap[place]),
            above_shadows=float(above[place]),
        )
        for place, name in enumerate(columns)
        if not shadows[place]
    ]
    ranked.sort(key=lambda one: (-one.above_shadows, -one.permutation, one.name))
    return Selection(tuple(ranked), float(np.mean(best)), _stability(means[:, ~shadows]))


def _stability(means: Floats) -> float | None:
    if len(means) < 2 or means.shape[1] < 2:
        return None
    pairs = [
        stats.spearmanr(means[one], means[other]).statistic
        for one in range(len(means))
        for other in range(one)
    ]
    return float(np.mean(pairs))
