"""Run a bot with twenty pairs on the simulated exchange in real time, and keep what it measured."""

import json
import os
import shutil
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from freqtrade.configuration.load_config import load_config_file

from plimsoll.bridge.config.settings import LIVE_OPT_IN
from plimsoll.core import PlimsollError
from plimsoll.lab.processes import command, last_line, running, wait_until
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import Venue, serve_venue
from tests.conftest import ROOT

PAIRS = tuple(
    f"{base}/USDT:USDT"
    for base in (
        *("BTC", "ETH", "SOL", "XRP", "ADA", "DOGE", "LINK", "BNB", "LTC", "AVAX"),
        *("DOT", "TRX", "BCH", "ATOM", "NEAR", "UNI", "FIL", "ETC", "AAVE", "APT"),
    )
)
START_SECONDS = 240.0
RESULT = "measured.json"
WIDE = {
    "max_open_positions": 100,
    "max_trades_per_day": 10_000,
    "max_orders": 1000,
    "max_correlation": 1,
    "max_consecutive_losses": 20,
    "consecutive_losses_pause_hours": 0.001,
    "cooldown_seconds": 0,
    "break_even_trades": None,
}
"""Limits so wide that every guard is asked and none denies."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is measured: in which mode, with which source of candles, with how many at once.

    A scene that is not guarded runs the same strategy in a bot that knows nothing of Plimsoll.
    """

    name: str
    is_live: bool = False
    is_guarded: bool = True
    streams: bool = False
    at_once: bool = False
    pairs: tuple[str, ...] = PAIRS
    round: int = 4


SCENES = (
    Scene("live", is_live=True),
    Scene("live, plain bot", is_live=True, is_guarded=False),
    Scene("dry-run"),
    Scene("dry-run, plain bot", is_guarded=False),
    Scene("live, all at once", is_live=True, at_once=True),
    Scene("live, candles by stream", is_live=True, streams=True),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a scene left: the bot's loops, and the orders as the exchange received them."""

    loops: list[dict[str, Any]]
    received: list[dict[str, Any]]
    load: Sequence[float]


def kept(scene: Scene, folder: Path, *, minutes: float) -> Measured:
    """Return what a scene left in a folder before, or run it there and keep what it leaves."""
    folder = folder.resolve()
    file = folder / scene.name / RESULT
    if not file.exists():
        measured = measure(scene, folder / scene.name, minutes=minutes)
        half = file.with_suffix(".half")
        half.write_text(json.dumps(asdict(measured)), encoding="utf-8")
        half.rename(file)
    return _read(file)


def finished(scene: Scene, folder: Path) -> Measured | None:
    """Return what a scene left in a folder before; ``None`` where it was not finished there."""
    file = folder / scene.name / RESULT
    return _read(file) if file.exists() else None


def _read(file: Path) -> Measured:
    return Measured(**json.loads(file.read_text(encoding="utf-8")))


def measure(scene: Scene, folder: Path, *, minutes: float) -> Measured:
    """Run the bot for so many minutes after its first loop.

    Raises
    ------
    PlimsollError
        When exchange or bot does not start.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    file, log = folder / "loops.jsonl", folder / "bot.log"
    names = ",".join(pair.partition("/")[0] + "USDT" for pair in scene.pairs)
    load = os.getloadavg()[0]
    with serve_venue(["--symbols", names, "--balance-usd", "100000"], folder=folder) as venue:
        arguments = _arguments(scene, folder, venue, file)
        environment = {"PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(folder / "registry")}
        with running(
            [command("freqtrade"), *arguments],
            log=log,
            folder=folder,
            environment=environment,
            settings=False,
        ) as bot:
            wait_until(
                lambda: bot.poll() is not None or file.exists(),
                seconds=START_SECONDS,
                what=f"the bot's first loop ({last_line(log)})",
            )
            end = time.monotonic() + 60 * minutes
            while time.monotonic() < end and bot.poll() is None:
                time.sleep(1)
            if bot.poll() is not None:
                raise PlimsollError(f"freqtrade trade ended: {last_line(log)}; its log is {log}")
        received = _received(venue)
    loops = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return Measured(loops, received, (load, os.getloadavg()[0]))


def _arguments(scene: Scene, folder: Path, venue: Venue, file: Path) -> list[str]:
    userdir = folder / "user_data"
    lay_out(userdir)
    layer = folder / "latency.json"
    layer.write_text(json.dumps(_overlay(scene, file), indent=2), encoding="utf-8")
    shipped = userdir / "config"
    layers = [shipped / "base.json", shipped / "mode-dry-run.json", venue.config, layer]
    if not scene.is_guarded:
        layers = [_without_plimsoll(one, folder / f"plain-{one.name}") for one in layers]
    return [
        *("trade", "--userdir", str(userdir), "--strategy", "EveryMinute"),
        *("--strategy-path", str(Path(__file__).parent / "strategies")),
        *("--db-url", f"sqlite:///{folder / 'bot.sqlite'}"),
        *(part for one in layers for part in ("-c", str(one))),
    ]


def _without_plimsoll(layer: Path, file: Path) -> Path:
    """Write a layer without the section and the log handler by which guards come to a bot."""
    config = load_config_file(str(layer))
    config.pop("plimsoll", None)
    config.get("log_config", {}).get("handlers", {}).pop("plimsoll", None)
    file.write_text(json.dumps(config, indent=2), encoding="utf-8")
    return file


def _overlay(scene: Scene, file: Path) -> dict[str, Any]:
    stopwatch = {"class": "tests.latency.stopwatch.Stopwatch", "path": str(file)}
    plimsoll: dict[str, Any] = {"risk": WIDE, "state_folder": ""}
    if scene.is_live:
        plimsoll["live_opt_in"] = LIVE_OPT_IN
    return {
        "dry_run": not scene.is_live,
        "dry_run_wallet": 100_000,
        "initial_state": "running",
        "stake_amount": 500,
        "max_open_trades": len(scene.pairs),
        "latency_at_once": scene.at_once,
        "latency_round": scene.round,
        "pairlists": [{"method": "StaticPairList"}],
        "exchange": {
            "pair_whitelist": list(scene.pairs),
            "enable_ws": scene.streams,
            "_ft_has_params": {"ws_enabled": scene.streams},
        },
        "plimsoll": plimsoll,
        "log_config": {
            "handlers": {
                "stopwatch": stopwatch,
                "console": {"class": "logging.StreamHandler", "formatter": "standard"},
            }
        },
    }


def _received(venue: Venue) -> list[dict[str, Any]]:
    url = f"{venue.url}/plimsoll/order-latency?timeframe=1m"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=60) as answer:
        return list(json.load(answer))
