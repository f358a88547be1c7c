"""Plain numbers and what they were made of in a file, with a hash of it all.

The file is a NumPy archive without Python objects: reading one runs no code. It is written whole
or not at all.
"""

import contextlib
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plimsoll.core import PlimsollError

MOST_BYTES = 20_000_000

Arrays = dict[str, NDArray[Any]]


class AgentError(PlimsollError):
    """A file that is no agent, or one that must not be asked."""


def write_archive(file: Path, arrays: Mapping[str, NDArray[Any]], told: Mapping[str, Any]) -> None:
    """Write arrays and words, whole or not at all."""
    words = json.dumps(told, sort_keys=True).encode()
    kept = {**arrays, "metadata": np.frombuffer(words, dtype=np.uint8)}
    kept["sha256"] = np.frombuffer(_digest(kept), dtype=np.uint8)
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **kept)
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with half.open("wb") as out:
            out.write(content.getvalue())
            out.flush()
            os.fsync(out.fileno())
        os.replace(half, file)  # noqa: PTH105 - replaces across an existing file on every system
    finally:
        with contextlib.suppress(FileNotFoundError):
            half.unlink()


def read_archive(file: Path) -> Arrays:
    """Return the arrays of a file, ``metadata`` (JSON) among them.

    Raises
    ------
    AgentError
        When it is missing, foreign or damaged.
    """
    arrays = _arrays(file)
    kept = arrays.pop("sha256", None)
    if kept is None or "metadata" not in arrays:
        raise AgentError(f"expected an agent of Plimsoll in {file}, found another archive")
    if _digest(arrays) != kept.tobytes():
        raise AgentError(f"{file} is damaged: its content is not what was written; train it again")
    return arrays


def _arrays(file: Path) -> Arrays:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise AgentError(f"expected an agent below {MOST_BYTES:,} bytes, found {file} larger")
        with np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise AgentError(f"expected an agent in {file}, found no file; train one") from None
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise AgentError(f"expected an agent of Plimsoll in {file}, found: {error}") from None


def _digest(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        values = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {values.dtype.str} {values.shape}\0".encode())
        digest.update(values.tobytes())
    return digest.digest()
