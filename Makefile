# Every target makes .venv when it is absent and is safe to repeat.
SUPPORTED := import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do $$python -c '$(SUPPORTED)' >/dev/null 2>&1 && { echo $$python; exit; }; done; echo python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
# The tests start a thousand Pythons: what they import is compiled once.
export PYTHONDONTWRITEBYTECODE :=
# A file's tests stay on one worker, for they share servers and data; files start in their order.
# One worker more than two cores: a bot's tests wait for clocks a quarter of the time.
WORKERS ?= 3
PARALLEL := -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# What takes seconds a file: real data, whole markets, servers, waiting in real time, drawing.
LONG_UNIT := archive/test_backfill archive/test_feature_store archive/test_http \
	archive/test_inspection archive/test_pair_checks bench/test_page cli/test_app cli/test_control \
	cli/test_features cli/test_watch monitoring/test_account monitoring/test_watchdog \
	monitoring/exporter/test_bot monitoring/exporter/test_trades cli/test_exporter \
	bridge/freqtrade/test_command_line bridge/freqtrade/test_venue_clock \
	bridge/guarding/test_live_session bridge/guarding/test_messenger \
	bridge/guarding/test_two_accounts \
	bridge/account/test_killed_while_storing bridge/guarding/test_blind_spots \
	bridge/state/test_locks bridge/state/test_recorder bridge/strategies/test_backtest_funding \
	bridge/strategies/test_hooks_deny cli/test_log cli/test_report control/test_backup control/test_halt control/test_keys \
	control/test_restore deployment/test_proxy \
	journal/test_check journal/test_log lab/drilling/test_bot \
	lab/drilling/test_exchange lab/drilling/test_fault lab/drilling/test_forked \
	lab/drilling/test_kill_row lab/drilling/test_trips lab/test_costs lab/test_freqtrade lab/test_processes \
	lab/calibration/test_own lab/calibration/test_run lab/calibration/test_walk \
	lab/test_strategy_check lab/test_study_runs lab/test_venue test_strategies \
	reporting/test_charts reporting/test_guard_sections reporting/test_page \
	reporting/test_position_charts reporting/test_sections \
	reporting/test_report reporting/test_results_figure venue/api/test_feeds venue/test_faults \
	venue/market/test_scenario venue/market/test_stylised_facts venue/market/test_synthetic

.PHONY: help demo picture test unit browser check style types architecture compiled wheel bench mutation clean lock venv results reprice denials policies slow drills parity foreign kill-sweep watch-drills docs changelog replay drill-cases latency identity walks model-results calibrate train-agents alert-drills dashboards data backtest paper drill report live audit sbom deep drills-postgresql databases image soak feed-latency monitoring dashboards-schema

help: ## show the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

venv: $(READY) ## make .venv with the tested, hash-checked set of packages

$(READY): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "plimsoll needs Python 3.11 to 3.13, found " + sys.version.split()[0] + "; name one with: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo 'Installing the tested packages into $(VENV): a minute or two, once.'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## backtest, paper-trade and crash-test the strategies on the simulated exchange
	$(BIN)/plimsoll demo

picture: $(READY) ## draw the README's picture again: one strategy in a crash, guards off and on
	$(BIN)/python -m tests.picture

test: $(READY) ## lint, types, import rules and all tests
	$(MAKE) --no-print-directory style
	$(MAKE) --no-print-directory --jobs=2 types compiled
	$(BIN)/python -m pytest $(PARALLEL) --ignore=tests/architecture

unit: $(READY) ## the quick loop: unit and contract tests without the long files
	$(BIN)/python -m pytest -q $(PARALLEL) -m 'not slow and not data' \
		tests/unit tests/contracts $(LONG_UNIT:%=--ignore=tests/unit/%.py)

check: $(READY) ## ruff, mypy, import-linter and the documentation checks
	$(MAKE) --no-print-directory style
	$(MAKE) --no-print-directory --jobs=2 types architecture

