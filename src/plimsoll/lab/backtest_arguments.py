"""What ``freqtrade backtesting`` takes from its arguments: layers, folders and strategies."""

import io
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from plimsoll.bridge.config.layers import read_layers
from plimsoll.bridge.freqtrade.strategy_files import strategy_files
from plimsoll.core import UsageError
from plimsoll.lab.strategy_guarding import NO_HANDLER, base_first, names_handler


@dataclass(frozen=True, slots=True)
class BacktestArguments:
    """What a backtest reads: config layers in order, user folder, candles, and its strategies.

    ``folders`` are those that the strategies are looked for in.
    """

    layers: tuple[Path, ...]
    userdir: Path
    datadir: Path
    strategies: tuple[str, ...]
    folders: tuple[Path, ...]
    has_handler: bool

    def require_guards(self) -> None:
        """Raise `UsageError` when no guards would stand around one of the strategies."""
        if self.has_handler:
            return
        held = strategy_files(self.folders, recursive=True).strategies
        by_themselves = {one.name for one in held if one.explicit}
        if bare := [name for name in self.strategies if name not in by_themselves]:
            raise UsageError(
                f"{', '.join(bare)} would run without guards: {NO_HANDLER}; "
                f"{base_first(self.userdir, self.layers)}"
            )


def read_arguments(arguments: Sequence[str]) -> BacktestArguments | None:
    """Read arguments as ``freqtrade backtesting`` would; None when it would not accept them.

    Raises
    ------
    UsageError
        One line, which names each config layer that is missing or is not JSON.
    """
    from freqtrade.commands.arguments import Arguments

    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            parsed = Arguments(["backtesting", *arguments]).get_parsed_arg()
    except SystemExit:
        return None
    layers = tuple(Path(file) for file in parsed.get("config") or ())
    config = {**read_layers(layers)}
    userdir = Path(
        parsed.get("user_data_dir") or config.get("user_data_dir") or "user_data"
    ).expanduser()
    exchange = str((config.get("exchange") or {}).get("name", "")).lower()
    datadir = parsed.get("datadir") or config.get("datadir") or userdir / "data" / exchange
    own = parsed.get("strategy_path") or config.get("strategy_path")
    one = parsed.get("strategy") or config.get("strategy")
    return BacktestArguments(
        layers=layers,
        userdir=userdir,
        datadir=Path(datadir).expanduser(),
        strategies=tuple(parsed.get("strategy_list") or ([one] if one else [])),
        folders=tuple(Path(folder) for folder in (own, userdir / "strategies") if folder),
        has_handler=names_handler(config),
    )
