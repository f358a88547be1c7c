"""Strategies as a user would have written them: the source of one drawn class, ``Drawn``."""

from collections.abc import Sequence
from random import Random
from typing import Any

from tests.identity.hooks import (
    PLAIN_HOOKS,
    constant_leverage,
    drawn_hooks,
    drawn_order_hooks,
)
from tests.identity.shipped import portfolio, shipped

Drawn = dict[str, Any]

HEAD = '''import zlib
from datetime import timedelta

import numpy as np
import pandas as pd
from pandas import DataFrame

from freqtrade.strategy import IStrategy, stoploss_from_absolute, stoploss_from_open


class Drawn(IStrategy):
    """Signals by lot."""

'''
POPULATE = """
    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        lots = np.random.default_rng([{seed}, zlib.crc32(metadata["pair"].encode())])
        for name in ("enter_long", "enter_short", "exit_long", "exit_short"):
            drawn = np.repeat(lots.random(len(dataframe)), {run})
            dataframe["lot_" + name] = drawn[:len(dataframe)]
        dataframe["width"] = dataframe["close"] * lots.uniform(0.002, 0.05, len(dataframe))
        dataframe["times"] = lots.choice([1.0, 2.0, 3.5, 10.0], len(dataframe))
{holes}        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        rows = dataframe["lot_enter_long"] < {density}
        dataframe.loc[rows, {long_columns}] = {long_values}
{entries}        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
{exits}        return dataframe
"""
HOLES = """        dataframe = dataframe[lots.random(len(dataframe)) > 0.05].reset_index(drop=True)
"""
GUARDED_HEAD = '''import numpy as np
import pandas as pd

from plimsoll.features import volatility
from plimsoll.strategies import FeatureUse, GuardedStrategy, Side


class Drawn(GuardedStrategy):
    """Signals by lot, stops by features."""

'''
GUARDED_RULES = """
    def features(self) -> list[FeatureUse]:
        return [volatility.atr.use(period={period})]

    def _lots(self, candles: pd.DataFrame, number: int) -> pd.Series:
        first = int(float(candles["close"].iloc[0]) * 1e9) % 2**31
        return pd.Series(
            np.random.default_rng([{seed}, first, number]).random(len(candles)), candles.index
        )

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return self._lots(candles, 1 + (side is Side.SHORT)) < {density}

    def exit_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series | None:
        return {exit_rule}
"""


def drawn_source(lot: Random, kind: str, market: Drawn) -> Drawn:
    """Return a strategy's name, its source or its parameters; the market may be fitted to it."""
    if kind == "portfolio":
        return portfolio(lot, market)
    share = {"rules": 0.6, "guards": 0.3, "real": 0.5}.get(kind, 0.0)
    if lot.random() < share:
        return shipped(lot, market)
    if kind in ("rules", "real") or (kind == "guards" and lot.random() < 0.7):
        return {"strategy": "Drawn", "source": _guarded(lot, market)}
    return {"strategy": "Drawn", "source": _plain(lot, kind, market)}


def _guarded(lot: Random, market: Drawn) -> str:
    declared = [
        name
        for name in ("stop_distance", "trailing_distance", "target_distance")
        if lot.random() < 0.55
    ]
    lines = _attributes(lot, market, hooks=())
    if declared:  # a stop of the strategy's own and a trailing one are refused together
        lines = [line for line in lines if not line.startswith("trailing")]
    rules = GUARDED_RULES.format(
        period=lot.choice([5, 14, 30]),
        seed=lot.randint(1, 10**6),
        density=lot.choice([0.005, 0.02, 0.1, 0.5]),
        exit_rule=lot.choice(
            [
                "None",
                "self._lots(candles, 3 + (side is Side.SHORT)) < 0.03",
                "~self.entry_signal(candles, side)",
            ]
        ),
    )
    for name in declared:
        rules += (
            f"\n    def {name}(self) -> tuple[FeatureUse, float]:\n"
            f"        return self.features()[0], {lot.choice([0.5, 0.9, 1.25, 3.0, 8.0])}\n"
        )
    if lot.random() < 0.4:
        value = lot.choice([2.0, 3.0, 5.0, 20.0])
        rules += (
            f"\n    def desired_leverage(self, pair, side, now) -> float:\n        return {value}\n"
        )
    if lot.random() < 0.3:
        value = lot.choice(
            [
                "proposed_stake * 0.5",
                "proposed_stake * 1.5",
                "120.0",
                "0.0 if now.hour == 3 else proposed_stake",
            ]
        )
        rules += (
            "\n    def desired_stake(self, pair, side, proposed_stake, now) -> float:\n"
            f"        return {value}\n"
        )
    if lot.random() < 0.1:
        rules += (
            "\n    def exit_reason(self, trade, now, price, profit_fraction):\n"
            "        held = (now - trade.open_date_utc).total_seconds()\n"
            '        return "time_limit" if held > 40_000 else None\n'
        )
    return GUARDED_HEAD + "".join(f"    {line}\n" for line in lines) + rules


