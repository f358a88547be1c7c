"""The named causes of difference: what each is, how it is recognised, what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Why a record of a strategy made something else than another."""

    STOP_PRICE = "stop_price"
    ROI_PRICE = "roi_price"
    INSIDE_CANDLE = "inside_candle"
    SLOTS = "slots"
    LATE_ENTRY = "late_entry"
    BOOK = "book"
    PASSIVE_LIMIT = "passive_limit"
    FEES = "fees"
    FUNDING = "funding"
    INDICATOR_WINDOW = "indicator_window"
    PRECISION = "precision"
    EVERY_LOOP = "every_loop"
    END_OF_RANGE = "end_of_range"
    STAKE = "stake"
    KNOCK_ON = "knock_on"
    GUARDS = "guards"
    LOCKS = "locks"
    BY_HAND = "by_hand"
    DATA = "data"
    NOT_IN_A = "not_in_a"
    NOT_IN_B = "not_in_b"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A cause in words: a title, what happens, the evidence it takes, and what to do."""

    title: str
    what: str
    evidence: str
    remedy: str


CAUSES: dict[Cause, Explanation] = {
    Cause.STOP_PRICE: Explanation(
        "A stop was filled away from its level",
        "A backtest fills a stop at its level. A bot sells at what its loop finds after the "
        "price has gone through, and a wick between two loops is not seen at all.",
        "Both closed by the stop, at about one level and in one candle, at different prices; or "
        "only the backtest did.",
        "Put the stop on the exchange (stoploss_on_exchange), or expect the distance.",
    ),
    Cause.ROI_PRICE: Explanation(
        "A minimal ROI was filled at another price",
        "A backtest fills at the level rounded to the tick. A bot sells when its loop finds the "
        "profit above the level.",
        "Both closed by roi, at different prices, or the bot in a later candle.",
        "Nothing, when it is small; a wider ROI table has fewer of these exits.",
    ),
    Cause.INSIDE_CANDLE: Explanation(
        "The order of prices inside a candle",
        "A backtest raises a trailing or custom stop by the best price of a candle and then "
        "tests it against the worst, whichever came first.",
        "The earlier of the two exits is a trailing stop, a custom stop or an ROI, and the other "
        "record closed at another time or for another reason; or both stops had moved to "
        "different levels.",
        "Backtest with --timeframe-detail 1m; what trails more closely than a minute moves "
        "cannot be backtested even so.",
    ),
    Cause.SLOTS: Explanation(
        "No slot was free",
        "max_open_trades was reached in one record and not in the other. A backtest also gives "
        "a slot that is freed inside a candle to an entry at the open of that candle.",
        "The record without the trade had max_open_trades other trades open at that moment.",
        "Set max_open_trades to the number of pairs, or expect it.",
    ),
    Cause.LATE_ENTRY: Explanation(
        "The bot entered late",
        "A bot tries a signal again for as long as its candle is current; a backtest enters at "
        "the open only.",
        "Both entered on one candle, one of them more than 30 s after its open.",
        "Set ignore_buying_expired_candle_after to 30.",
    ),
    Cause.BOOK: Explanation(
        "The price at the loop was not the candle's",
        "A backtest trades at the open of a candle. A bot trades some seconds later, at the "
        "other side of the book.",
        "Both orders within 30 s of the open of one candle, at different prices.",
        "Nothing: it is spread and latency. plimsoll reprice puts them into a backtest.",
    ),
    Cause.PASSIVE_LIMIT: Explanation(
        "A limit order waited or was not filled",
        "A backtest fills a limit order inside the range of its candle. A bot's order stands in "
        "the book until the price comes to it, or until unfilledtimeout takes it away.",
        "The order was filled more than 30 s after it was placed; or entries rest as limit "
        "orders and the candles never came back to the price of the missing trade.",
        "Take market orders, or price_side other.",
    ),
    Cause.FEES: Explanation(
        "Fees",
        "A backtest takes the worse of maker and taker for all orders unless fee is set.",
        "The recorded fee rates differ, or one record has none.",
        "Set fee in the config to what the account pays.",
    ),
    Cause.FUNDING: Explanation(
        "Funding",
        "A position that is open at the hour of funding pays or receives it; a few seconds at "
        "either end decide, and so do gaps in the funding files.",
        "The recorded funding differs, or one record has none.",
        "Download mark and funding candles again: plimsoll data check.",
    ),
    Cause.INDICATOR_WINDOW: Explanation(
        "The signal came on another candle",
        "A bot computes indicators over some 500 candles, a backtest over all of them, so that "
        "long averages differ and a cross moves.",
        "Both acted promptly, on the signal of different candles.",
        "Declare startup_candle_count honestly, keep periods short against the bot's window, "
        "and run freqtrade recursive-analysis.",
    ),
    Cause.PRECISION: Explanation(
        "Rounding to the market's steps",
        "A backtest takes amount and price steps from the data or from the markets of today.",
        "Amounts or prices differ by less than a step of the market.",
        "Nothing.",
    ),
    Cause.EVERY_LOOP: Explanation(
        "Called every loop, not once a candle",
        "custom_exit and adjust_trade_position run once a candle in a backtest (of the detail, "
        "where it has one), at its open, and in every loop of a bot; bot_loop_start once a candle "
        "and in every loop.",
        "An exit of the strategy's own reason came at another time; or the two records have a "
        "different number of orders in the trade, or additions at different prices after equal "
        "entries.",
        "Decide on closed candles only, or backtest with --timeframe-detail 1m.",
    ),
    Cause.END_OF_RANGE: Explanation(
        "A record ends with the position open",
        "A backtest closes what is open at its end; a bot goes on. A trade from before the span "
        "is in one record only.",
        "force_exit at the end of the backtest, an open trade at the end of the other, or a "
        "trade from before the shared span that held the pair.",
        "Choose --since and --until where both are flat.",
    ),
    Cause.STAKE: Explanation(
        "The stake was another",
        "Stakes that follow the balance carry every earlier difference on; leverage counts too.",
        "Stake or leverage differ beyond rounding.",
        "Compare with a fixed stake_amount.",
    ),
    Cause.KNOCK_ON: Explanation(
        "The pair was still taken",
        "A trade that began or ended at another time keeps its pair from the next entry.",
        "The record without the trade was in an earlier trade of the pair at that moment.",
        "Look at the earlier trade; its own row has its cause.",
    ),
    Cause.GUARDS: Explanation(
        "A guard denied, cut or closed",
        "Guards stood around one record and not around the other, or saw another account.",
        "The decision log, a guard's lock, a halt in the backtest's result, or an exit reason "
        "that begins with plimsoll_.",
        "plimsoll log why tells the reason; compare with the same profile on both sides.",
    ),
    Cause.LOCKS: Explanation(
        "A lock held the pair",
        "A protection or a strategy had locked the pair in one record.",
        "A lock of the pair, or of all pairs, at that moment.",
        "Backtest with --enable-protections.",
    ),
    Cause.BY_HAND: Explanation(
        "A person entered or exited",
        "/forceenter and /forceexit have no counterpart in a backtest.",
        "The tag force_entry, or the reason force_exit in a bot's record.",
        "Nothing.",
    ),
    Cause.DATA: Explanation(
        "The prices were others",
        "The backtest's candles are not what the bot traded on.",
        "A price of the record lies outside of the candle of its moment, by candles given with "
        "--datadir.",
        "Download the candles again, from the exchange that the bot trades on.",
    ),
    Cause.NOT_IN_A: Explanation(
        "Not in A",
        "B has a trade that A has not, and nothing on record says why.",
        "No match within the window, and none of the other causes.",
        "Give more evidence: the bot's decision log, --datadir, a longer --window.",
    ),
    Cause.NOT_IN_B: Explanation(
        "Not in B",
        "A has a trade that B has not, and nothing on record says why.",
        "No match within the window, and none of the other causes.",
        "Give more evidence: the bot's decision log, --datadir, a longer --window.",
    ),
    Cause.UNEXPLAINED: Explanation(
        "Unexplained",
        "The difference is there, and no evidence names a cause.",
        "What is left: it is never counted under another cause.",
        "Read the trades in the report, and tell us when the cause should have a name.",
    ),
}
"""Every cause in words; the documentation page is held to it."""
