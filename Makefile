# make demo   install what is missing, build, and run the main job on a sample stack
# make test   install what is missing, build, and run all tests
# make test-long   those that take long: random kills, longer fuzzing
.PHONY: demo test test-long build install lint format clean

SWIFT := swift
BUILD := .build/release/pixeldrill

demo: build
	scripts/demo.sh $(BUILD)

test: install lint
	scripts/venv.sh
	$(SWIFT) build -c release
	scripts/test.sh

test-long: install
	scripts/venv.sh
	$(SWIFT) build -c release
	scripts/test-long.sh

build: install
	$(SWIFT) build -c release --product pixeldrill

install:
	scripts/install-deps.sh

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests Package.swift

format:
	$(SWIFT) format --in-place --recursive Sources Tests Package.swift

clean:
	rm -rf .build demo .venv .venv-zarr2
