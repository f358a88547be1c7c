"""The memory that the compiled loop works on: one plan, pairs, open trades, closed trades.

All are numpy records, so that a compiled function reads ``trade.stop`` and Python a table. Times
are seconds since 1970 UTC, prices and stakes floats in the stake currency, fractions fractions.
"""

import numpy as np

NONE, ROI, STOP, TRAILING, LIQUIDATION, SIGNAL, FORCED, CLOSING = range(8)
"""Why a trade is closed; `CLOSING` is a guard's demand."""

LONG_IS_1, SHORT_IS_1, EXIT_LONG_IS_1, EXIT_SHORT_IS_1 = 1, 2, 4, 8
LONG_SET, SHORT_SET, EXIT_LONG_SET, EXIT_SHORT_SET = 16, 32, 64, 128
"""Bits of a candle's signals: Freqtrade compares some with 1 and asks others for their truth."""

PLAN = np.dtype(
    [
        ("start_s", "i8"),
        ("end_s", "i8"),
        ("step_s", "i8"),
        ("futures", "i1"),
        ("can_short", "i1"),
        ("compensated", "i1"),
        ("max_open_trades", "f8"),
        ("starting", "f8"),
        ("available_capital", "f8"),
        ("tradable_ratio", "f8"),
        ("stake", "f8"),
        ("amend_last", "i1"),
        ("last_ratio", "f8"),
        ("fee", "f8"),
        ("reserve", "f8"),
        ("liquidation_buffer", "f8"),
        ("funding_step_s", "i8"),
        ("stoploss", "f8"),
        ("trailing", "i1"),
        ("trailing_positive", "f8"),
        ("trailing_offset", "f8"),
        ("trailing_only_offset", "i1"),
        ("use_custom_stop", "i1"),
        ("after_fill", "i1"),
        ("declares_stop", "i1"),
        ("declares_trailing", "i1"),
        ("declares_target", "i1"),
        ("nearest_stop", "f8"),
        ("use_exit_signal", "i1"),
        ("exit_profit_only", "i1"),
        ("exit_profit_offset", "f8"),
        ("ignore_roi", "i1"),
        ("exit_timeout_s", "f8"),
        ("limit_entry", "i1"),
        ("limit_exit", "i1"),
        ("guarded", "i1"),
        ("asks_entry", "i1"),
    ]
)

PAIR = np.dtype(
    [
        ("first", "i8"),
        ("rows", "i8"),
        ("price_precision", "f8"),
        ("price_mode", "i8"),
        ("amount_precision", "f8"),
        ("amount_mode", "i8"),
        ("contract_size", "f8"),
        ("least_cost", "f8"),
        ("least_amount", "f8"),
        ("most_cost", "f8"),
        ("most_amount", "f8"),
        ("first_tier", "i8"),
        ("tiers", "i8"),
        ("first_tick", "i8"),
        ("ticks", "i8"),
        ("first_funding", "i8"),
        ("fundings", "i8"),
    ]
)
"""Limits that a market does not have are NaN."""

TIER = np.dtype(
    [
        ("least_notional", "f8"),
        ("most_notional", "f8"),
        ("max_leverage", "f8"),
        ("maintenance", "f8"),
        ("maintenance_amount", "f8"),
    ]
)

TRADE = np.dtype(
    [
        ("number", "i8"),
        ("pair", "i8"),
        ("is_open", "i1"),
        ("is_short", "i1"),
        ("entry_row", "i8"),
        ("open_s", "i8"),
        ("open_rate", "f8"),
        ("ordered_rate", "f8"),
        ("amount", "f8"),
        ("stake", "f8"),
        ("most_stake", "f8"),
        ("leverage", "f8"),
        ("open_value", "f8"),
        ("ordered_value", "f8"),
        ("price_precision", "f8"),
        ("price_mode", "i8"),
        ("liquidation", "f8"),
        ("stop", "f8"),
        ("stop_fraction", "f8"),
        ("initial_stop", "f8"),
        ("initial_fraction", "f8"),
        ("is_trailing", "i1"),
        ("lowest", "f8"),
        ("highest", "f8"),
        ("funding", "f8"),
        ("funding_running", "f8"),
        ("funding_sum", "f8"),
        ("funding_lost", "f8"),
        ("funding_row", "i8"),
        ("target", "f8"),
        ("target_funding", "f8"),
        ("enter_tag", "i8"),
        ("exit_kind", "i8"),
        ("exit_tag", "i8"),
        ("has_order", "i1"),
        ("order_price", "f8"),
        ("order_s", "i8"),
        ("order_kind", "i8"),
        ("order_tag", "i8"),
        ("close_s", "i8"),
        ("close_rate", "f8"),
        ("profit_usd", "f8"),
        ("profit_ratio", "f8"),
    ]
)
"""A trade, open or closed. ``ordered_rate`` is the entry order's price, before any rounding."""

