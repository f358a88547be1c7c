"""Which plugins the shipped and the user's folders hold, read without importing one.

It imports nothing of Freqtrade but its constants, so that a question to the files is quick.
"""

import ast
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import freqtrade.constants
from packaging.specifiers import SpecifierSet

from plimsoll.bundle import plugin_folder
from plimsoll.core import PlimsollError

SUPPORTED_FREQTRADE = SpecifierSet(">=2026.9,<2026.10")

logger = logging.getLogger(__name__)


def require_supported_freqtrade(installed: str) -> None:
    """Refuse a freqtrade version that this release was not tested with."""
    if installed not in SUPPORTED_FREQTRADE:
        raise PlimsollError(
            f"expected freqtrade {SUPPORTED_FREQTRADE}, found {installed}; "
            f"run: pip install 'freqtrade{SUPPORTED_FREQTRADE}'"
        )


def name_pairlists(config: Mapping[str, Any]) -> None:
    """Add the pairlists of all folders to the names that Freqtrade's config schema knows."""
    for folder in plugin_folders(config, "pairlists"):
        for name in class_names(folder):
            if name not in freqtrade.constants.AVAILABLE_PAIRLISTS:
                freqtrade.constants.AVAILABLE_PAIRLISTS.append(name)


def plugin_folders(config: Mapping[str, Any], kind: str) -> list[Path]:
    """Return the existing folders with plugins of ``kind``: the user's first, then the shipped."""
    folders = [plugin_folder(kind)]
    if "user_data_dir" in config:
        folders.insert(0, Path(config["user_data_dir"]) / "plugins" / kind)
    return [folder for folder in folders if folder.is_dir()]


def shadowed(config: Mapping[str, Any]) -> list[str]:
    """Return the shipped plugins that a file of the user's own takes the place of."""
    names = []
    for kind in ("protections", "pairlists"):
        *own, shipped = plugin_folders(config, kind)
        names += [
            name for folder in own for name in class_names(folder) if name in class_names(shipped)
        ]
    return names


def class_names(folder: Path) -> list[str]:
    """Return the classes with a base that the folder's files define, without importing them.

    A file that cannot be read or is not valid Python is named in a warning and skipped:
    Freqtrade itself says so again when the config asks for a class in it.
    """
    names: list[str] = []
    for file in sorted(folder.glob("*.py")):
        try:
            body = ast.parse(file.read_text(encoding="utf-8")).body
        except (OSError, SyntaxError, UnicodeDecodeError) as error:
            logger.warning("Plugin file %s is not valid Python (%s); skipped.", file, error)
            continue
        names += [node.name for node in body if isinstance(node, ast.ClassDef) and node.bases]
    return names
