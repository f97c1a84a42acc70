# Every target works as the first command typed on a machine with Swift, git and make; see `make help`.
.DEFAULT_GOAL := help
.PHONY: help setup demo test simulation conformance crash hammer fuzz bench lint build clean

# More arguments for the program of `make demo`, `bench`, `fuzz`, `crash`, `hammer` and `conformance`, for example: make demo ARGS=--keep
ARGS ?=

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: ## Install what Debian lacks (PostgreSQL, Dovecot, libraries), starting no service
	@scripts/setup

demo: setup ## Show the whole idea in a minute, on private servers that are gone afterwards
	@scripts/demo $(ARGS)

test: setup ## Check the format, build, and run every test; what CI runs
	@scripts/test

simulation: ## Let chance find what is wrong: seeds of a simulated mailbox (SIMULATION_SECONDS)
	@scripts/simulation $(ARGS)

conformance: setup ## Run the same scenarios on Dovecot, Cyrus, Courier, pymap and the models; ARGS=--help
	@scripts/conformance $(ARGS)

crash: setup ## Break real processes at each protocol message, an hour long; goes on where it was stopped
	@scripts/crash matrix $(ARGS)
	@scripts/crash standby
	@scripts/crash many

hammer: setup ## Let twenty mail clients loose on one mailbox while two workers run
	@scripts/crash hammer $(ARGS)

fuzz: ## Try the grammar with bytes of chance, a minute for each target (FUZZ_SECONDS)
	@scripts/fuzz $(ARGS)

bench: setup ## Measure Baton beside its floors, an hour; ARGS=marks, for example, for one of them
	@scripts/bench $(ARGS)

lint: ## Check the format alone
	@scripts/lint

build: setup ## Build the program for use, into .build/release/baton
	@scripts/build baton

clean: ## Remove what was built
	swift package clean
