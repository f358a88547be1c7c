"""The layers of a config, read as Freqtrade reads them: files in order, then the environment.

Freqtrade is imported when there is something to read: a halt must not wait for seconds of imports.
"""

import logging
import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from plimsoll.core import UsageError

ENVIRONMENT_PREFIX = "FREQTRADE__"


def read_layers(files: Sequence[Path | str]) -> dict[str, Any]:
    """Return the merged config of files and of the environment, which wins; silently.

    ``config_files`` in it lists every file that was read, included ones too.

    Raises
    ------
    UsageError
        One line, which names each file that is missing, cannot be read or is not JSON.
    """
    if not files and not any(name.startswith(ENVIRONMENT_PREFIX) for name in os.environ):
        return {}
    from freqtrade.configuration.environment_vars import environment_vars_to_dict
    from freqtrade.configuration.load_config import load_from_files
    from freqtrade.exceptions import OperationalException
    from freqtrade.misc import deep_merge_dicts

    with quiet_logs(), _usage_errors():
        try:
            merged = load_from_files([str(file) for file in files]) if files else {}
        except (OperationalException, OSError, UnicodeDecodeError):
            if faults := _unreadable(list(map(Path, files))):
                raise UsageError("; ".join(faults)) from None
            raise
        return dict(deep_merge_dicts(environment_vars_to_dict(), merged))


def read_layer(file: Path) -> dict[str, Any]:
    """Return one file alone: without the files it includes, without the environment.

    Raises
    ------
    UsageError
        One line, when it is missing, cannot be read or is not JSON; then with the line.
    """
    from freqtrade.configuration.load_config import load_config_file
    from freqtrade.exceptions import ConfigurationError

    with quiet_logs(), _usage_errors():
        try:
            return dict(load_config_file(str(file)))
        except ConfigurationError as error:
            raise UsageError(_json_fault(file, str(error))) from None


DEEPEST = 6
"""How deep Freqtrade lets files include files."""


def _unreadable(files: Sequence[Path], depth: int = 0) -> list[str]:
    """Return what is wrong with each of these files, and of those that they include."""
    faults = []
    for file in files:
        try:
            more = read_layer(file).get("add_config_files", ())
        except UsageError as error:
            faults.append(str(error))
            continue
        if depth < DEEPEST:
            faults += _unreadable([file.resolve().parent / one for one in more], depth + 1)
    return faults


def _json_fault(file: Path, said: str) -> str:
    """Say where a file is not JSON: the parser names the byte at which it noticed."""
    match = re.search(r"offset (\d+): ([^\n]*)", said)
    if match is None:
        return f"expected JSON in {file}: {said.splitlines()[0]}"
    line = file.read_bytes()[: int(match[1])].count(b"\n") + 1
    return f"expected JSON in {file}, found a fault in line {line} or just before it: {match[2]}"


_mutex = threading.Lock()
_quiet: list[int] = []
"""What was disabled before anybody asked for quiet, then the levels that are asked for."""


@contextmanager
def quiet_logs(level: int = logging.WARNING) -> Iterator[None]:
    """Drop what any logger says at this level or below; afterwards all is as it was.

    Several threads may ask for it at once, and leave in any order.
    """
    with _mutex:
        if not _quiet:
            _quiet.append(logging.root.manager.disable)
        _quiet.append(level)
        logging.disable(max(_quiet))
    try:
        yield
    finally:
        with _mutex:
            _quiet.remove(level)
            logging.disable(max(_quiet))
            if len(_quiet) == 1:
                _quiet.clear()


@contextmanager
def _usage_errors() -> Iterator[None]:
    from freqtrade.exceptions import OperationalException

    try:
        yield
    except (OperationalException, OSError, UnicodeDecodeError) as error:
        raise UsageError(str(error).splitlines()[0]) from None
