"""What the compiled functions are handed: the market, which stays, and the books, which change."""

from typing import Any, NamedTuple


class Market(NamedTuple):
    """Candles of all pairs, one after the other, and what the exchange says of each pair.

    ``date_s`` to ``exit_tag`` have one row a candle, as Freqtrade's loop sees them: signals stand
    one candle late. The distances are price units, empty where none is declared; tags are
    numbers, -1 for none.
    """

    date_s: Any
    open: Any
    high: Any
    low: Any
    close: Any
    signals: Any
    enter_tag: Any
    exit_tag: Any
    stop_distance: Any
    trailing_distance: Any
    target_distance: Any
    pairs: Any
    tiers: Any
    tick_since_s: Any
    tick_size: Any
    funding_s: Any
    funding_per_unit: Any
    roi_minutes: Any
    roi_fractions: Any
    plan: Any


class Books(NamedTuple):
    """The account while the loop runs.

    ``trades`` has a row a pair, ``closed`` a row a closed trade; ``opened`` lists the pairs with
    an open trade by opening, ``turns`` the pairs of this candle by turn, ``next_row`` the next
    candle of each pair, ``seen`` when each pair was first met, ``closing`` the number of the rule
    that wants a pair flat, 0 for none; ``ordered_s`` are the times of orders that guards count,
    ``balances`` the whole balance at each candle, empty where nobody asks. ``locked_until_s``
    (pairs x long, short) says until when entries are locked, ``lowest_mark`` to ``marked_funding``
    between which closes, and with which funding, the guards have nothing to say of a position.
    ``watch`` is one `plimsoll.lab.fast_lane.records.WATCH`, ``fill_cost`` what a fill of each pair
    costs as a fraction, before latency; infinite where its entries are to be asked about.
    """

    state: Any
    trades: Any
    closed: Any
    opened: Any
    turns: Any
    next_row: Any
    seen: Any
    closing: Any
    ordered_s: Any
    balances: Any
    locked_until_s: Any
    lowest_mark: Any
    highest_mark: Any
    marked_funding: Any
    watch: Any
    fill_cost: Any
