"""What a gate asks of a strategy that trades a model's forecasts, beyond what it asks of all."""

from plimsoll.gates.criterion import Criterion, Gate, Sense, Unit
from plimsoll.gates.kinds import Kind

MODEL_CRITERIA = (
    Criterion(
        name="model_adds_value",
        gates=(Gate.LAB,),
        says="reasons why the model adds nothing beyond a baseline, over the same days",
        sense=Sense.AT_MOST,
        limit=0,
        unit=Unit.COUNT,
        rests_on=(Kind.COMPARISON.value,),
        source="plan",
        why="machine learning must beat the rule baselines significantly, or is refused",
        models_only=True,
    ),
)
