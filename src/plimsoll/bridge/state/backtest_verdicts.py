"""The verdicts that acted in a backtest, stored beside its result."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from plimsoll.journal.canonical import Canonical, moment_text
from plimsoll.journal.kind import Kind

KEY = "plimsoll_verdicts"
"""Section of the config that Freqtrade stores with a result: records by strategy."""


class BacktestVerdicts:
    """Keeps one strategy's verdicts, as records of the decision log, in the stored config.

    Freqtrade writes that config when all strategies have run (`optimize_reports.bt_storage`).
    """

    def __init__(self, stored_config: dict[str, Any], strategy: str) -> None:
        self._stored_config, self._strategy = stored_config, strategy
        self._canonical = Canonical()

    def begin(self) -> None:
        """Forget what an earlier run of this strategy has left."""
        self._stored_config.setdefault(KEY, {})[self._strategy] = []

    def add(self, kind: str, at: datetime, **fields: Any) -> None:
        """Keep one record."""
        record = {"at": moment_text(at), "kind": str(kind), **self._canonical.mapping(fields)}
        self._stored_config[KEY][self._strategy].append(record)


def account_halts(stored_config: Mapping[str, Any], strategy: str) -> list[dict[str, Any]]:
    """Return the records of one strategy that halted the whole account, oldest first."""
    records = stored_config.get(KEY, {}).get(strategy, ())
    return [one for one in records if one["kind"] == Kind.HALT and one["scope"] == "account"]
