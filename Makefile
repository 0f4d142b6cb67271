# make demo   install what is missing, build, and run the main job on a sample stack
# make test   install what is missing, build, and run all tests
# make test-long   those that take long: random kills, sanitizers, longer fuzzing
# make bench  compare all routes and report in bench/ (less than 25 minutes; QUICK=1: small, 2 minutes)
# make bench-keep   the same, and keep it as benchmarks/results/<day>
.PHONY: demo test test-long bench bench-keep build install lint format clean

SWIFT := swift
# The command needs no Swift where it runs, and starts in two thirds of the time.
RELEASE := -c release --static-swift-stdlib
BUILD := .build/release/pixeldrill

demo: build
	scripts/demo.sh $(BUILD)

test: install lint
	scripts/venv.sh
	$(SWIFT) build $(RELEASE)
	scripts/test.sh

test-long: install
	scripts/venv.sh
	$(SWIFT) build $(RELEASE)
	scripts/test-long.sh

bench: build
	scripts/venv.sh
	scripts/bench.sh $(if $(QUICK),quick,full) bench

bench-keep: bench
	$(SWIFT) build $(RELEASE) --product kernels
	.build/release/kernels >bench/kernels.txt
	scripts/keep-report.py bench

build: install
	$(SWIFT) build $(RELEASE) --product pixeldrill

install:
	scripts/install-deps.sh

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests benchmarks/kernels Package.swift

format:
	$(SWIFT) format --in-place --recursive Sources Tests benchmarks/kernels Package.swift

clean:
	rm -rf .build .build-tsan .build-asan bench demo .venv .venv-zarr2