STATE = np.dtype(
    [
        ("now_s", "i8"),
        ("stage", "i8"),
        ("turn", "i8"),
        ("turns", "i8"),
        ("second_pass", "i1"),
        ("direction", "i8"),
        ("held_side", "i8"),
        ("open_trades", "i8"),
        ("closed_trades", "i8"),
        ("numbers", "i8"),
        ("total_profit", "f8"),
        ("balance", "f8"),
        ("closed_sum", "f8"),
        ("closed_lost", "f8"),
        ("rejected", "i8"),
        ("timed_out_exits", "i8"),
        ("first_seen", "i8"),
        ("orders", "i8"),
        ("changes", "i8"),
        ("rests_until_s", "i8"),
        ("rests_changes", "i8"),
        ("is_calm", "i1"),
        ("answered", "i1"),
        ("answer_rate", "f8"),
        ("answer_amount", "f8"),
        ("answer_leverage", "f8"),
    ]
)
"""Where the loop stands, so that it can stop to ask and go on."""

WATCH = np.dtype(
    [
        ("is_on", "i1"),
        ("is_sure", "i1"),
        ("is_counted", "i1"),
        ("flattens", "i1"),
        ("looked_s", "i8"),
        ("marked", "i8"),
        ("entries", "i8"),
        ("rearmed_s", "i8"),
        ("equity", "f8"),
        ("day_ends_s", "i8"),
        ("day_start", "f8"),
        ("high_water", "f8"),
        ("peak", "f8"),
        ("peak_s", "i8"),
        ("starting", "f8"),
        ("day_shift_s", "i8"),
        ("daily_fraction", "f8"),
        ("daily_usd", "f8"),
        ("reduce_fraction", "f8"),
        ("halt_fraction", "f8"),
        ("terminal_fraction", "f8"),
        ("near_fraction", "f8"),
        ("losses", "i8"),
        ("pause_s", "i8"),
        ("cooldown_s", "i8"),
        ("trades_a_day", "i8"),
        ("max_orders", "i8"),
        ("window_s", "i8"),
        ("break_even_trades", "i8"),
        ("break_even_z", "f8"),
        ("max_open", "i8"),
        ("position_fraction", "f8"),
        ("position_usd", "f8"),
        ("exposure_fraction", "f8"),
        ("exposure_usd", "f8"),
        ("heat_fraction", "f8"),
        ("risk_fraction", "f8"),
        ("planned_fraction", "f8"),
        ("breaker_fraction", "f8"),
        ("correlation", "f8"),
        ("window", "i8"),
        ("collar_fraction", "f8"),
        ("target_to_cost", "f8"),
        ("latency_factor", "f8"),
        ("no_stop", "f8"),
        ("stop", "i1"),
        ("trailing", "i1"),
        ("target", "i1"),
    ]
)
"""The account as the guards know it, and their limits, while the loop stands in for them.

``is_on`` says that it does at a candle's beginning, ``is_sure`` that it may at an entry as well,
``is_counted`` that somebody reads how often guards deny, ``flattens`` that losses in a row close
positions; ``marked`` is the count of closed trades at the last mark, ``entries`` those that were
let in since Python was told. Limits that are off are infinite, and counts of trades 0. From a
``stoploss`` of ``no_stop`` on there is none. ``stop`` to ``target`` say which distances the
strategy declares.
"""
