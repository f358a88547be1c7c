"""What a bot imports before its first loop: the fork server imports it once for all of them."""

import importlib
import pkgutil

import plimsoll.bridge

NAMES = (
    *("ccxt", "ccxt.pro", "ccxt.async_support", "talib", "technical.qtpylib", "time_machine"),
    *("freqtrade.main", "freqtrade.commands", "freqtrade.worker", "freqtrade.freqtradebot"),
    *("freqtrade.optimize.backtesting", "freqtrade.rpc.rpc_manager", "freqtrade.resolvers"),
    *("freqtrade.exchange.binance", "freqtrade.plugins.pairlist.StaticPairList"),
    *("freqtrade.rpc.telegram", "freqtrade.rpc.api_server", "freqtrade.rpc.api_server.webserver"),
    *("sqlalchemy.dialects.sqlite", "pyarrow.feather", "joblib", "plimsoll.strategies"),
    *("plimsoll.control.halt", "plimsoll.control.bot", "plimsoll.control.database"),
)


def load() -> None:
    """Import all of it, and every module of the bridge but the machine learning."""
    for name in NAMES:
        importlib.import_module(name)
    for module in pkgutil.walk_packages(plimsoll.bridge.__path__, "plimsoll.bridge."):
        if ".freqai" not in module.name:
            importlib.import_module(module.name)


load()
