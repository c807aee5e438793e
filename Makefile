# ToxiGuard's commands; `make help` lists them. What they do is in tools/.
# Variables: PORT and HOST (make run), PYTHON (the Python to use), ONLY (make test: steps to run).

.POSIX:
.PHONY: help run test lint format bench requirements messages system-deps

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'

run: ## install, prepare and start the site (PORT=8000 HOST=127.0.0.1)
	@exec sh tools/python.sh tools/run.py

test: ## everything: lint, types, contracts, migrations, translations, all tests
	@exec sh tools/python.sh tools/check.py

lint: ## style, types and import contracts only
	@exec sh tools/python.sh tools/check.py lint format types imports

format: ## format the code and repair what can be repaired
	@exec sh tools/python.sh tools/check.py --do reformat

bench: ## measure speed and quality of the scorer
	@exec sh tools/python.sh tools/check.py --do bench

requirements: ## compile requirements*.txt from requirements*.in
	@exec sh tools/python.sh tools/check.py --do requirements

messages: ## collect and compile the translations
	@exec sh tools/python.sh tools/check.py --do messages

system-deps: ## install what tests need from Debian's packages (Chromium, PostgreSQL, gettext)
	@exec sh tools/system-deps.sh