style: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(READY)
	$(BIN)/mypy

architecture: $(READY)
	$(BIN)/python -m pytest -q tests/architecture

# Pytest rewrites what it imports: once here, not once in each worker.
compiled: architecture
	@$(BIN)/python -m pytest -q --collect-only --ignore=tests/architecture >/dev/null || true

denials: $(READY) ## count on real data (DATA=folder) what the guards deny and rewrite docs/denials.md
	@test -n "$(DATA)" || { echo 'make denials needs DATA=folder, a Freqtrade data folder with real candles'; exit 2; }
	rm -rf out/foreign
	$(BIN)/python -m tests.foreign.runs out/foreign
	nice -n 10 $(BIN)/plimsoll denials --datadir $(DATA) --others out/foreign

policies: $(READY) ## weigh in sample (DATA=folder) how a halt ends and rewrite docs/rearming.md
	@test -n "$(DATA)" || { echo 'make policies needs DATA=folder, a Freqtrade data folder with real candles'; exit 2; }
	nice -n 10 $(BIN)/plimsoll policies --datadir $(DATA)

# The whole path; each target is one plain command, which `make -n` shows.
STRATEGY ?= MomentumCross
SINCE ?= 2024-01-01
LAYERS := --userdir user_data -c user_data/config/base.json -c user_data/config/venue-binance.json
MODE := -c user_data/config/mode

data: $(READY) ## fill the archive with Binance's candles, marks, funding and more from SINCE on
	$(BIN)/plimsoll data backfill -c user_data/config/venue-binance.json --since $(SINCE)

backtest: $(READY) ## backtest STRATEGY beside the baselines (TIMERANGE=20250101-20260701)
	$(BIN)/freqtrade backtesting $(LAYERS) $(MODE)-backtest.json $(if $(TIMERANGE),--timerange $(TIMERANGE)) --strategy-list $(STRATEGY) BuyAndHold NoTrade

paper: $(READY) ## let STRATEGY trade on real prices without money
	$(BIN)/freqtrade trade $(LAYERS) $(MODE)-dry-run.json --strategy $(STRATEGY)

drill: $(READY) ## trip every guard under every fault and write the certificate
	$(BIN)/plimsoll drill --all

report: $(READY) ## draw the last backtest
	$(BIN)/plimsoll report

live: $(READY) ## let STRATEGY trade with money: refused without opt-in and an open gate (docs/going-live.md)
	$(BIN)/freqtrade trade $(LAYERS) $(MODE)-live.json -c user_data/config/risk-live-500.json --strategy $(STRATEGY)

audit: $(READY) ## look for known faults in the packages of constraints.txt (asks PyPI); fails when it gets no answer
	@$(BIN)/python -m tests.supply.audit

sbom: $(READY) ## write the list of all packages of constraints.txt to out/sbom.json (CycloneDX) and check it
	@$(BIN)/python -m tests.supply.sbom

image: $(READY) ## build docker/Dockerfile without a daemon or a registry and run it; figures in docs/docker.md (root, buildah, mmdebstrap; ARCHIVE=file for docker load)
	$(BIN)/python -m tests.image $(if $(BASE),--base $(BASE)) $(if $(MIRROR),--mirror $(MIRROR)) $(if $(ARCHIVE),--archive $(ARCHIVE))

browser: $(READY) ## open the report in a Chromium, narrow and wide, light and dark; pictures in out/browser
	PLIMSOLL_PICTURES=out/browser $(BIN)/python -m pytest -m browser -rs tests/integration/test_report_in_browser.py

slow: $(READY) ## the drills too long for `make test`
	$(BIN)/python -m pytest -m slow

replay: $(READY) ## replay runs that must agree: twice, plain, killed and gone on, in both modes (about half an hour)
	$(BIN)/python -m pytest -m "slow or not slow" tests/integration/test_replay.py \
		tests/integration/test_book_agreement.py

