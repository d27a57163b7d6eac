#!/bin/sh
# Make the virtual environment and build the workspace, each only when something it depends on changed.
#
#   scripts/setup.sh            .venv from requirements/*.lock, then colcon build into install/
#   scripts/setup.sh lab        the same, and PyTorch and Torch-Pruning for training
#   scripts/setup.sh view       the same, and Rerun's SDK for the page of view
#   scripts/setup.sh mediapipe  .venv-mediapipe, the original to compare with
#   scripts/setup.sh jazzy      .venv-jazzy with ROS 2 Jazzy from PyPI, built into install-jazzy
#   scripts/setup.sh old        .venv-ubuntu-22.04 and .venv-python-3.10: the oldest libraries that are supported, and
#                               the newest of Python 3.10; without ROS 2
#
# PYTHON names the interpreter (default python3). Where /opt/ros/<distro> is sourced, that ROS 2 is the
# underlay; elsewhere ROS 2 Kilted comes from PyPI into the virtual environment.
set -eu
cd "$(dirname "$0")/.."
. scripts/checks.sh

python=${PYTHON:-python3}
suffix= # of the folders of another environment than the usual one
case ":${AMENT_PREFIX_PATH:-}" in
    *:/opt/ros/*) underlay=/opt/ros/${ROS_DISTRO:-} ;;
    *) underlay=pypi ;;
esac

# Print what an environment is made from; it is kept inside the environment and compared next time.
# Packages installed for another folder, underlay or interpreter (the first three lines) are of no use.
state_of_environment() {
    echo "$PWD"
    echo "$underlay"
    "$python" -c 'import platform, sys; print(platform.python_version(), sys.base_prefix)'
    sha256sum "$1"
}

# state_of_addition <lab or view>
state_of_addition() {
    cat .venv/.made-from
    sha256sum "requirements/$1.in"
}

state_of_build() {
    cat ".venv$suffix/.made-from"
    find CMakeLists.txt package.xml cmake msg -type f | LC_ALL=C sort | xargs cat | sha256sum
    find hand_tracking_dsp config launch models -type f ! -name '*.pyc' | LC_ALL=C sort
}

# same_base <folder> <text>: whether the folder was made for the place that the text begins with
same_base() {
    [ "$(head -n 3 "$1/.made-from" 2>/dev/null)" = "$(echo "$2" | head -n 3)" ]
}

# make_environment <folder> <lock file> [options of venv]
make_environment() {
    folder=$1 lock=$2
    shift 2
    wanted=$(state_of_environment "$lock")
    if [ "$(cat "$folder/.made-from" 2>/dev/null)" = "$wanted" ]; then return; fi
    say "installing the packages of $lock into $folder (about a minute)"
    same_base "$folder" "$wanted" || "$python" -m venv --clear "$@" "$folder"
    rm -f "$folder/.made-from"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --use-pep517 --no-deps \
        --requirement "$lock" ||
        stop "pip could not install $lock (see above); check the network connection and run it again."
    echo "$wanted" >"$folder/.made-from"
}

build() {
    wanted=$(state_of_build)
    install=install$suffix
    if [ "$(cat "$install/.made-from" 2>/dev/null)" = "$wanted" ]; then return; fi
    say "building the workspace (20 seconds the first time)"
    same_base "$install" "$wanted" || rm -rf "build$suffix" "$install"
    rm -f "$install/.made-from"
    venv=$PWD/.venv$suffix
    PATH=$venv/bin:$PATH
    set -- --build-base "build$suffix" --install-base "$install" --symlink-install \
        --cmake-args -DBUILD_TESTING=OFF "-DPython3_EXECUTABLE=$venv/bin/python"
    if [ "$underlay" = pypi ]; then
        export AMENT_PREFIX_PATH="$venv" CMAKE_PREFIX_PATH="$venv"
        unset PYTHONPATH LD_LIBRARY_PATH _ROS_WHEELS_BOOTSTRAP_COMPLETE
        set -- "$@" -G Ninja "-DCMAKE_PROJECT_INCLUDE=$PWD/cmake/pypi_underlay.cmake"
    fi
    if ! colcon build "$@" >log/make.log 2>&1; then
        tail -n 40 log/make.log >&2
        stop "the workspace did not build; the end of log/make.log is above."
    fi
    find "$install" -xtype l -delete # links to files that have been removed
    echo "$wanted" >"$install/.made-from"
}

# add <lab or view>: add what only training, or only the page, needs. One lock for all machines would bring PyTorch
# with its packages for GPUs to each; pip takes the build that this machine's index offers, and leaves locked packages
# as they are.
add() {
    wanted=$(state_of_addition "$1")
    if [ "$(cat ".venv/.$1-made-from" 2>/dev/null)" = "$wanted" ]; then return; fi
    say "installing the packages of requirements/$1.in into .venv (a minute or more)"
    rm -f ".venv/.$1-made-from"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement "requirements/$1.in" ||
        stop "pip could not install requirements/$1.in (see above); check the network connection and run it again."
    echo "$wanted" >".venv/.$1-made-from"
}

if [ "${1:-}" = mediapipe ]; then
    check_python "$python" 12
    underlay=none
    make_environment .venv-mediapipe requirements/mediapipe.lock
    exit
fi

if [ "${1:-}" = old ]; then
    check_python "$python" 10
    underlay=none
    for environment in ubuntu-22.04 python-3.10; do
        make_environment ".venv-$environment" "requirements/$environment.lock"
    done
    exit
fi

check_folder "$PWD"
mkdir -p log
exec 9>log/setup.lock # two makes in one folder take turns
flock 9
check_python "$python" 13
check_compiler
lock=pypi
if [ "${1:-}" = jazzy ]; then
    suffix=-jazzy lock=jazzy underlay=pypi
fi
if [ "$underlay" = pypi ]; then
    check_platform_of_wheels
    check_python_headers "$python"
    make_environment ".venv$suffix" "requirements/$lock.lock"
else
    check_ros_python "$python" "$underlay"
    make_environment .venv requirements/robot.lock --system-site-packages
fi
build
case "${1:-}" in
    lab) add lab ;;
    view)
        # Its libraries want numpy 2, and the messages of ROS 2 under /opt/ros were built for numpy 1.
        if [ "$underlay" != pypi ]; then
            stop "the page of view does not go with $underlay: use hand-tracking-dsp top here, or view on another machine."
        fi
        add view
        ;;
esac
