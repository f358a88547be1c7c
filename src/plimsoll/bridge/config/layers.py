"""The layers of a config, read as Freqtrade reads them: files in order, then the environment.

Freqtrade is imported when there is something to read: a halt must not wait for seconds of imports.
"""

import logging
import os
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
        One line, when a file is missing, cannot be read or is not JSON.
    """
    if not files and not any(name.startswith(ENVIRONMENT_PREFIX) for name in os.environ):
        return {}
    from freqtrade.configuration.environment_vars import environment_vars_to_dict
    from freqtrade.configuration.load_config import load_from_files
    from freqtrade.misc import deep_merge_dicts

    with quiet_logs(), _usage_errors():
        merged = load_from_files([str(file) for file in files]) if files else {}
        return dict(deep_merge_dicts(environment_vars_to_dict(), merged))


def read_layer(file: Path) -> dict[str, Any]:
    """Return one file alone: without the files it includes, without the environment.

    Raises
    ------
    UsageError
        One line, when it is missing, cannot be read or is not JSON.
    """
    from freqtrade.configuration.load_config import load_config_file

    with quiet_logs(), _usage_errors():
        return dict(load_config_file(str(file)))


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
