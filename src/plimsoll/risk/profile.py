"""Every limit, in one frozen model. No other module holds a limit."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails

from plimsoll.risk.limit import again, disorder, limit
from plimsoll.risk.trading_hours import Weekday, Window, check_hours

_losses, _pace, _size = (partial(limit, group) for group in ("Losses", "Pace", "Size"))
_leverage, _costs = partial(limit, "Leverage"), partial(limit, "Entry costs")
_data, _model = partial(limit, "Data and API"), partial(limit, "Model")
_books = partial(limit, "Exchange's books")
_sizing, _verdicts = partial(limit, "Sizing"), partial(limit, "Verdicts")


class RiskProfile(BaseModel):
    """The limits of one account: ``plimsoll.risk`` in the Freqtrade config.

    Fractions are fractions (0.03 is 3 %), USD is the stake currency, times are UTC. The bounds
    in the types are hard caps that no configuration can pass; ``null`` switches a limit off.
    The defaults are the profile ``careful``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    # Losses
    max_daily_loss_fraction: Annotated[
        float,
        _losses(
            "a quarter of the drawdown that halts",
            "Loss since the day began, as a fraction of its equity.",
            gt=0,
            le=0.10,
        ),
    ] = 0.03
    max_daily_loss_usd: Annotated[
        float | None,
        _losses(
            "off: an amount depends on the account",
            "Loss since the day began, in USD; the tighter of both holds.",
            gt=0,
        ),
    ] = None
    day_starts_at_hour_utc: Annotated[
        int,
        _losses(
            "where daily candles begin", "The hour at which a trading day begins.", ge=0, le=23
        ),
    ] = 0
    drawdown_reduce_fraction: Annotated[
        float,
        _losses(
            "two thirds of the drawdown that halts",
            "Fall from the high-water mark at which stakes shrink.",
            gt=0,
            le=0.15,
        ),
    ] = 0.08
    drawdown_stake_multiplier: Annotated[
        float, _losses("half", "Factor on every stake in such a drawdown.", ge=0, lt=1)
    ] = 0.5
    drawdown_halt_fraction: Annotated[
        float,
        _losses(
            "our choice, between 10 and 15 %",
            "Fall from the high-water mark at which the account is halted.",
            gt=0,
            le=0.15,
        ),
    ] = 0.12
    terminal_drawdown_fraction: Annotated[
        float | None,
        _losses(
            "within the third fall of 12 %: two of them are 23 %",
            "Fall from the highest equity ever, which no re-arming resets, at which the account is "
            "halted and beyond which only --beyond-terminal re-arms it; null: no such drawdown.",
            gt=0,
            le=0.5,
        ),
    ] = 0.25
    probation_days: Annotated[
        float,
        _losses(
            "two weeks, as long as each step of the first real money",
            "Length of the probation after a re-arming; a new highest equity ends it; 0: none.",
            ge=0,
            le=365,
        ),
    ] = 14.0
    probation_stake_fraction: Annotated[
        float,
        _losses(
            "half, as in a drawdown", "Factor on every stake on probation; 1: none.", gt=0, le=1
        ),
    ] = 0.5
    max_consecutive_losses: Annotated[
        int, _losses("1 in 32 by chance", "Losing trades in a row before a pause.", ge=1, le=20)
    ] = 5
    consecutive_losses_pause_hours: Annotated[
        float,
        _losses("one day", "Length of the pause, from the last loss.", gt=0, le=24 * 30),
    ] = 24.0
    flatten_on_consecutive_losses: Annotated[
        bool,
        _losses(
            "off: closed losses say little about open positions",
            "Whether the pause also closes the open positions.",
        ),
    ] = False

    # Pace
    cooldown_seconds: Annotated[
        float,
        _pace(
            "three candles of 5 m",
            "Wait after a pair's trade has closed before its next entry.",
            ge=0,
            le=7 * 86400,
        ),
    ] = 900.0
    max_trades_per_day: Annotated[
        int, _pace("our choice", "Trades opened in one trading day.", ge=1, le=10_000)
    ] = 10
    max_orders: Annotated[
        int,
        _pace(
            "stops a runaway loop: EU 2017/589 (RTS 6), article 15",
            "Orders within the window before entries are denied.",
            ge=1,
            le=1000,
        ),
    ] = 20
    order_window_seconds: Annotated[
        float, _pace("one minute", "Length of the throttle's window.", gt=0, le=86400)
    ] = 60.0
    trading_hours_utc: Annotated[
        Mapping[Weekday, tuple[Window, ...]] | None,
        AfterValidator(check_hours),
        _pace(
            "off: the market never closes",
            'Hours of entries by weekday, as {"monday": ["08:00-22:00"]}; a weekday that is not '
            "listed has none; null: always.",
        ),
    ] = None

    # Size
    max_position_usd: Annotated[
        float | None,
        _size("off: an amount depends on the account", "Notional of one position.", gt=0),
    ] = None
    max_position_fraction: Annotated[
        float,
        _size("no more than the account", "Notional of one position over equity.", gt=0, le=5),
    ] = 1.0
    max_exposure_usd: Annotated[
        float | None,
        _size("off: an amount depends on the account", "Notional of all positions.", gt=0),
    ] = None
    max_exposure_fraction: Annotated[
        float,
        _size(
            "the whole account at max_leverage",
            "Notional of all positions over equity.",
            gt=0,
            le=10,
        ),
    ] = 3.0
    max_open_positions: Annotated[
        int, _size("the base profile's max_open_trades", "Open positions.", ge=1, le=100)
    ] = 4
    max_portfolio_heat_fraction: Annotated[
        float,
        _size("the hard cap", "What all stops together would cost, over equity.", gt=0, le=0.20),
    ] = 0.20
    max_risk_per_trade_fraction: Annotated[
        float,
        _size(
            "the traders' rule of 1 % a trade",
            "What a trade loses at its stop, fees included, over equity.",
            gt=0,
            le=0.05,
        ),
    ] = 0.01
    breaker_stop_fraction: Annotated[
        float,
        _size(
            "every stop counts where it is",
            "Distance of a stop from the price beyond which it counts at this distance in heat "
            "and risk per trade: a breaker for jumps, not where positions end.",
            ge=0.10,
            le=1,
        ),
    ] = 1.0
    max_correlation: Annotated[
        float,
        _size(
            "72 % of the variance shared: measured on real data, see denials.md",
            "Correlation with an open position, signed by the sides: 1 is the same bet.",
            ge=0,
            le=1,
        ),
    ] = 0.85

    correlation_candles: Annotated[
        int,
        _size("a day of 5 m", "Latest candles whose returns are compared.", ge=20, le=5000),
    ] = 288

    # Leverage
    max_leverage: Annotated[
        float, _leverage("liquidation about a third away", "Leverage of any account.", ge=1, le=5)
    ] = 3.0
    proven_max_leverage: Annotated[
        float,
        _leverage("the hard cap", "Leverage of an account that has proven itself.", ge=1, le=5),
    ] = 5.0
    proven_trades: Annotated[
        int, _leverage("win rate to ±5 points", "Closed trades that the proof needs.", ge=30)
    ] = 100
    proven_win_rate_fraction: Annotated[
        float, _leverage("5 points above even", "The win rate must be above this.", ge=0.5, lt=1)
    ] = 0.55
    proven_sharpe: Annotated[
        float, _leverage("our choice", "The annual Sharpe ratio must be above this.", ge=1)
    ] = 1.8
    proven_drawdown_fraction: Annotated[
        float, _leverage("our choice", "The deepest drawdown must be below this.", gt=0, le=0.2)
    ] = 0.15
    min_liquidation_distance_fraction: Annotated[
        float,
        _leverage(
            "about half of what 3x leaves",
            "Distance from mark price to liquidation price below which a position is closed.",
            ge=0.05,
            lt=1,
        ),
    ] = 0.15

    # Costs of an entry
    max_price_deviation_fraction: Annotated[
        float | None,
        _costs(
            "Freqtrade's own bound of a strategy's price",
            "Distance of an order's price from the mark price, on either side.",
            gt=0,
            le=0.10,
        ),
    ] = 0.02
    max_spread_fraction: Annotated[
        float | None,
        _costs("five times costs.spread_bps", "Spread over the mid price.", gt=0, le=0.05),
    ] = 0.001
    max_liquidity_share_fraction: Annotated[
        float | None,
        _costs("off", "Notional of an entry over the depth that the market offers.", gt=0, le=1),
    ] = None
    min_target_to_cost: Annotated[
        float,
        _costs(
            "a thinner target loses even when it is reached",
            "Profit at the target over the cost of the round trip.",
            ge=1,
        ),
    ] = 1.0

    # Data and API
    max_candle_delay_seconds: Annotated[
        float,
        _data(
            "our choice: a late candle is an old price",
            "How late a candle may be before entries of its pair are denied.",
            ge=0,
            le=3600,
        ),
    ] = 5.0
    max_blind_seconds: Annotated[
        float,
        _data(
            "one candle of 5 m missed",
            "How late a candle may be before a position of its pair is closed.",
            gt=0,
            le=86400,
        ),
    ] = 300.0
    max_mark_jump_fraction: Annotated[
        float,
        _data(
            "more than a crash moves within one loop",
            "Move of the mark price between two observations above which it may be a wrong tick.",
            gt=0,
            le=1,
        ),
    ] = 0.10
    max_mark_deviation_fraction: Annotated[
        float,
        _data(
            "more than book and mark part by, but in a crash",
            "Distance of the order book's price of a position from the exchange's mark price, or "
            "from a newer close, above which the worse of both is its mark.",
            gt=0,
            le=0.05,
        ),
    ] = 0.01
    max_api_errors: Annotated[
        int,
        _data(
            "a circuit breaker (Nygard 2007, Release It!)",
            "Requests within the window that failed after every retry before entries are denied.",
            ge=1,
        ),
    ] = 5
    flatten_api_errors: Annotated[
        int, _data("three times that", "The same, before positions are closed.", ge=1)
    ] = 15
    api_error_window_seconds: Annotated[
        float, _data("five minutes", "Length of the window.", gt=0, le=86400)
    ] = 300.0

    # Against the exchange's books
    reconcile_seconds: Annotated[
        float,
        _books(
            "within the weight that Binance allows, ten times over",
            "How often the exchange's books are read; at once while a break is there.",
            gt=0,
            le=3600,
        ),
    ] = 30.0
    break_settling_seconds: Annotated[
        float,
        _books(
            "a few loops of the bot",
            "How long an order that was just sent may explain a break; entries wait meanwhile.",
            ge=0,
            le=300,
        ),
    ] = 30.0
    max_break_seconds: Annotated[
        float,
        _books(
            "as max_blind_seconds",
            "How long a break may last before one of max_break_fraction halts the account.",
            ge=0,
            le=86400,
        ),
    ] = 300.0
    max_break_fraction: Annotated[
        float,
        _books(
            "as max_risk_per_trade_fraction",
            "Size of all lasting breaks together, over equity, above which the account is halted.",
            ge=0,
            le=1,
        ),
    ] = 0.01
    max_money_difference_fraction: Annotated[
        float,
        _books(
            "fees, funding and rounding are below it",
            "Money in the wallet that neither trades nor transfers explain, over capital.",
            gt=0,
            le=0.05,
        ),
    ] = 0.005

    # Against the model
    max_divergence_fraction: Annotated[
        float,
        _model(
            "our choice",
            "How far mean profit or win rate may be below the expectation, as a share of it.",
            gt=0,
            le=1,
        ),
    ] = 0.20
    divergence_trades: Annotated[
        int, _model("our choice", "Latest closed trades that are compared.", ge=5, le=1000)
    ] = 30
    divergence_z: Annotated[
        float,
        _model(
            "one-sided 95 %",
            "Standard errors below the expectation before the gap is more than chance; 0: any gap.",
            ge=0,
            le=3,
        ),
    ] = 1.645
    require_expectation: Annotated[
        bool, _model("off", "Whether an account without an expectation may not trade.")
    ] = False
    break_even_trades: Annotated[
        int | None,
        _model(
            "as proven_trades",
            "Latest closed trades that may not lose money together; null: no such check.",
            ge=10,
            le=1000,
        ),
    ] = 100
    break_even_z: Annotated[
        float,
        _model(
            "one-sided 95 %: with 0 every strategy measured was halted, see rearming.md",
            "Standard errors below zero before those trades lose more than by chance; 0: any loss.",
            ge=0,
            le=3,
        ),
    ] = 1.645
    min_model_accuracy_fraction: Annotated[
        float, _model("a coin", "Model accuracy below which entries are denied.", gt=0, lt=1)
    ] = 0.50
    model_accuracy_predictions: Annotated[
        int, _model("as proven_trades", "Predictions before its accuracy counts.", ge=1)
    ] = 100

    # Sizing
    sizing: Annotated[
        Literal["fixed_fraction", "half_kelly", "volatility_target"],
        _sizing("it needs no track record", "How a stake is computed."),
    ] = "fixed_fraction"
    fixed_risk_fraction: Annotated[
        float,
        _sizing(
            "as max_risk_per_trade_fraction",
            "Planned loss at the stop, over equity; never above max_risk_per_trade_fraction.",
            gt=0,
            le=0.05,
        ),
    ] = 0.01
    kelly_multiple: Annotated[
        float, _sizing("half Kelly: Thorp (2006)", "Share of Kelly's bet.", gt=0, le=0.5)
    ] = 0.5
    kelly_trades: Annotated[
        int, _sizing("as proven_trades", "Closed trades that Kelly needs.", ge=30)
    ] = 100
    target_volatility_fraction: Annotated[
        float, _sizing("our choice", "Annual volatility of one position.", gt=0, le=1)
    ] = 0.20

    # How verdicts are reached
    live_breach_observations: Annotated[
        int,
        _verdicts(
            "three loops",
            "Observations in a row before a mark-to-market breach takes effect in a running bot.",
            ge=1,
            le=20,
        ),
    ] = 3
    backtest_breach_observations: Annotated[
        int, _verdicts("a close is not a tick", "The same in a backtest, in candles.", ge=1, le=20)
    ] = 1
    hard_breach_multiple: Annotated[
        float,
        _verdicts(
            "half as much again",
            "A breach of this many times its limit takes effect at once.",
            ge=1,
            le=3,
        ),
    ] = 1.5
    recheck_seconds: Annotated[
        float,
        _verdicts(
            "one minute",
            "How soon a verdict without an end of its own is checked again.",
            gt=0,
            le=3600,
        ),
    ] = 60.0
    flatten_alarm_seconds: Annotated[
        float,
        _verdicts(
            "a market exit fills within a loop",
            "How long a position that is to be closed may stay open before it is an alarm.",
            gt=0,
            le=3600,
        ),
    ] = 60.0
    flatten_repeat_seconds: Annotated[
        float,
        _verdicts(
            "often enough to be noticed",
            "How often that alarm is repeated while it is open.",
            gt=0,
            le=3600,
        ),
    ] = 300.0
    flatten_halt_seconds: Annotated[
        float | None,
        _verdicts(
            "a quarter of an hour",
            "How long it may stay open before the account is halted; null: it is not for this.",
            gt=0,
            le=86400,
        ),
    ] = 900.0

    @model_validator(mode="wrap")
    @classmethod
    def _name_every_fault(
        cls, data: Any, handler: ModelWrapValidatorHandler["RiskProfile"]
    ) -> "RiskProfile":
        faults: list[InitErrorDetails] = []
        values: dict[str, Any] = {name: field.default for name, field in cls.model_fields.items()}
        try:
            made = handler(data)
            values = dict(made)
        except ValidationError as error:
            made = None
            faults += [again(fault) for fault in error.errors()]
            values.update(data if isinstance(data, Mapping) else {})
        faults += disorder(values)
        if made is None or faults:
            raise ValidationError.from_exception_data(cls.__name__, faults)
        return made
