"""``plimsoll features``: list, describe, compute and draw the registered features."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plimsoll.core.errors import PlimsollError, UsageError

if TYPE_CHECKING:
    from plimsoll.archive.feature_store import PairData, StoreReport
    from plimsoll.features import Feature, FeatureUse

app = typer.Typer(
    help="List, describe, compute and draw the registered features.", no_args_is_help=True
)

DATADIR = Path("user_data/data/binance")
Pair = Annotated[str, typer.Option("--pair", help="Such as BTC/USDT:USDT.")]
Timeframe = Annotated[str, typer.Option("--timeframe", "-i", help="Of the candles, such as 5m.")]
Datadir = Annotated[Path, typer.Option("--datadir", help="Freqtrade data folder of one exchange.")]
Reference = Annotated[
    str, typer.Option("--reference", help="The pair that cross-pair features measure against.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


@app.command("list")
def list_features(
    family: Annotated[
        str | None, typer.Option("--family", help="Only this family, such as trend.")
    ] = None,
    as_json: AsJson = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the page docs/feature-list.md.")
    ] = False,
) -> None:
    """List the registered features, family by family."""
    chosen = _chosen(family)
    if as_json:
        typer.echo(json.dumps([_record(feature) for feature in chosen], indent=1))
        return
    if markdown:
        typer.echo(_markdown(chosen), nl=False)
        return
    family_shown = None
    for feature in chosen:
        if feature.family != family_shown:
            family_shown = feature.family
            typer.echo(f"\n{family_shown}")
        use = feature.use_with_defaults()
        typer.echo(
            f"  {feature.name:<32} {use.lookback_candles:>5}  {feature.unit:<20}"
            f" {_plain(feature.summary)}"
        )
    typer.echo(
        f"\n{len(chosen)} features: name, lookback in candles with usual parameters, unit, meaning."
        "\nMore on one: plimsoll features describe NAME"
    )


@app.command()
def describe(
    name: Annotated[str, typer.Argument(help="The feature's name, such as ema_gap.")],
    as_json: AsJson = False,
) -> None:
    """Show what a feature declares: source of the formula, unit, lookback, inputs, NaN rule."""
    import inspect

    from plimsoll.features.merging import ORIGIN_OF_COLUMN

    feature = _feature(name)
    record = _record(feature)
    if as_json:
        typer.echo(json.dumps(record, indent=1))
        return
    inputs = [
        f"{column} ({ORIGIN_OF_COLUMN[column]})" if column in ORIGIN_OF_COLUMN else column
        for column in feature.inputs
    ]
    tolerance = f"{feature.tolerance:g}" if feature.tolerance else "0, the window is finite"
    rows = {
        "family": str(feature.family),
        "unit": str(feature.unit),
        "needs": ", ".join(inputs),
        "parameters": _limited(feature) or "none",
        "column": record["column"],
        "lookback": f"{record['lookback_candles']} candles with these parameters",
        "error of a cut past": tolerance,
        "NaN": feature.nan_rule,
        "source": feature.source,
    }
    about = _plain(inspect.getdoc(feature.formula) or "")
    typer.echo(f"{feature.name}\n\n{about}\n")
    for title, text in rows.items():
        typer.echo(f"{title + ':':<21}{text}")


@app.command()
def compute(
    pair: Pair,
    timeframe: Timeframe,
    out: Annotated[Path, typer.Option("--out", help="The store: a .parquet or .feather file.")],
    datadir: Datadir = DATADIR,
    chosen: Annotated[
        list[str] | None,
        typer.Option("--feature", help="NAME or NAME:parameter=value,...; repeat for more."),
    ] = None,
    family: Annotated[str | None, typer.Option("--family", help="Only this family.")] = None,
    reference: Reference = "BTC/USDT:USDT",
    as_json: AsJson = False,
) -> None:
    """Write a pair's features as a matrix; report what was left out and why.

    Exit status: 0 when written, 1 when one asked for with --feature lacks its data (the others are
    written), 2 for wrong usage.
    """
    from plimsoll.archive.feature_store import (
        STORE_SUFFIXES,
        require_place,
        usual_uses,
        write_store,
    )

    require_place(out, STORE_SUFFIXES)
    names = chosen or [feature.name for feature in _chosen(family)]
    uses = _usage(lambda: usual_uses(timeframe, names))
    data = _load(datadir, pair, timeframe, reference)
    report = write_store(data, uses, out)
    if as_json:
        typer.echo(json.dumps(report.as_record()))
    else:
        _print_store(report, uses)
    _warn_of_coverage(report, pair, datadir)
    if chosen and report.left_out:
        lacking = "; ".join(f"{one.column} {one.reason}" for one in report.left_out)
        raise PlimsollError(
            f"{len(report.left_out)} of {len(uses)} features asked for left out, the others are in "
            f"{report.path}: {lacking}"
        )


def _print_store(report: "StoreReport", uses: "list[FeatureUse]") -> None:
    typer.echo(
        f"{report.path}: {report.rows:,} candles × {len(report.columns)} features, "
        f"{report.first:%Y-%m-%d %H:%M} to {report.last:%Y-%m-%d %H:%M} UTC, "
        f"fingerprint {report.fingerprint}"
    )
    _print_sparse_families(report, uses)
    if report.left_out:
        typer.echo(f"\nLeft out, {len(report.left_out)}:")
        reasons: dict[str, list[str]] = {}
        for one in report.left_out:
            reasons.setdefault(one.reason, []).append(one.column)
        for reason, columns in reasons.items():
            typer.echo(f"  {reason}\n    {', '.join(columns)}")


def _warn_of_coverage(report: "StoreReport", pair: str, datadir: Path) -> None:
    """Say, last and on stderr, which kinds of data leave columns without values, and the remedy."""
    from plimsoll.archive.feature_store import DATA_KINDS

    for one in report.coverage:
        if one.fraction >= SPARSE_BELOW:
            continue
        kind = DATA_KINDS[one.kind][1]
        remedy = "a file of it that reaches further back is needed"
        if kind is not None:
            which = "" if kind == "candles" else f" --pairs {pair}"
            folder = "" if datadir == DATADIR else f" --datadir {datadir}"
            remedy = f"plimsoll data backfill --kinds {kind}{which} --since {report.first:%Y-%m-%d}"
            remedy += folder
        how = "nearly" if one.fraction < NEARLY_EMPTY_BELOW else "partly"
        columns = "1 column is" if one.columns == 1 else f"{one.columns} columns are"
        typer.echo(
            f"warning: {one.kind} covers {one.fraction:.1%} of the span: {columns} {how} empty; "
            f"{remedy}",
            err=True,
        )


def _print_sparse_families(report: "StoreReport", uses: "list[FeatureUse]") -> None:
    """Name the families with columns that are mostly NaN, and how much of each has a value."""
    parts: dict[str, list[float]] = {}
    for use in uses:
        known = report.known_fraction.get(use.column, 1.0)
        if known < SPARSE_BELOW:
            parts.setdefault(str(use.feature.family), []).append(known)
    if parts:
        typer.echo(f"\nWithout a value in more than {1 - SPARSE_BELOW:.0%} of the candles:")
    for family, fractions in parts.items():
        span = f"{min(fractions):.1%} to {max(fractions):.1%}"
        typer.echo(f"  {family}, {len(fractions)} columns: {span} of the candles have one")


SPARSE_BELOW = 0.9
"""Share of candles with a value below which a column or a kind of data is named."""

NEARLY_EMPTY_BELOW = 0.2
"""Share of candles with a value below which a column is nearly empty."""


@app.command()
def show(
    store: Annotated[Path, typer.Argument(help="A file written by `plimsoll features compute`.")],
    as_json: AsJson = False,
) -> None:
    """Show what a store holds: pair, span, fingerprint, each column, and what was left out."""
    from plimsoll.archive.feature_store import about_store

    about = about_store(store)
    if as_json:
        typer.echo(json.dumps(about))
        return
    made_by = "the installed features"
    if not about["made_by_installed_features"]:
        made_by = "other features than the installed ones; compute it again to compare"
    rows = {
        "pair": f"{about['pair']} {about['timeframe']}",
        "candles": f"{about['rows']:,}, {about['first'][:16]} to {about['last'][:16]} UTC",
        "fingerprint": f"{about['fingerprint']}, made by {made_by}",
        "columns": f"{len(about['columns'])}, with the share of candles that have a value",
    }
    for title, text in rows.items():
        typer.echo(f"{title + ':':<13}{text}")
    for column in about["columns"]:
        one = about["features"][column]
        known = about["known_fraction"][column]
        parameters = ", ".join(f"{name}={value:g}" for name, value in one["parameters"].items())
        text = f"  {column:<40} {known:>6.1%}  {one['unit']:<20} {parameters}"
        typer.echo(text.rstrip())
    if about["left_out"]:
        typer.echo(f"left out:    {', '.join(about['left_out'])}")


@app.command()
def plot(
    name: Annotated[str, typer.Argument(help="NAME or NAME:parameter=value,...")],
    pair: Pair,
    timeframe: Timeframe,
    datadir: Datadir = DATADIR,
    out: Annotated[
        Path | None, typer.Option("--out", help="PNG to write.", show_default="out/NAME.png")
    ] = None,
    last: Annotated[int, typer.Option("--last", min=2, help="How many candles to show.")] = 1000,
    until: Annotated[
        str | None, typer.Option("--until", help="Last candle to show, such as 2024-08-06.")
    ] = None,
    reference: Reference = "BTC/USDT:USDT",
) -> None:
    """Draw a feature below the price."""
    import pandas as pd

    from plimsoll.archive.feature_store import require_place, split_computable, usual_uses
    from plimsoll.reporting.feature_figure import feature_png

    [use] = _usage(lambda: usual_uses(timeframe, [name]))
    target = out or Path("out") / f"{use.feature.name}.png"
    require_place(target, [".png"])
    data = _load(datadir, pair, timeframe, reference)
    ready, left_out = split_computable(data, [use])
    if not ready:
        raise PlimsollError(f"{left_out[0].column}: {left_out[0].reason}")
    candles = data.candles
    if until is not None:
        try:
            end = pd.Timestamp(until, tz="UTC")
        except ValueError as error:
            raise UsageError(f"expected --until to be a date, found {until}") from error
        candles = candles[candles["date"] <= end]
    shown = candles.iloc[-last:]
    if len(shown) < 2:
        raise UsageError(f"{pair} has no {timeframe} candles until {until}")
    column = use(candles).iloc[-last:]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(feature_png(shown, use, column, pair=pair, timeframe=timeframe))
    typer.echo(str(target))


def _chosen(family: str | None) -> "list[Feature]":
    from plimsoll import features

    known = [str(one) for one in features.Family]
    if family is not None and family not in known:
        raise UsageError(f"expected --family among {', '.join(known)}; found {family}")
    chosen = [features.get(name) for name in features.names()]
    chosen.sort(key=lambda feature: known.index(str(feature.family)))
    return [feature for feature in chosen if family in (None, str(feature.family))]


def _feature(name: str) -> "Feature":
    """Return the feature; for a wrong name suggest the nearest ones."""
    from difflib import get_close_matches

    from plimsoll import features

    if name not in features.names():
        near = get_close_matches(name, features.names(), n=3, cutoff=0.5)
        hint = f"did you mean {', '.join(near)}?" if near else "see plimsoll features list"
        raise UsageError(f"there is no feature {name}; {hint}")
    return features.get(name)


def _usage(make: Any) -> "list[FeatureUse]":
    """Names and parameters that do not exist are wrong usage."""
    try:
        uses: list[FeatureUse] = make()
    except PlimsollError as error:
        raise UsageError(str(error)) from error
    return uses


def _load(datadir: Path, pair: str, timeframe: str, reference: str) -> "PairData":
    from plimsoll.archive.feature_store import load_pair

    if not datadir.is_dir():
        raise UsageError(f"expected a Freqtrade data folder at --datadir, found none at {datadir}")
    return load_pair(datadir, pair, timeframe, reference=reference)


def _plain(text: str) -> str:
    return text.replace("`", "")


def _parameters(feature: "Feature") -> str:
    return ", ".join(f"{name}={value:g}" for name, value in feature.defaults.items())


def _limited(feature: "Feature") -> str:
    return "; ".join(
        f"{name}={value:g}, a {feature.limits[name]}" for name, value in feature.defaults.items()
    )


def _record(feature: "Feature") -> dict[str, Any]:
    use = feature.use_with_defaults()
    return {
        "name": feature.name,
        "family": str(feature.family),
        "summary": feature.summary,
        "unit": str(feature.unit),
        "inputs": list(feature.inputs),
        "parameters": dict(feature.defaults),
        "limits": {
            name: {"least": one.least, "most": one.most, "whole": one.whole}
            for name, one in feature.limits.items()
        },
        "column": use.column,
        "lookback_candles": use.lookback_candles,
        "tolerance": feature.tolerance,
        "nan_rule": feature.nan_rule,
        "source": feature.source,
    }


PAGE_HEAD = """# The features