LIQUIDATED, LEFT_OPEN = "liquidated", "left open"


def _cornered(lot: Random, lines: list[str], corner: str, market: Drawn) -> list[str]:
    """Return the attributes with those of a corner: liquidation, or an exit above the high."""
    if corner == LIQUIDATED:
        wanted = {"stoploss": "-0.99", "minimal_roi": lot.choice(["{}", '{"0": 0.5}'])}
    else:
        positive, beyond = lot.choice([0.001, 0.004]), lot.choice([0.001, 0.01])
        wanted = {
            "trailing_stop": "True",
            "trailing_stop_positive": f"{positive}",
            "trailing_stop_positive_offset": f"{positive + beyond}",
            "trailing_only_offset_is_reached": "True",
        }
        for pair in market["pairs"]:
            pair["wicks"] = lot.choice([0.05, 0.3])
    kept = [line for line in lines if line.partition(" = ")[0] not in wanted]
    return [*kept, *(f"{name} = {value}" for name, value in wanted.items())]


def _plain(lot: Random, kind: str, market: Drawn) -> str:
    hooks = drawn_hooks(lot) if kind == "callbacks" else PLAIN_HOOKS(lot)
    if kind == "callbacks" and lot.random() < 0.5:
        hooks |= drawn_order_hooks(lot)
    if market["mode"] == "spot":
        hooks.pop("leverage", None)
        if lot.random() < 0.3:
            hooks |= drawn_hooks(lot)
            hooks.pop("leverage", None)
    lines = _attributes(lot, market, hooks=tuple(hooks))
    if market["mode"] != "spot" and lot.random() < 0.35:
        corner = lot.choice([LIQUIDATED, LEFT_OPEN])
        lines = _cornered(lot, lines, corner, market)
        hooks["leverage"] = constant_leverage(
            lot.choice([20.0, 50.0, 75.0] if corner == LIQUIDATED else [2.0, 3.0, 10.0, 20.0])
        )
    density = lot.choice([0.002, 0.01, 0.05, 0.3, 0.3, 1.0])
    holes = HOLES if lot.random() < 0.06 else ""
    if holes:
        lines.append("disable_dataframe_checks = True")
    body = POPULATE.format(
        seed=lot.randint(1, 10**6),
        run=lot.choice([1, 1, 5, 40]),
        density=density,
        entries=_entries(lot, density, market),
        exits=_exits(lot),
        holes=holes,
        **_long(lot),
    )
    return HEAD + "".join(f"    {line}\n" for line in lines) + body + "".join(hooks.values())


def _long(lot: Random) -> Drawn:
    if lot.random() < 0.5:
        return {"long_columns": '["enter_long", "enter_tag"]', "long_values": '(1, "by_lot")'}
    return {"long_columns": '"enter_long"', "long_values": lot.choice(["1", "1.0", "True"])}


