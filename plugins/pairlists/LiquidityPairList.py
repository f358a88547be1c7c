"""Keep the pairs whose order book is tight and deep enough."""

from freqtrade.exceptions import DependencyException
from freqtrade.plugins.pairlist.IPairList import SupportsBacktesting

from plimsoll.bridge.plugins.pairlist import SelectingPairList
from plimsoll.bridge.plugins.pairlist_options import LiquidityOptions
from plimsoll.signals.ranking import Drop, Selection, liquidity_of


class LiquidityPairList(SelectingPairList):
    """Filter by spread and depth of the order book, requested pair by pair.

    No history of order books exists, so a backtest with it is refused rather than run without.
    """

    supports_backtesting = SupportsBacktesting.NO
    options_type = LiquidityOptions

    def short_desc(self) -> str:
        options = self.options
        return (
            f"{self.name} - pairs with a spread of at most {options.max_spread_fraction:.3%} and "
            f"{options.min_depth_usd:,.0f} USD within {options.reach_fraction:.2%}."
        )

    @staticmethod
    def description() -> str:
        return "Filter pairs by spread and depth of their order book."

    def select(self, pairs: list[str]) -> Selection:
        kept, dropped = [], {}
        for pair in pairs:
            fault = self._fault(pair)
            if fault is None:
                kept.append(pair)
            else:
                dropped[pair] = fault
        return Selection(tuple(kept), dropped)

    def _fault(self, pair: str) -> Drop | None:
        options = self.options
        try:
            book = self._exchange.fetch_l2_order_book(pair, options.levels)
        except DependencyException as error:
            return Drop("missing", f"its order book could not be read: {error}")
        liquidity = liquidity_of(
            book["bids"],
            book["asks"],
            reach_fraction=options.reach_fraction,
            contract_size=self._exchange.get_contract_size(pair) or 1.0,
        )
        if isinstance(liquidity, Drop):
            return liquidity
        if liquidity.spread_fraction > options.max_spread_fraction:
            limit = f"limit {options.max_spread_fraction:.3%}"
            return Drop("spread", f"its spread is {liquidity.spread_fraction:.3%}, {limit}")
        if liquidity.depth_usd < options.min_depth_usd:
            wanted = f"{options.min_depth_usd:,.0f} expected"
            return Drop(
                "depth", f"{liquidity.depth_usd:,.0f} USD rest on its thinner side, {wanted}"
            )
        return None
