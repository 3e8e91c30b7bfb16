# `make demo` and `make test` are all a newcomer needs: they install what is missing (Debian, root or sudo), fetch the pinned
# third-party code, build and run. Everything else is CMake's affair.
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
CTEST_ARGS ?=

.PHONY: demo test nightly release dev setup fetch install format format-check layers tidy clean
.NOTPARALLEL:

demo: release
	@tools/demo.sh build/release/filrouge build/demo

test: dev
	@ctest --test-dir build/dev --output-on-failure --parallel $(JOBS) $(CTEST_ARGS)

nightly:
	@.ci/nightly

release: fetch
	@cmake --preset release --log-level=WARNING >/dev/null
	@ninja -C build/release -j $(JOBS) filrouge

dev: fetch
	@cmake --preset dev --log-level=WARNING >/dev/null
	@ninja -C build/dev -j $(JOBS)

setup:
	@tools/setup.sh

fetch: setup
	@tools/fetch.sh

install: release
	@cmake --install build/release --prefix $(DESTDIR)$(PREFIX)

format:
	@tools/format.sh

format-check:
	@tools/format.sh --check

layers:
	@python3 tools/layers.py

tidy: fetch
	@tools/tidy.py

clean:
	rm -rf build
