#!/bin/sh
# Write requirements/*.lock: exact versions and hashes for Python 3.10 to 3.13, from requirements/*.in.
#
#   pypi.lock       everything, ROS 2 among it
#   jazzy.lock      the same over ROS 2 Jazzy, for make test-jazzy
#   robot.lock      what a machine with ROS 2 under /opt/ros lacks; it keeps the system's OpenCV and PyYAML
#   mediapipe.lock  the original to compare with, less what its Hands do without (450 MB) and with the OpenCV
#                   that needs no screen
#   ubuntu-22.04.lock, python-3.10.lock   the environments of make test-old, for Python 3.10 on Linux alone
set -eu
cd "$(dirname "$0")/.."
. scripts/checks.sh

python=${PYTHON:-python3}
check_python "$python" 13
[ -d .venv-lock ] || "$python" -m venv .venv-lock
.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.8
cd requirements

compile() {
    output=$1
    shift
    say "resolving requirements/$output"
    ../.venv-lock/bin/uv pip compile --quiet --python-version 3.10 --upgrade --generate-hashes \
        --no-annotate --custom-compile-command "make lock" --output-file "$output" "$@"
}

compile pypi.lock --universal ros.in runtime.in dev.in
compile jazzy.lock --universal jazzy.in runtime.in dev.in
compile robot.lock --universal robot.in runtime.in dev.in --no-emit-package opencv-python-headless --no-emit-package pyyaml
compile mediapipe.lock --universal mediapipe.in --no-emit-package opencv-contrib-python --no-emit-package jax \
    --no-emit-package jaxlib --no-emit-package ml-dtypes --no-emit-package opt-einsum --no-emit-package scipy
for environment in ubuntu-22.04 python-3.10; do
    compile "$environment.lock" --python-platform x86_64-unknown-linux-gnu "$environment.in"
done
