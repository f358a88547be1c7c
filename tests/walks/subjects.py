"""What is walked forward: strategies, pairs, spans and windows."""

from dataclasses import dataclass

from plimsoll.lab.study import TEN, Study

FOUR = TEN[:4]
EPOCHS = 30
"""Of each window."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A strategy over one market.

    ``own_epochs`` are those that Freqtrade's hyperopt is given to be timed; ``killed`` says
    whether the walk is killed in the middle, in a user folder of its own, and gone on with.
    """

    study: Study
    spaces: tuple[str, ...]
    train_days: int
    test_days: int
    own_epochs: int
    search_epochs: int = 300
    path_trials: int = 120
    killed: bool = False
    purge_days: int = 1

    @property
    def strategy(self) -> str:
        """Its name."""
        return self.study.strategies[0]


SUBJECTS = (
    Subject(
        Study("four pairs, 5 minutes", "5m", FOUR, "20240101-20250701", ("TrendFollow",)),
        spaces=("buy", "sell"),
        train_days=180,
        test_days=60,
        own_epochs=10,
        search_epochs=300,
        killed=True,
    ),
    Subject(
        Study("ten pairs, 1 hour", "1h", TEN, "20211001-20250701", ("TrendPortfolio",)),
        spaces=("buy",),
        train_days=360,
        test_days=160,
        own_epochs=1,
        search_epochs=12,
        path_trials=30,
        purge_days=2,
    ),
    Subject(
        Study("ten pairs, 1 hour", "1h", TEN, "20211001-20250701", ("FundingCarry",)),
        spaces=("buy",),
        train_days=360,
        test_days=160,
        own_epochs=1,
        search_epochs=12,
        path_trials=30,
        purge_days=2,
    ),
)
