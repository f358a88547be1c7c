"""Callbacks of drawn strategies, each as text: what a strategy does not need it does not have."""

from collections.abc import Callable
from random import Random

Hooks = dict[str, str]

LOT = "zlib.crc32(repr((pair, int(current_time.timestamp()))).encode()) / 2**32"
SIDES = (
    "self, pair, current_time, current_rate, proposed_leverage, max_leverage, entry_tag, side, "
    "**kwargs"
)
STAKE = (
    "self, pair, current_time, current_rate, proposed_stake, min_stake, max_stake, leverage, "
    "entry_tag, side, **kwargs"
)
STOP = "self, pair, trade, current_time, current_rate, current_profit, "
WIDTH = """        candles, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
        before = candles.loc[candles["date"] < {moment}]
        if before.empty:
            return {otherwise}
        value = before[{column!r}].iloc[-1]
"""


def _method(name: str, arguments: str, *body: str) -> str:
    return f"\n    def {name}({arguments}):\n" + "".join(f"        {line}\n" for line in body)


def constant_leverage(value: float) -> str:
    """The same for every entry."""
    return _method("leverage", SIDES, f"return {value}")


def leverage(lot: Random) -> str:
    """A constant, one by side, or one by a column."""
    value = lot.choice([1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 75.0, 0.5])
    shape = lot.random()
    if shape < 0.75:
        return constant_leverage(value)
    if shape < 0.9:
        return _method("leverage", SIDES, f'return {value} if side == "long" else 2.0')
    read = WIDTH.format(moment="current_time", otherwise="1.0", column="times")
    return f"\n    def leverage({SIDES}):\n{read}        return float(value)\n"


def PLAIN_HOOKS(lot: Random) -> Hooks:  # noqa: N802
    """What a strategy of columns may have: leverage."""
    return {"leverage": leverage(lot)} if lot.random() < 0.6 else {}


def custom_stoploss(lot: Random) -> str:
    """A constant, from the entry, from a price by a column, in steps; with after_fill or not."""
    fill = "after_fill, **kwargs" if lot.random() < 0.5 else "**kwargs"
    shape = lot.choice(["constant", "open", "absolute", "steps", "odd"])
    if shape == "constant":
        return _method("custom_stoploss", STOP + fill, f"return {lot.choice([-0.01, -0.03, 0.2])}")
    lever = "is_short=trade.is_short, leverage=trade.leverage"
    if shape == "open":
        value = lot.choice([-0.02, -0.005, 0.003, 0.02])
        return _method(
            "custom_stoploss",
            STOP + fill,
            f"return stoploss_from_open({value}, current_profit, {lever})",
        )
    if shape == "steps":
        return _method(
            "custom_stoploss",
            STOP + fill,
            "if current_profit > 0.02:",
            f"    return stoploss_from_open(0.008, current_profit, {lever})",
            "if current_profit > 0.005:",
            f"    return stoploss_from_absolute(trade.open_rate, current_rate, {lever})",
            "return None",
        )
    if shape == "odd":
        return _method(
            "custom_stoploss",
            STOP + fill,
            f"lot = {LOT}",
            "if lot < 0.4:",
            '    return 0 if lot < 0.2 else float("nan")',
            "return None if lot < 0.6 else -0.04",
        )
    read = WIDTH.format(moment="trade.open_date_utc", otherwise="None", column="width")
    return (
        f"\n    def custom_stoploss({STOP}{fill}):\n{read}"
        "        price = trade.open_rate + (value if trade.is_short else -value)\n"
        f"        return stoploss_from_absolute(price, current_rate, {lever})\n"
    )


def custom_roi(lot: Random) -> str:
    """A constant, one that falls with time, or none at times."""
    arguments = "self, pair, trade, current_time, trade_duration, entry_tag, side, **kwargs"
    body = lot.choice(
        [
            f"return {lot.choice([0.002, 0.01, 0.05, -0.01])}",
            "return 0.02 if trade_duration < 120 else 0.004",
            f"return None if {LOT} < 0.3 else 0.01",
        ]
    )
    return _method("custom_roi", arguments, body)


def custom_stake_amount(lot: Random) -> str:
    """A constant, a share, all there is, too little, too much, or an error."""
    body = lot.choice(
        [
            "return 60.0",
            "return proposed_stake * 0.5",
            "return proposed_stake * 3",
            "return max_stake",
            "return min_stake",
            "return min_stake * 0.9",
            f"return 0 if {LOT} < 0.3 else proposed_stake",
            f"return None if {LOT} < 0.2 else proposed_stake / leverage",
            f"return 1 / 0 if {LOT} < 0.2 else proposed_stake",
        ]
    )
    return _method("custom_stake_amount", STAKE, body)


def confirm_trade_entry(lot: Random) -> str:
    """An answer by lot."""
    arguments = (
        "self, pair, order_type, amount, rate, time_in_force, current_time, entry_tag, side, "
        "**kwargs"
    )
    return _method("confirm_trade_entry", arguments, f"return {LOT} > {lot.choice([0.1, 0.6])}")


def confirm_trade_exit(lot: Random) -> str:
    """An answer by lot; some stops are refused too."""
    arguments = (
        "self, pair, trade, order_type, amount, rate, time_in_force, exit_reason, current_time, "
        "**kwargs"
    )
    return _method("confirm_trade_exit", arguments, f"return {LOT} > {lot.choice([0.1, 0.7])}")


