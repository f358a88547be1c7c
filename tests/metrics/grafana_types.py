"""``make dashboards-schema``: the dashboards against Grafana's own types, by TypeScript.

The package ``@grafana/schema`` has types, not a JSON schema; each dashboard becomes a literal that
``tsc`` checks against them: by the last types of the series of Grafana that docker/compose.yml
runs, and by the newest. npm installs both, with the versions and hashes of npm/package-lock.json.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.metrics.dashboards import BOARDS, FOLDER

PINS = Path(__file__).with_name("npm")
INSTALLED = ROOT / "out/dashboards-schema"
NPM_ABSENT = "needs npm: apt-get install npm, or nodejs with it"
SCHEMAS: Mapping[str, tuple[str, str]] = {
    "grafana-schema-of-image": ("dist/index.d.ts", "dashboard_types.gen"),
    "grafana-schema-newest": ("dist/types/index.d.ts", "Dashboard_types.gen"),
}
"""Packages, each with the file of all its types, and the module of a dashboard."""
OPTIONS = {
    "stat": ("stat", "StatPanelCfg"),
    "timeseries": ("timeseries", "TimeSeriesPanelCfg"),
    "state-timeline": ("statetimeline", "StateTimelinePanelCfg"),
}
"""By kind of panel: where its options are in the package."""
PLAIN = """\
// Enumerations are their values in JSON.
type Plain<T> = T extends string ? `${T}`
    : T extends number | boolean | null | undefined ? T
    : T extends Array<infer One> ? Array<Plain<One>>
    : T extends object ? { [Name in keyof T]: Plain<T[Name]> }
    : T;
"""
ERROR = re.compile(r"^(\w[\w-]*)\.ts\(\d+,\d+\): error TS\d+: (.*)$", re.MULTILINE)
WITH_QUERIES = "grafana-schema-of-image"
"""The newer package has no types of Prometheus's queries."""


class NpmError(Exception):
    """The types could not be installed."""


def install(folder: Path = INSTALLED) -> Path:
    """Install TypeScript and Grafana's types where they are not; return their folder.

    Raises
    ------
    NpmError
        In one line, without npm or when it could not install them.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise NpmError(NPM_ABSENT)
    wanted = (PINS / "package-lock.json").read_bytes()
    stamp = folder / "made-of.json"
    if stamp.is_file() and stamp.read_bytes() == wanted:
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINS / name, folder / name)
    words = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise NpmError(f"npm could not install @grafana/schema: {said[0] if said else 'no word'}")
    stamp.write_bytes(wanted)
    return folder


def literal(board: Mapping[str, Any], schema: str) -> str:
    """Return a dashboard as TypeScript: a constant of Grafana's type for each part of it."""
    raw, module = f"{schema}/dist/esm/raw", SCHEMAS[schema][1]
    lines = [f'import type * as grafana from "{raw}/dashboard/x/{module}";']
    for where, name in OPTIONS.values():
        module = f"{raw}/composable/{where}/panelcfg/x/{name}_types.gen"
        lines.append(f'import type * as {where} from "{module}";')
    if schema == WITH_QUERIES:
        module = f"{raw}/composable/prometheus/dataquery/x/PrometheusDataQuery_types.gen"
        lines.append(f'import type {{ PrometheusDataQuery }} from "{module}";')
    lines.append(PLAIN)
    names = []
    for number, panel in enumerate(board.get("panels", [])):
        names.append(f"panel{number}")
        lines += _panel(names[-1], panel, schema)
    rest = {name: value for name, value in board.items() if name != "panels"}
    lines.append(f"const rest: Plain<grafana.Dashboard> = {json.dumps(rest)};")
    lines.append(
        f"export const board: Plain<grafana.Dashboard> = {{...rest, panels: [{', '.join(names)}]}};"
    )
    return "\n".join(lines) + "\n"


def _panel(name: str, panel: Mapping[str, Any], schema: str) -> list[str]:
    """Return the lines of one panel: itself, its options by its kind, its queries."""
    if panel.get("type") == "row":
        return [f"const {name}: Plain<grafana.RowPanel> = {json.dumps(panel)};"]
    lines = [f"const {name}: Plain<grafana.Panel> = {json.dumps(panel)};"]
    where = OPTIONS.get(str(panel.get("type")))
    if where is None:
        return [*lines, f'const {name}Kind: never = "{panel.get("type")} is not looked at";']
    options = json.dumps(panel.get("options"))
    lines.append(f"const {name}Options: Partial<Plain<{where[0]}.Options>> = {options};")
    if schema == WITH_QUERIES:
        targets = json.dumps(panel.get("targets"))
        lines.append(f"const {name}Targets: Array<Plain<PrometheusDataQuery>> = {targets};")
    return lines


def faults(boards: Mapping[str, Mapping[str, Any]], folder: Path) -> dict[str, list[str]]:
    """Return what Grafana's types have against each dashboard, by its name and each schema.

    Raises
    ------
    NpmError
        When ``tsc`` fails for another reason than a type.
    """
    found: dict[str, list[str]] = {name: [] for name in boards}
    for schema, (whole, _) in SCHEMAS.items():
        work = folder / f"check-{schema}"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        for name, board in boards.items():
            (work / f"{name}.ts").write_text(literal(board, schema), encoding="utf-8")
        settings = {
            "compilerOptions": {
                "strict": True,
                "noEmit": True,
                "skipLibCheck": True,
                "types": [],
                "target": "es2022",
                "module": "esnext",
                "moduleResolution": "bundler",
                "paths": {"@grafana/schema": [f"../node_modules/{schema}/{whole}"]},
            },
            "include": ["*.ts"],
        }
        (work / "tsconfig.json").write_text(json.dumps(settings))
        tsc = folder / "node_modules/.bin/tsc"
        words = [str(tsc), "--pretty", "false", "-p", "tsconfig.json"]
        done = subprocess.run(words, cwd=work, capture_output=True, text=True, timeout=300)
        told = ERROR.findall(done.stdout)
        if done.returncode != 0 and not told:
            raise NpmError(f"tsc failed: {(done.stdout + done.stderr).strip()[:300]}")
        for name, text in told:
            found[name].append(f"{schema}: {text}")
    return found


def shipped() -> dict[str, dict[str, Any]]:
    """Return the dashboards of docker/grafana, by uid."""
    return {
        one.uid: json.loads((FOLDER / f"{one.uid}.json").read_text(encoding="utf-8"))
        for one in BOARDS
    }


def main() -> int:
    """Return 0 when every dashboard is valid, 1 when one is not, 2 when nothing could be said."""
    try:
        found = faults(shipped(), install())
    except NpmError as error:
        sys.stderr.write(f"make dashboards-schema: {error}\n")
        return 2
    for name, said in found.items():
        print(f"{name}: {'valid' if not said else f'{len(said)} faults'}")
        for line in said:
            print(f"  {line}")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
