"""The list of a spot exchange's markets over HTTP: all that a spot backtest asks an exchange."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def exchange_info(coins: Sequence[str]) -> dict[str, Any]:
    """Return the answer of ``/api/v3/exchangeInfo`` for coins against USDT."""
    return {
        "timezone": "UTC",
        "serverTime": 1_735_689_600_000,
        "rateLimits": [],
        "exchangeFilters": [],
        "symbols": [_symbol(coin) for coin in coins],
    }


def _symbol(coin: str) -> dict[str, Any]:
    return {
        "symbol": f"{coin}USDT",
        "status": "TRADING",
        "baseAsset": coin,
        "baseAssetPrecision": 8,
        "quoteAsset": "USDT",
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS_LIMIT"],
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": "0.0001",
                "maxPrice": "1000000",
                "tickSize": "0.0001",
            },
            {
                "filterType": "LOT_SIZE",
                "minQty": "0.00001",
                "maxQty": "9000",
                "stepSize": "0.00001",
            },
            {"filterType": "NOTIONAL", "minNotional": "5", "applyMinToMarket": True},
        ],
        "permissions": ["SPOT"],
        "permissionSets": [["SPOT"]],
    }


@contextmanager
def serve_spot_markets(coins: Sequence[str]) -> Iterator[str]:
    """Serve the list on loopback for the length of the block; yield its address."""
    body = json.dumps(exchange_info(coins)).encode()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path.startswith("/api/v3/exchangeInfo")
            self.send_response(200 if known else 404)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body if known else b"{}")

        def log_message(self, *_: object) -> None:
            """Say nothing: every request would be a line of the test's output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, name="spot-markets", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(60)