drills: $(READY) ## trip every guard under every fault, write the certificate and the matrix of docs/drills.md
	$(BIN)/plimsoll drill --all $(if $(ONLY),--only "$(ONLY)"); status=$$?; \
	$(BIN)/python -m tests.drills.matrix_page out/drill/certificate/certificate.json && exit $$status

drill-cases: $(READY) ## play single cases of guards in a running bot and rewrite the rest of docs/drills.md
	$(BIN)/python -m tests.drills

drills-postgresql: $(READY) ## drill the guards with their bot on a real PostgreSQL that the drill starts (needs Debian's package postgresql)
	$(BIN)/python -m pytest -m slow tests/drills/test_postgresql.py tests/property/test_latch_postgresql.py \
		tests/integration/test_drill_command.py -k "postgresql"

databases: $(READY) ## measure a bot on SQLite and on PostgreSQL, rewrite its section of docs/databases.md
	$(BIN)/python -m tests.databases

parity: $(READY) ## backtest and replay the strategies on real data (DATA=folder), rewrite docs/parity-results.md
	@test -n "$(DATA)" || { echo 'make parity needs DATA=folder, a Freqtrade data folder with real candles'; exit 2; }
	nice -n 10 $(BIN)/python -m tests.parity $(DATA)

deep: $(READY) ## the tests that need PyTorch: LSTM, agents, allocators, and LSTMForecaster by freqtrade (needs the extras deep and rl)
	@$(BIN)/python -c 'import torch, stable_baselines3' || { echo "make deep needs PyTorch: $(BIN)/python -m pip install 'freqtrade-plimsoll[deep,rl]'"; exit 2; }
	OMP_NUM_THREADS=1 nice -n 10 $(BIN)/python -m pytest -q -m 'slow or not slow' tests/unit/modelling/test_lstm_training.py \
		tests/unit/bridge/freqai/test_purged_sequence.py tests/unit/agents \
		'tests/integration/test_freqai_models.py::test_a_model_trains_forecasts_and_is_kept[LSTMForecaster]'

train-agents: $(READY) ## train agents and allocators on made markets, planted and noise, resumable; docs/agents-results.md (needs the extra rl)
	OMP_NUM_THREADS=1 nice -n 10 $(BIN)/python -m tests.agent_checks $(ONLY)

model-results: $(READY) ## compare models with rules on real data (DATA=folder), rewrite docs/model-results.md
	@test -n "$(DATA)" || { echo 'make model-results needs DATA=folder, a Freqtrade data folder with real candles'; exit 2; }
	nice -n 10 $(BIN)/python -m tests.model_results $(DATA)

walks: $(READY) ## search and walk forward on real data (DATA=folder), rewrite docs/walk-forward-results.md
	@test -n "$(DATA)" || { echo 'make walks needs DATA=folder, a Freqtrade data folder with real candles'; exit 2; }
	$(BIN)/python -m tests.walks $(DATA)

foreign: $(READY) ## guard strategies of others in every command and a crash; rewrite docs/foreign-strategies.md
	$(BIN)/python -m tests.foreign

KILLS ?= 120
SEED ?= 1
kill-sweep: $(READY) ## kill a live bot at KILLS drawn moments and rewrite docs/kill-sweep.md (ONLY=37 repeats one)
	$(BIN)/python -m tests.kill_sweep --kills $(KILLS) --seed $(SEED) $(if $(ONLY),--only $(ONLY))

SETTINGS ?= 1500
identity: $(READY) ## run SETTINGS drawn backtests by Freqtrade's loop and the fast lane, resumable; docs/identity.md
	nice -n 10 $(BIN)/python -m tests.identity --settings $(SETTINGS) --seed $(SEED)

calibrate: $(READY) ## walk shipped strategies over made markets, resumable: how often the gate opens; docs/calibration.md
	nice -n 10 $(BIN)/python -m tests.calibration --seed $(SEED) $(if $(SHARE),--share $(SHARE))

