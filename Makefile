# Each target is a short script in scripts/; this file says what there is and what stands on what.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: setup demo demo-live test lint coverage bench captures plugin screenshots test-vm soak lab-slow check-bare check-unit clean help

stamp := .venv/.setup
dev_stamp := .venv/.setup-dev

setup: $(stamp)  ## make .venv with a working .venv/bin/mhatool in it

demo: $(stamp)  ## judge a real capture and tell its story
	@scripts/demo.sh

demo-live: $(stamp)  ## a home agent dies on the live testbed, with a table in the terminal (root; ARGS are passed on)
	@scripts/demo_live.sh $(ARGS)

test: $(dev_stamp)  ## run all tests (ARGS="-k name" are passed on to pytest)
	@scripts/test.sh $(ARGS)

lint: $(dev_stamp)  ## style, types, import contracts, spelling, sizes
	@scripts/lint.sh

coverage: $(dev_stamp)  ## which branches of codecs and engine no test of theirs takes
	@scripts/coverage.sh $(ARGS)

bench: $(dev_stamp)  ## measure against named peers (ARGS are passed on)
	@.venv/bin/python -m bench $(ARGS)

captures: $(dev_stamp)  ## write captures/rules/ and captures/scenarios/ from tests/recipes/ again
	@.venv/bin/python -m tests.recipes

plugin: $(dev_stamp)  ## write wireshark-lua/mha.lua from the declarations again
	@.venv/bin/python -m mhatool.wireshark > wireshark-lua/mha.lua.new && mv wireshark-lua/mha.lua.new wireshark-lua/mha.lua

screenshots: $(stamp)  ## take the pictures of docs/wireshark.md from real Wireshark, under a virtual display
	@scripts/screenshots.sh

test-vm: $(dev_stamp)  ## try live home agents on Debian's stock kernel, emulated; the record goes to docs/test-vm.txt
	@scripts/test_vm.sh

soak: $(dev_stamp)  ## the long runs (ARGS="search" for one of tests, search, fuzz); records go to docs/soak/
	@scripts/soak.sh $(ARGS)

lab-slow: $(stamp)  ## measure a home agent's failure live, with RIPng's default timers (root); the record goes to docs/lab-slow.txt
	@scripts/lab_slow.sh

check-bare:  ## show that demo and test work on a bare machine (SUITE=bookworm; needs root)
	@scripts/check_bare.sh $(SUITE) $(MIRROR)

check-unit: $(stamp)  ## run the systemd unit under systemd, in a container (root); the record goes to docs/unit.txt
	@scripts/check_unit.sh

clean:  ## remove all that make made, .venv too
	rm -rf .venv build dist .hypothesis .*_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The stamps make the second time quick: nothing runs until one of these files changes, the folder was moved or copied,
# or PYTHON names another interpreter.
is_as_made = [ "$$(cat .venv/.place 2>/dev/null)" = "$$PWD" ] && \
	{ [ -z "$(PYTHON)" ] || [ "$$(cat .venv/.python 2>/dev/null)" = "$(PYTHON)" ]; }
$(shell $(is_as_made) || rm -f $(stamp) $(dev_stamp))
$(stamp): pyproject.toml constraints.txt scripts/setup.sh
	@PYTHON="$(PYTHON)" scripts/setup.sh
	@touch $@

$(dev_stamp): $(stamp)
	@PYTHON="$(PYTHON)" scripts/setup.sh dev
	@touch $@
