"""What is judged, and what a bot that starts is compared with: one strategy as it is now."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from plimsoll.gates.hashing import bytes_hash, digest

DECIDING = (
    *("trading_mode", "margin_mode", "stake_currency", "timeframe", "fee", "liquidation_buffer"),
    *("minimal_roi", "stoploss", "trailing_stop", "trailing_stop_positive"),
    *("trailing_stop_positive_offset", "trailing_only_offset_is_reached"),
    *("use_exit_signal", "exit_profit_only", "exit_profit_offset"),
    *("ignore_roi_if_entry_signal", "ignore_buying_expired_candle_after"),
    *("position_adjustment_enable", "max_entry_position_adjustment", "order_types"),
    *("order_time_in_force", "entry_pricing", "exit_pricing", "pairlists", "freqai"),
)
"""Keys of Freqtrade's that decide what a strategy does.

Modes, wallets, stakes and slots are not among them: they change from stage to stage, with the
money. Limits are compared on their own: a stage may tighten them.
"""
OURS = ("costs", "universe")
"""Keys of ``plimsoll`` that decide it."""
SHOWN_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Subject:
    """One strategy as it is now; two that are equal would trade alike.

    Attributes
    ----------
    strategy
        The name of its class.
    code
        The fingerprint of the package's deciding code.
    source
        SHA-256 of the strategy's file.
    parameters
        Digest of what its parameter file sets; of nothing without one.
    config
        Digest of the keys of a config that decide what it does (`DECIDING`).
    freqtrade, plimsoll
        Versions.
    values
        The parameters by name, as the file beside the strategy sets them.
    limits
        The risk profile, plain.
    has_model
        Whether its config trains a model.
    """

    strategy: str
    code: str
    source: str
    parameters: str
    config: str
    freqtrade: str
    plimsoll: str
    values: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    has_model: bool = False

    def as_record(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


COMPARED = {
    "strategy": "strategy",
    "code": "code of the package",
    "source": "file of the strategy",
    "parameters": "set of parameters",
    "config": "config",
    "freqtrade": "Freqtrade",
    "plimsoll": "Plimsoll",
    "has_model": "use of a model",
}
"""What makes evidence stale, and its name in a sentence."""


def changes(recorded: Mapping[str, Any], now: Subject) -> list[str]:
    """Return what differs between a recorded subject and the present one, in words.

    A field that the record lacks (``None`` or absent) is not compared.
    """
    told = []
    for name, words in COMPARED.items():
        before, after = recorded.get(name), getattr(now, name)
        if before is not None and before != after:
            told.append(f"another {words} ({_short(before)}, now {_short(after)})")
    return told


def deciding_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a config, as its layers give it, that decides what a strategy does."""
    made = {key: config[key] for key in DECIDING if config.get(key) is not None}
    exchange = config.get("exchange") or {}
    made["exchange"] = {
        "name": exchange.get("name"),
        "pairs": sorted(map(str, exchange.get("pair_whitelist") or ())),
    }
    own = config.get("plimsoll") or {}
    made["plimsoll"] = {key: own[key] for key in OURS if own.get(key) is not None}
    return made


def config_fingerprint(config: Mapping[str, Any]) -> str:
    """Return the digest of what in a config decides what a strategy does."""
    return digest(deciding_config(config))


def source_fingerprint(content: bytes) -> str:
    """Return the digest of a strategy's file."""
    return bytes_hash(content)


def parameter_values(content: bytes | None) -> dict[str, Any]:
    """Return the parameters that a file of Freqtrade's sets, by name; spaces as prefixes.

    Raises
    ------
    ValueError
        When the file is not one.
    """
    if content is None:
        return {}
    told = json.loads(content)
    if not isinstance(told, dict) or not isinstance(told.get("params"), dict):
        raise ValueError("this is no parameter file of Freqtrade")  # noqa: TRY004 - of its content
    return flat_parameters(told["params"])


def flat_parameters(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters by space as one mapping, ``buy.length``; values as JSON has them."""
    made: dict[str, Any] = {}
    for space, values in params.items():
        if isinstance(values, Mapping):
            made |= {f"{space}.{name}": value for name, value in values.items()}
        else:
            made[str(space)] = values
    return made


def parameters_fingerprint(values: Mapping[str, Any]) -> str:
    """Return the digest of parameters by name."""
    return digest(dict(values))


def files_of_strategy(file: Path) -> tuple[bytes, bytes | None]:
    """Return the content of a strategy's file, and of its parameter file if there is one.

    Raises
    ------
    OSError
        When the strategy's file cannot be read.
    """
    beside = file.with_suffix(".json")
    return file.read_bytes(), beside.read_bytes() if beside.is_file() else None


def _short(value: Any) -> str:
    text = str(value)
    is_hash = len(text) == 64 and all(letter in "0123456789abcdef" for letter in text)
    return text[:SHOWN_DIGITS] if is_hash else text
