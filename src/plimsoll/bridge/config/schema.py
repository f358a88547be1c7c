"""The JSON schema of a config file, for editors: Plimsoll's section and Freqtrade's own keys."""

from typing import Any

from freqtrade.config_schema import CONF_SCHEMA

from plimsoll.bridge.config.settings import PlimsollSettings

ABOUT = (
    "A layer of a Freqtrade config with Plimsoll's section. Written from the models; "
    "Freqtrade's part is that of the version that this release supports."
)
BOUNDS = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}


def config_schema() -> dict[str, Any]:
    """Return the schema of one layer of a config, without a reference to anything outside it.

    The section ``plimsoll`` is that of ``PlimsollSettings``: no other key, every bound. Rules
    between several limits are in no schema; the commands check them. Freqtrade's keys are those
    of its own schema, eased for layers: nothing is required, a secret may be empty, and a
    pairlist may have any name. Other top-level keys are open.
    """
    settings = PlimsollSettings.model_json_schema()
    definitions = settings.pop("$defs")
    freqtrade = _eased(CONF_SCHEMA)
    freqtrade["properties"]["pairlists"]["items"]["properties"]["method"].pop("enum", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Freqtrade config with Plimsoll",
        "description": ABOUT,
        "type": "object",
        "allOf": [{"$ref": "#/$defs/Plimsoll"}, {"$ref": "#/$defs/Freqtrade"}],
        # Freqtrade's references lead to the root's "definitions".
        "definitions": freqtrade.pop("definitions"),
        "$defs": {
            "Plimsoll": {"properties": {"plimsoll": settings}},
            "Freqtrade": freqtrade,
            **definitions,
        },
    }


def _eased(schema: Any) -> Any:
    """Return a copy in which nothing is required, no text has a least length, bounds are numbers.

    Freqtrade's schema is of draft 4, where ``exclusiveMaximum`` says whether ``maximum`` is one.
    """
    if isinstance(schema, list):
        return [_eased(value) for value in schema]
    if not isinstance(schema, dict):
        return schema
    eased = {
        key: _eased(value)
        for key, value in schema.items()
        if not (key == "required" and isinstance(value, list)) and key != "minLength"
    }
    for bound, exclusive in BOUNDS.items():
        if isinstance(eased.get(exclusive), bool) and eased.pop(exclusive):
            eased[exclusive] = eased.pop(bound)
    return eased
