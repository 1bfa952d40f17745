# make        installs what is missing and builds build/bin/evax
# make demo   classifies the X-rays in demo/
# make test   runs the fast, golden and end-to-end tests
# make test-all  everything, slow tests and fuzz corpora included
# make fuzz   searches every reader of files for a minute with libFuzzer (installs clang)

.PHONY: all setup demo test test-all fuzz bench clean
.DEFAULT_GOAL := all

all: setup
	cmake --preset release
	cmake --build --preset release

setup:
	tools/setup.sh

demo: setup
	cmake --preset release
	cmake --build --preset release --target evax evax-train
	demo/run.sh

test: all
	ctest --test-dir build --output-on-failure --parallel 2 --label-regex '^(fast|golden|e2e)$$'

test-all: all
	ctest --test-dir build --output-on-failure --parallel 2

fuzz:
	tools/fuzz.sh 60

bench: all
	build/bin/evax bench demo/pneumonia.safetensors

clean:
	rm -rf build
