"""The criteria of every gate, as one table. `docs/gates.md` is generated from it."""

from plimsoll.gates.criterion import Criterion, Gate, Sense, Unit
from plimsoll.gates.kinds import Kind
from plimsoll.gates.model_criteria import MODEL_CRITERIA

ONE_SIDED_LEVEL = 0.95
"""The confidence of every lower bound: one test in twenty passes without an edge, no more."""
BASELINES = ("BuyAndHold", "SlowTrend")
"""Shipped strategies that a candidate must beat; NoTrade needs no backtest: it makes nothing."""
STEPS_USD = (500.0, 1_000.0, 2_000.0, 5_000.0)
"""The capital of each stage of live trading."""
PLAN, PAPER, OURS = "plan", "paper", "ours"

_SANDBOX, _LAB, _PAPER, _LIVE, _SCALE = ((gate,) for gate in Gate)
_WALK, _DATA, _TRADES = Kind.WALK_FORWARD.value, Kind.DATA_CHECK.value, Kind.PAPER.value

_OUT_OF_SAMPLE = (
    Criterion(
        name="data_errors",
        gates=_SANDBOX,
        says="errors that the check of the candles found",
        sense=Sense.AT_MOST,
        limit=0,
        unit=Unit.COUNT,
        rests_on=(_DATA, _WALK),
        source=PLAN,
        why="data quality is verified before anything is believed",
    ),
    Criterion(
        name="out_of_sample_days",
        gates=_SANDBOX,
        says="days that were tested and never trained on",
        sense=Sense.AT_LEAST,
        limit=180,
        unit=Unit.DAYS,
        rests_on=(_WALK,),
        source=OURS,
        why="over half a year the standard error of a yearly Sharpe ratio is already 1.4",
    ),
    Criterion(
        name="out_of_sample_trades",
        gates=_SANDBOX,
        says="trades out of sample",
        sense=Sense.AT_LEAST,
        limit=30,
        unit=Unit.COUNT,
        rests_on=(_WALK,),
        source=OURS,
        why="as the divergence guard: below this the error of a mean is itself hardly known",
    ),
    Criterion(
        name="out_of_sample_sharpe",
        gates=_SANDBOX,
        says="lower bound (95 %, one-sided) of the yearly Sharpe ratio out of sample",
        sense=Sense.ABOVE,
        limit=0.0,
        unit=Unit.NUMBER,
        rests_on=(_WALK,),
        source=PLAN,
        why="a consistently positive Sharpe ratio out of sample",
    ),
    Criterion(
        name="out_of_sample_drawdown",
        gates=_SANDBOX,
        says="largest drawdown out of sample, of the marked equity",
        sense=Sense.BELOW,
        limit=0.20,
        unit=Unit.FRACTION,
        rests_on=(_WALK,),
        source=PLAN,
        why="a realistic drawdown: less than 20 % from peak to trough",
    ),
    Criterion(
        name="profitable_windows",
        gates=_SANDBOX,
        says="share of the windows whose test made a profit",
        sense=Sense.AT_LEAST,
        limit=0.5,
        unit=Unit.FRACTION,
        rests_on=(_WALK,),
        source=PLAN,
        why="consistent, so not one lucky window; the share is ours",
    ),
    Criterion(
        name="too_good",
        gates=_SANDBOX,
        says="reasons why the tested days are too good to be true",
        sense=Sense.AT_MOST,
        limit=0,
        unit=Unit.COUNT,
        rests_on=(_WALK,),
        source=PAPER,
        why="Grinold & Kahn 1999: no forecast knows as much; look for a leak instead",
    ),
    Criterion(
        name="holding_minutes",
        gates=_SANDBOX,
        says="median time that a position is held",
        sense=Sense.AT_LEAST,
        limit=30,
        unit=Unit.MINUTES,
        rests_on=(_WALK,),
        source=PLAN,
        why="no high-frequency trading; the figure is ours",
    ),
    Criterion(
        name="daily_turnover",
        gates=_SANDBOX,
        says="traded notional over equity, a day",
        sense=Sense.AT_MOST,
        limit=5,
        unit=Unit.NUMBER,
        rests_on=(_WALK,),
        source=PLAN,
        why="no high-frequency trading; the figure is ours",
    ),
)

