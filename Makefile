.PHONY: run test check bench soak

run:
	@deploy/setup
	@.venv/bin/python -m deploy.launch

test:
	@deploy/setup dev
	@.venv/bin/python tests/run.py

check:
	@deploy/setup dev
	@deploy/check

bench:
	@deploy/setup dev
	@.venv/bin/python -m bench

soak:
	@deploy/setup dev
	@.venv/bin/python -m bench.soak
