.PHONY: run test check bench soak messages requirements

# A process starts in less than half the time where Python may keep what it compiled.
unexport PYTHONDONTWRITEBYTECODE

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
	@.venv/bin/python tests/run.py unit -m soak tests/monetization
	@.venv/bin/python tests/run.py e2e -m soak
	@.venv/bin/python -m bench.soak

# Brings locale/*/LC_MESSAGES/django.po up to date with the texts in templates and Python.
messages:
	@deploy/setup dev
	@deploy/messages

# Pins the Python libraries anew, hashes included; needs uv.
requirements:
	@for list in requirements requirements-dev requirements-install; do \
		uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
			--no-header --no-annotate -o $$list.txt $$list.in; \
	done