_SIGNIFICANCE = (
    Criterion(
        name="deflated_sharpe",
        gates=_LAB,
        says="probability that the Sharpe ratio is above the best that luck finds in all counted "
        "trials that saw the tested days",
        sense=Sense.AT_LEAST,
        limit=0.95,
        unit=Unit.FRACTION,
        rests_on=(_WALK, Kind.TRIALS.value),
        source=PAPER,
        why="Bailey & López de Prado 2014, The Deflated Sharpe Ratio",
    ),
    Criterion(
        name="overfitting",
        gates=_LAB,
        says="probability of backtest overfitting: the best in sample ranks below the median out "
        "of it",
        sense=Sense.BELOW,
        limit=0.5,
        unit=Unit.FRACTION,
        rests_on=(Kind.PATHS.value, _WALK),
        source=PAPER,
        why="Bailey, Borwein, López de Prado & Zhu 2017: from one half on, selection does harm",
    ),
    *(
        Criterion(
            name=f"beats_{slug}",
            gates=_LAB,
            says=f"lower bound (95 %, one-sided) of the Sharpe ratio beyond that of {name} on the "
            "same days",
            sense=Sense.ABOVE,
            limit=0.0,
            unit=Unit.NUMBER,
            rests_on=(_WALK, f"{Kind.RESULT.value} {name}"),
            source=PLAN,
            why="significantly better than a simple baseline, on unseen data",
        )
        for slug, name in zip(("buy_and_hold", "slow_trend"), BASELINES, strict=True)
    ),
    Criterion(
        name="beats_no_trade",
        gates=_LAB,
        says="lower bound (95 %, one-sided) of the yearly mean return out of sample",
        sense=Sense.ABOVE,
        limit=0.0,
        unit=Unit.FRACTION,
        rests_on=(_WALK,),
        source=PLAN,
        why="doing nothing makes 0",
    ),
)

_PAPER_TRADING = (
    Criterion(
        name="paper_days",
        gates=_PAPER,
        says="days of paper trading on real prices",
        sense=Sense.AT_LEAST,
        limit=90,
        unit=Unit.DAYS,
        rests_on=(_TRADES,),
        source=PLAN,
        why="positive metrics for at least three months",
    ),
    Criterion(
        name="paper_silence",
        gates=_PAPER,
        says="longest time without a record of the bot",
        sense=Sense.AT_MOST,
        limit=24,
        unit=Unit.HOURS,
        rests_on=(_TRADES,),
        source=PLAN,
        why="it runs uninterrupted; the figure is ours",
    ),
    Criterion(
        name="paper_trades",
        gates=_PAPER,
        says="closed paper trades",
        sense=Sense.AT_LEAST,
        limit=30,
        unit=Unit.COUNT,
        rests_on=(_TRADES,),
        source=OURS,
        why="fewer say little of execution",
    ),
    Criterion(
        name="paper_profit",
        gates=_PAPER,
        says="profit of the closed paper trades",
        sense=Sense.ABOVE,
        limit=0.0,
        unit=Unit.USD,
        rests_on=(_TRADES,),
        source=PLAN,
        why="positive metrics for at least three months",
    ),
    Criterion(
        name="paper_drawdown",
        gates=_PAPER,
        says="largest drawdown of the paper account",
        sense=Sense.BELOW,
        limit=0.20,
        unit=Unit.FRACTION,
        rests_on=(_TRADES,),
        source=PLAN,
        why="drawdown under the defined limit",
    ),
    Criterion(
        name="parity_difference",
        gates=_PAPER,
        says="what paper and a backtest of the same days differ by, trade by trade",
        sense=Sense.AT_MOST,
        limit=0.05,
        unit=Unit.FRACTION,
        rests_on=(Kind.PARITY.value, _TRADES),
        source=PLAN,
        why="paper matches the backtest within 5 %",
    ),
    Criterion(
        name="parity_days",
        gates=_PAPER,
        says="days that parity was compared over",
        sense=Sense.AT_LEAST,
        limit=14,
        unit=Unit.DAYS,
        rests_on=(Kind.PARITY.value,),
        source=PLAN,
        why="a comparison over 7 to 14 days; the longer one",
    ),
)