Written by `plimsoll features list --markdown`; do not edit by hand. The terms are explained in
[features](features.md). The lookback is that of the usual parameters; the error is the relative
error that remains when the past is cut there.
"""


def _title(feature: "Feature") -> str:
    return str(feature.family).replace("_", " ").capitalize()


def _markdown(chosen: "list[Feature]") -> str:
    counts: dict[str, int] = {}
    for feature in chosen:
        counts[_title(feature)] = counts.get(_title(feature), 0) + 1
    lines = [PAGE_HEAD, f"{len(chosen)} features in {len(counts)} families:", ""]
    for title, count in counts.items():
        lines.append(f"- [{title}](#{title.lower().replace(' ', '-')}): {count}")
    family = None
    for feature in chosen:
        if feature.family != family:
            family = feature.family
            titles = ["", "what it is", "usual parameters", "lookback", "unit", "error", "needs"]
            lines += ["", f"## {_title(feature)}", ""]
            lines += ["| " + " | ".join([*titles, "source"]) + " |", "|" + "---|" * 8]
        use = feature.use_with_defaults()
        cells = [f"`{feature.name}`", feature.summary.replace("``", "`"), _parameters(feature)]
        cells += [str(use.lookback_candles), str(feature.unit), f"{feature.tolerance:g}"]
        cells += [", ".join(feature.inputs), feature.source]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"
