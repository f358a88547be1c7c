"""Only what sends every request to a simulated exchange is without money."""

import json
import threading
from collections.abc import Iterator
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from freqtrade.enums import RunMode
from freqtrade.exchange.binance import Binance

from plimsoll.bridge.freqtrade.no_money import is_without_money
from plimsoll.venue.profile import ccxt_connection
from tests.unit.bridge.bots import bot_config
from tests.unit.venue.serving import venue


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], str]]:
    folder = tmp_path_factory.mktemp("venue")
    profile = folder / "venue.json"
    with venue("--symbols", "BTCUSDT", "--clock", "stepped", "--write-config", profile) as line:
        config = bot_config(folder, RunMode.OTHER, dry_run=False)
        config["exchange"] = json.loads(profile.read_text())["exchange"]
        yield config, line["url"]


@pytest.fixture
def exchange(served: tuple[dict[str, Any], str]) -> Iterator[Binance]:
    made = Binance(deepcopy(served[0]), validate=False)
    yield made
    made.close()


def test_the_simulated_exchange_is_without_money(exchange: Binance) -> None:
    assert is_without_money(exchange)


def test_the_real_exchange_is_not_whatever_the_config_says(
    served: tuple[dict[str, Any], str],
) -> None:
    config = deepcopy(served[0])
    config["plimsoll"] = {"market": "synthetic, seed 7"}
    config["exchange"]["ccxt_config"] = {}
    config["dry_run"] = True  # else Freqtrade asks it at once, and a test asks nobody
    bot = Binance(config, validate=False)
    assert not is_without_money(bot)
    bot.close()


def test_one_address_that_leads_elsewhere_is_enough(exchange: Binance) -> None:
    exchange._api.urls["api"]["fapiPrivate"] = "https://fapi.binance.com/fapi/v1"
    exchange._api.httpsProxy = None
    assert not is_without_money(exchange)


def test_the_object_that_only_reads_counts_as_well(exchange: Binance) -> None:
    exchange._api_async.urls["api"]["fapiPrivate"] = "http://10.0.0.7:80/fapi/v1"
    assert not is_without_money(exchange)


@pytest.mark.parametrize("name", ["httpProxy", "socksProxy", "proxyUrl", "aiohttp_proxy"])
def test_a_proxy_could_lead_anywhere(exchange: Binance, name: str) -> None:
    setattr(exchange._api, name, "http://127.0.0.1:3128")
    assert not is_without_money(exchange)


class Forwarding(BaseHTTPRequestHandler):
    """What a proxy or another server on this machine answers to a question it does not know."""

    answer = b"{}"

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def forwarder() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Forwarding)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_forwarding_proxy_on_this_machine_is_no_simulated_exchange(
    exchange: Binance, forwarder: str
) -> None:
    """Its addresses are all on loopback; what listens there is not the venue."""
    connection = ccxt_connection(forwarder)
    for api in (exchange._api, exchange._api_async):
        api.httpsProxy, api.wssProxy = connection["httpsProxy"], connection["wssProxy"]
        api.urls["api"] |= connection["urls"]["api"]
    assert not is_without_money(exchange)


def test_a_port_where_nobody_listens_is_none(exchange: Binance) -> None:
    connection = ccxt_connection("http://127.0.0.1:9")
    for api in (exchange._api, exchange._api_async):
        api.httpsProxy, api.wssProxy = connection["httpsProxy"], connection["wssProxy"]
        api.urls["api"] |= connection["urls"]["api"]
    assert not is_without_money(exchange)


def test_two_places_are_not_one(
    exchange: Binance, served: tuple[dict[str, Any], str], forwarder: str
) -> None:
    assert served[1] != forwarder
    exchange._api.urls["api"]["fapiPrivate"] = f"{forwarder}/fapi/v1"
    assert not is_without_money(exchange)
