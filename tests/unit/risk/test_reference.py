"""The risk profile described: every limit once, with its default, bounds and source."""

from plimsoll.risk import RiskProfile
from plimsoll.risk.reference import profile_reference, profile_schema


def test_the_page_holds_every_limit_with_default_and_bounds() -> None:
    page = profile_reference()
    assert all(page.count(f"| `{name}` |") == 1 for name in RiskProfile.model_fields)
    assert "| `max_daily_loss_fraction` | `0.03` | above 0, to 0.1 |" in page
    assert "| `max_daily_loss_usd` | `null` | above 0, or `null` |" in page
    assert "| `trading_hours_utc` | `null` | object, or `null` |" in page
    assert "| `require_expectation` | `false` | boolean |" in page
    assert "`fixed_fraction`, `half_kelly`, `volatility_target`" in page
    assert "from 0.5, below 1" in page


def test_every_limit_stands_in_the_table_of_its_group_with_description_and_source() -> None:
    page, properties = profile_reference(), profile_schema()["properties"]
    tables = {part.split("\n", 1)[0]: part for part in page.split("\n## ")[1:]}
    assert set(tables) == {schema["group"] for schema in properties.values()}
    for name, schema in properties.items():
        (row,) = (
            line
            for line in tables[schema["group"]].splitlines()
            if line.startswith(f"| `{name}` |")
        )
        cells = row.strip("| ").replace("\\|", "¦").split(" | ")
        assert len(cells) == 5
        assert cells[3:] == [schema[key].replace("|", "¦") for key in ("description", "source")]