def custom_exit(lot: Random) -> str:
    """A reason after some time or profit; a long one; or only True."""
    value = lot.choice(['"late"', "True", '"x" * 300', '"profit"'])
    return _method(
        "custom_exit",
        "self, pair, trade, current_time, current_rate, current_profit, **kwargs",
        "held = current_time - trade.open_date_utc",
        f"if held.total_seconds() > {lot.choice([0, 9000, 90000])}:",
        f"    return {value}",
        "return None",
    )


def custom_entry_price(lot: Random) -> str:
    """A limit near the open, at times far."""
    off = lot.choice([0.001, 0.01, 0.1])
    arguments = "self, pair, trade, current_time, proposed_rate, entry_tag, side, **kwargs"
    return _method(
        "custom_entry_price", arguments, f"return proposed_rate * (1 + {off} * ({LOT} - 0.5))"
    )


def custom_exit_price(lot: Random) -> str:
    """The same for exits."""
    off = lot.choice([0.001, 0.01, 0.1])
    arguments = "self, pair, trade, current_time, proposed_rate, current_profit, exit_tag, **kwargs"
    return _method(
        "custom_exit_price", arguments, f"return proposed_rate * (1 + {off} * ({LOT} - 0.5))"
    )


def adjust_trade_position(lot: Random) -> str:
    """Adds and takes off by lot."""
    arguments = (
        "self, trade, current_time, current_rate, current_profit, min_stake, max_stake, "
        "current_entry_rate, current_exit_rate, current_entry_profit, current_exit_profit, "
        "**kwargs"
    )
    often = lot.choice([0.02, 0.2])
    more = lot.choice(["trade.stake_amount * 0.5", "min_stake", "max_stake", "20.0"])
    less = lot.choice(["-trade.stake_amount * 0.4", "-trade.stake_amount", "-min_stake", "-1e-6"])
    return _method(
        "adjust_trade_position",
        arguments,
        "pair = trade.pair",
        f"lot = {LOT}",
        f"if lot < {often}:",
        f'    return {more}, "more"',
        f"if lot > {1 - often}:",
        f"    return {less}",
        "return None",
    )


def check_entry_timeout(lot: Random) -> str:
    """An answer by lot."""
    return _method(
        "check_entry_timeout",
        "self, pair, trade, order, current_time, **kwargs",
        f"return {LOT} < {lot.choice([0.1, 0.5])}",
    )


def check_exit_timeout(lot: Random) -> str:
    """An answer by lot."""
    return _method(
        "check_exit_timeout",
        "self, pair, trade, order, current_time, **kwargs",
        f"return {LOT} < {lot.choice([0.1, 0.5])}",
    )


def adjust_order_price(lot: Random) -> str:
    """The same price, a new one, or none."""
    arguments = (
        "self, trade, order, pair, current_time, proposed_rate, current_order_rate, entry_tag, "
        "side, is_entry, **kwargs"
    )
    return _method(
        "adjust_order_price",
        arguments,
        f"lot = {LOT}",
        "return None if lot < 0.15 else proposed_rate if lot < 0.5 else current_order_rate",
    )


def bot_loop_start(lot: Random) -> str:
    """Counts."""
    return _method(
        "bot_loop_start", "self, current_time, **kwargs", 'self.seen = getattr(self, "seen", 0) + 1'
    )


def order_filled(lot: Random) -> str:
    """Writes down how often."""
    return _method(
        "order_filled",
        "self, pair, trade, order, current_time, **kwargs",
        'trade.set_custom_data("filled", trade.get_custom_data("filled", default=0) + 1)',
    )


def protections(lot: Random) -> str:
    """Freqtrade's own, when the config enables them."""
    chosen = lot.sample(
        [
            {"method": "CooldownPeriod", "stop_duration_candles": 4},
            {
                "method": "StoplossGuard",
                "lookback_period_candles": 48,
                "trade_limit": 2,
                "stop_duration_candles": 12,
                "only_per_pair": lot.random() < 0.5,
            },
            {
                "method": "LowProfitPairs",
                "lookback_period_candles": 96,
                "trade_limit": 2,
                "stop_duration_candles": 24,
                "required_profit": 0.0,
            },
        ],
        lot.randint(1, 3),
    )
    return f"\n    protections = {chosen!r}\n"


COMMON: tuple[Callable[[Random], str], ...] = (
    leverage,
    custom_stoploss,
    custom_roi,
    custom_stake_amount,
    confirm_trade_entry,
    confirm_trade_exit,
    custom_exit,
    bot_loop_start,
    protections,
)
ORDERS: tuple[Callable[[Random], str], ...] = (
    custom_entry_price,
    custom_exit_price,
    adjust_trade_position,
    check_entry_timeout,
    check_exit_timeout,
    adjust_order_price,
    order_filled,
)


def drawn_hooks(lot: Random) -> Hooks:
    """Return one to three callbacks about entries, stops and exits."""
    return {one.__name__: one(lot) for one in lot.sample(COMMON, lot.randint(1, 3))}


def drawn_order_hooks(lot: Random) -> Hooks:
    """Return one to three callbacks about orders and their prices."""
    return {one.__name__: one(lot) for one in lot.sample(ORDERS, lot.randint(1, 3))}