def _entries(lot: Random, density: float, market: Drawn) -> str:
    text = ""
    if market["mode"] != "spot":
        share = lot.choice([density, density / 2, 0.0])
        text += (
            f'        rows = dataframe["lot_enter_short"] < {share}\n'
            '        dataframe.loc[rows, "enter_short"] = 1\n'
        )
    if lot.random() < 0.4:
        text += (
            '        dataframe.loc[dataframe.index % 3 == 0, "enter_tag"] = "third"\n'
            '        dataframe.loc[dataframe.index % 7 == 0, "enter_tag"] = None\n'
        )
    if lot.random() < 0.2:
        text += (
            '        dataframe["enter_long"] = dataframe["enter_long"].fillna(0).astype("int64")\n'
        )
    return text


def _exits(lot: Random) -> str:
    text = ""
    share = lot.choice([0.0, 0.01, 0.05, 0.3])
    for side in ("long", "short"):
        if lot.random() < 0.75:
            columns = lot.choice(
                [f'"exit_{side}"] = 1', f'["exit_{side}", "exit_tag"]] = (1, "out_{side}")']
            )
            text += f'        dataframe.loc[dataframe["lot_exit_{side}"] < {share}, {columns}\n'
    return text


def _attributes(lot: Random, market: Drawn, hooks: Sequence[str]) -> list[str]:
    """Return the class's attributes, a line each."""
    lines = [
        f'timeframe = "{market["timeframe"]}"',
        f"can_short = {market['mode'] != 'spot' and lot.random() < 0.6}",
        f"startup_candle_count = {lot.choice([0, 0, 1, 20, 50])}",
        f"stoploss = {lot.choice([-0.005, -0.01, -0.02, -0.05, -0.1, -0.35, -0.99])}",
        f"minimal_roi = {_roi(lot, market)}",
        f"use_exit_signal = {lot.random() < 0.8}",
        f"exit_profit_only = {lot.random() < 0.25}",
        f"exit_profit_offset = {lot.choice([0.0, 0.002, -0.01, 0.02])}",
        f"ignore_roi_if_entry_signal = {lot.random() < 0.25}",
        *_trailing(lot),
        *_orders(lot),
    ]
    if "custom_stoploss" in hooks:
        lines.append("use_custom_stoploss = True")
    if "custom_roi" in hooks:
        lines.append("use_custom_roi = True")
    if "adjust_trade_position" in hooks:
        lines += [
            "position_adjustment_enable = True",
            f"max_entry_position_adjustment = {lot.choice([-1, 0, 1, 3])}",
        ]
    if lot.random() < 0.1:
        lines.append(f"ignore_buying_expired_candle_after = {lot.choice([10, 300])}")
    return lines


def _roi(lot: Random, market: Drawn) -> str:
    from tests.identity.markets import MINUTES

    length = MINUTES[market["timeframe"]]
    shape = lot.random()
    if shape < 0.15:
        return "{}"
    if shape < 0.25:
        return '{"0": 100}'
    table = {"0": lot.choice([0.001, 0.005, 0.02, 0.1, 0.5])}
    for _ in range(lot.randint(0, 3)):
        minutes = lot.randint(1, 30) * length
        if lot.random() < 0.3:
            minutes += lot.randint(1, length - 1)
        table[str(minutes)] = lot.choice([0.02, 0.005, 0.001, 0, 0, -0.005, -1])
    if lot.random() < 0.15:
        del table["0"]
    return repr(table)


def _trailing(lot: Random) -> list[str]:
    shape = lot.random()
    if shape < 0.45:
        return []
    lines = ["trailing_stop = True"]
    if shape > 0.6:
        positive = lot.choice([0.001, 0.004, 0.02])
        lines.append(f"trailing_stop_positive = {positive}")
        if shape > 0.75:
            lines.append(
                f"trailing_stop_positive_offset = {positive + lot.choice([0.001, 0.01, 0.05])}"
            )
            lines.append(f"trailing_only_offset_is_reached = {lot.random() < 0.6}")
    return lines


def _orders(lot: Random) -> list[str]:
    if lot.random() < 0.4:
        return []
    kinds = {one: lot.choice(["limit", "market"]) for one in ("entry", "exit", "stoploss")}
    return [
        "order_types = " + repr({**kinds, "stoploss_on_exchange": lot.random() < 0.2}),
    ]
