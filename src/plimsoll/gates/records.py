"""Records that commands write for the gates: what was made, with what, under a seal."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from plimsoll.gates.hashing import with_seal
from plimsoll.gates.kinds import Kind

FORMAT = 1
HEAD = "evidence"
"""The member of a command's JSON that makes it evidence."""


def as_evidence(
    kind: Kind, body: Mapping[str, Any], made_with: Mapping[str, Any], at: datetime
) -> dict[str, Any]:
    """Return what a command tells as evidence: with kind, moment and versions, sealed.

    ``made_with`` holds fields of a subject, as far as they are known.
    """
    # As it will be read again: moments as text, no NaN, no tuples.
    plain = orjson.loads(orjson.dumps(dict(body), default=str, option=orjson.OPT_NON_STR_KEYS))
    head = {
        "format": FORMAT,
        "kind": kind.value,
        "at": at.isoformat(timespec="microseconds"),
        "made_with": dict(made_with),
    }
    return with_seal({**plain, HEAD: head})
