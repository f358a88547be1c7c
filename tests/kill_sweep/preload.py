"""What a bot imports before its first loop; the fork server imports it once for all of them."""

import importlib
import pkgutil

import plimsoll.bridge

for name in (
    *("ccxt", "ccxt.pro", "ccxt.async_support", "talib", "technical.qtpylib", "time_machine"),
    *("freqtrade.main", "freqtrade.commands", "freqtrade.worker", "freqtrade.freqtradebot"),
    *("freqtrade.optimize.backtesting", "freqtrade.rpc.rpc_manager", "freqtrade.resolvers"),
    *("freqtrade.exchange.binance", "freqtrade.plugins.pairlist.StaticPairList"),
    *("sqlalchemy.dialects.sqlite", "pyarrow.feather", "joblib", "plimsoll.strategies"),
):
    importlib.import_module(name)
for module in pkgutil.walk_packages(plimsoll.bridge.__path__, "plimsoll.bridge."):
    if ".freqai" not in module.name:
        importlib.import_module(module.name)