_OPERATION = (
    Criterion(
        name="log_faults",
        gates=(Gate.PAPER, Gate.SCALE),
        says="faults in the chain of the decision log",
        sense=Sense.AT_MOST,
        limit=0,
        unit=Unit.COUNT,
        rests_on=(Kind.LOG.value,),
        source=PLAN,
        why="clean audit logs of all decisions",
    ),
    Criterion(
        name="position_breaks",
        gates=(Gate.PAPER, Gate.SCALE),
        says="breaks between the bot's books and the exchange's",
        sense=Sense.AT_MOST,
        limit=0,
        unit=Unit.COUNT,
        rests_on=(Kind.AUDIT.value,),
        source=OURS,
        why="what a bot does not know that it holds, no guard closes",
    ),
)

_GOING_LIVE = (
    Criterion(
        name="drill_failures",
        gates=_LIVE,
        says="rows of the drill matrix that are red or missing",
        sense=Sense.AT_MOST,
        limit=0,
        unit=Unit.COUNT,
        rests_on=(Kind.DRILL.value,),
        source=PLAN,
        why="all kill switches and notifications were tested in simulation",
    ),
    Criterion(
        name="capital",
        gates=_LIVE,
        says="capital that the config lets the bot trade with",
        sense=Sense.AT_MOST,
        limit=STEPS_USD[0],
        unit=Unit.USD,
        rests_on=(Kind.ATTESTATION.value,),
        source=PLAN,
        why="start with 500 USD",
    ),
    Criterion(
        name="looser_limits",
        gates=_LIVE,
        says="limits of the risk profile that are looser than those that the evidence was made "
        "with",
        sense=Sense.AT_MOST,
        limit=0,
        unit=Unit.COUNT,
        rests_on=(_WALK, _TRADES),
        source=OURS,
        why="what was tested is what is traded; tighter is always allowed",
    ),
    Criterion(
        name="attested",
        gates=(Gate.LIVE, Gate.SCALE),
        says="a person who says by name, and why, that money may be lost here",
        sense=Sense.AT_LEAST,
        limit=1,
        unit=Unit.COUNT,
        rests_on=(Kind.ATTESTATION.value,),
        source=PLAN,
        why="a person's attestation is part of going live",
    ),
)

_SCALING = (
    Criterion(
        name="step_days",
        gates=_SCALE,
        says="days at the present step of capital",
        sense=Sense.AT_LEAST,
        limit=14,
        unit=Unit.DAYS,
        rests_on=(Kind.LIVE.value,),
        source=PLAN,
        why="two weeks of each step before the next",
    ),
    Criterion(
        name="step_profit",
        gates=_SCALE,
        says="profit of the trades closed at this step",
        sense=Sense.ABOVE,
        limit=0.0,
        unit=Unit.USD,
        rests_on=(Kind.LIVE.value,),
        source=PLAN,
        why="the next step only if this one is profitable",
    ),
    Criterion(
        name="step_drawdown",
        gates=_SCALE,
        says="largest drawdown at this step",
        sense=Sense.BELOW,
        limit=0.10,
        unit=Unit.FRACTION,
        rests_on=(Kind.LIVE.value,),
        source=PLAN,
        why="the kill switch of the first money is at 10 %",
    ),
    Criterion(
        name="live_difference",
        gates=_SCALE,
        says="what live and a backtest of the same days differ by, trade by trade",
        sense=Sense.AT_MOST,
        limit=0.20,
        unit=Unit.FRACTION,
        rests_on=(Kind.PARITY.value,),
        source=PLAN,
        why="back to paper when results deviate by more than 20 %",
    ),
    Criterion(
        name="next_capital",
        gates=_SCALE,
        says="capital of the step that is asked for",
        sense=Sense.AT_MOST,
        limit=STEPS_USD[-1],
        unit=Unit.USD,
        rests_on=(Kind.ATTESTATION.value,),
        source=PLAN,
        why="500, then 1,000, then 2,000 to 5,000 USD",
    ),
)

CRITERIA: tuple[Criterion, ...] = (
    *_OUT_OF_SAMPLE,
    *_SIGNIFICANCE,
    *MODEL_CRITERIA,
    *_PAPER_TRADING,
    *_OPERATION,
    *_GOING_LIVE,
    *_SCALING,
)
"""Every criterion, in the order of the gates."""

NAMES = frozenset(one.name for one in CRITERIA)


def criteria_of(gate: Gate, *, has_model: bool) -> tuple[Criterion, ...]:
    """Return what a gate asks of a strategy with a model or without, with the shipped limits."""
    return tuple(one for one in CRITERIA if gate in one.gates and has_model >= one.models_only)