watch-drills: $(READY) ## kill, freeze and blind bot and watchdog; rewrite the table of docs/watch.md (ONLY=frozen plays one)
	$(BIN)/python -m tests.watch_drills $(if $(ONLY),--only $(ONLY))

monitoring: $(READY) ## exchange, bot, watchdog, exporter, control bot, Prometheus and Alertmanager on loopback, until Ctrl-C (CRASH=1: a crash after a minute)
	$(BIN)/python -m tests.metrics.live $(if $(MINUTES),--minutes $(MINUTES)) $(if $(CRASH),--crash-after $(CRASH))

alert-drills: $(READY) ## crash and kill a bot in that stack; times and dashboards in docs/alert-drill.md (a quarter of an hour)
	$(BIN)/python -m tests.metrics

dashboards: $(READY) ## write the dashboards of docker/grafana from their code
	$(BIN)/python -m tests.metrics.dashboards

dashboards-schema: $(READY) ## check the dashboards by Grafana's own types, @grafana/schema (npm)
	$(BIN)/python -m tests.metrics.grafana_types

HOURS ?= 72
soak: $(READY) ## HOURS simulated hours at 60 times real time (MINUTES=15 of them real, and on again); docs/deployment.md
	$(BIN)/python -m tests.soak --hours $(HOURS) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(ANEW),--anew)

results: $(READY) ## backtest the strategies on real data (DATA=folder), resumable, and rewrite docs/results.md
	@test -n "$(DATA)" || { echo 'make results needs DATA=folder, a Freqtrade data folder with real candles'; exit 2; }
	nice -n 10 $(BIN)/plimsoll results --datadir $(DATA) --out docs/results.md

reprice: $(READY) ## price the results' fills at the market's (DATA=folder), resumable; docs/repriced-results.md
	@test -n "$(DATA)" || { echo 'make reprice needs DATA=folder, a Freqtrade data folder with real candles'; exit 2; }
	nice -n 10 $(BIN)/plimsoll repriced-results --datadir $(DATA)

docs: $(READY) ## write every generated page and build the site in out/site; a warning fails
	$(BIN)/python -m tests.docs_site

changelog: $(READY) ## show what changelog.d adds to CHANGELOG.md (VERSION=0.3.0 writes it)
	$(BIN)/python -m tests.docs_site.environment towncrier build $(if $(VERSION),--yes --version $(VERSION),--draft --version Unreleased)

wheel: $(READY) ## build dist/freqtrade_plimsoll-*.whl
	rm -rf dist
	$(BIN)/python -m hatchling build -t wheel

bench: $(READY) ## measure guards, features, log and venue; rewrite docs/benchmarks.md
	$(BIN)/python -m tests.bench

latency: $(READY) ## measure in real time how long after a candle's close orders leave; rewrite docs/latency.md (an hour; python -m tests.latency --help for parts of it)
	$(BIN)/python -m tests.latency

feed-latency: $(READY) ## measure how late the streams of fifty contracts come, and what order flow costs; rewrite that section of docs/latency.md (ten minutes)
	$(BIN)/python -m tests.latency.feed

mutation: $(READY) ## count which small faults in risk and bridge their tests notice (MODULES=bridge.guarding.entry)
	$(BIN)/python -m tests.mutation $(MODULES)

lock: $(READY) ## resolve constraints.txt again (needs uv)
	uv pip compile pyproject.toml --extra dev --extra search --extra postgresql --extra models --extra drift --extra tracking --extra metrics --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --upgrade -q -o constraints.txt
	printf 'pip\nsetuptools\n' | uv pip compile - --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --upgrade -q -o docker/build-tools.txt
	uv pip compile tests/docs_site/requirements.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --upgrade -q -o tests/docs_site/requirements.txt

clean: ## remove what the other targets made
	rm -rf $(VENV) build dist out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests user_data plugins -name __pycache__ -type d -prune -exec rm -rf {} +
