"""The freqtrade command that this process runs, read with Freqtrade's own parser."""

import os
import sys
from pathlib import Path
from typing import Any, NoReturn

from plimsoll.bridge.config.layers import quiet_logs, read_layers
from plimsoll.core import PlimsollError


def command_line_config() -> tuple[str | None, dict[str, Any]]:
    """Return the command and the config that Freqtrade is about to run with.

    A handler is not handed the config, so it is read again with Freqtrade's own parser. A
    config on standard input cannot be read twice: only ``--userdir`` counts then.

    Raises
    ------
    PlimsollError
        When ``trade`` reads its config from standard input, where it cannot be checked.
    """
    # Not at import: the parser pulls in every command, and hyperopt's workers need none of it.
    from freqtrade.commands.arguments import Arguments

    if not is_freqtrade_command():
        return None, {}
    with quiet_logs():
        args = Arguments(None).get_parsed_arg()
    files = args.get("config") or []
    if "-" in files and args.get("command") == "trade":
        raise PlimsollError(
            "a config on standard input cannot be checked for its limits and the opt-in to "
            "live trading; name it as a file: -c FILE"
        )
    config = read_layers([] if "-" in files else files)
    if args.get("dry_run"):
        config["dry_run"] = True
    folder = args.get("user_data_dir") or config.get("user_data_dir") or "user_data"
    config["user_data_dir"] = Path(folder).expanduser().resolve()
    return args.get("command"), config


def running_command() -> str | None:
    """Return the name of the freqtrade command that this process runs; ``None`` when it is none."""
    from freqtrade.commands.arguments import Arguments

    return Arguments(None).get_parsed_arg().get("command") if is_freqtrade_command() else None


def is_freqtrade_command() -> bool:
    """Return whether this process is the ``freqtrade`` command, under whatever name."""
    return "freqtrade.main" in sys.modules


def refuse(error: PlimsollError) -> NoReturn:
    """End the freqtrade command with one line and status 2.

    An exception raised here would be wrapped by `logging.config` and printed as a traceback,
    and Freqtrade's main would turn `SystemExit` into status 0; nothing is open yet that would
    need closing. Outside the command (a notebook, a test) the error is raised as it is.
    """
    if not is_freqtrade_command():
        raise error
    sys.stdout.flush()
    sys.stderr.write(f"plimsoll: {error}\n")
    sys.stderr.flush()
    os._exit(2)
