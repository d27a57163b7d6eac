# What a machine must bring; each check ends the caller with one sentence. Sourced by scripts/setup.sh.

say() {
    echo "setup: $*" >&2
}

stop() {
    say "$*"
    exit 1
}

# check_folder <folder>
check_folder() {
    case "$1" in
        *[[:space:]]*) stop "the path '$1' has a space in it, which ROS 2's set-up scripts do not survive;" \
            "move this folder to a path without one." ;;
    esac
}

# check_python <interpreter> <newest minor version>; leaves the version in $found
check_python() {
    command -v "$1" >/dev/null ||
        stop "there is no '$1' on PATH; install Python 3.10 to 3.$2" \
            "(Debian, Ubuntu: sudo apt install python3-venv python3-dev) or name one: make PYTHON=python3.11."
    found=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) ||
        stop "'$1' does not run; name a working Python 3.10 to 3.$2: make PYTHON=python3.11."
    if [ "${found%%.*}" != 3 ] || [ "${found#*.}" -lt 10 ] || [ "${found#*.}" -gt "$2" ]; then
        stop "'$1' is Python $found, but 3.10 to 3.$2 is needed here; name another: make PYTHON=python3.11."
    fi
    "$1" -c 'import venv, ensurepip' 2>/dev/null ||
        stop "Python $found has no venv module; install it (Debian, Ubuntu: sudo apt install python$found-venv)."
}

check_compiler() {
    for compiler in "${CC:-cc}" "${CXX:-c++}"; do
        command -v "${compiler%% *}" >/dev/null ||
            stop "there is no C and C++ compiler ('$compiler'), which the ROS 2 messages need; install one" \
                "(Debian, Ubuntu: sudo apt install build-essential)."
    done
}

# check_python_headers <interpreter>
check_python_headers() {
    "$1" -c 'import os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")' 2>/dev/null ||
        stop "Python $found has no headers (Python.h), which the ROS 2 messages need; install them" \
            "(Debian, Ubuntu: sudo apt install python$found-dev)."
}

check_platform_of_wheels() {
    [ "$(uname -sm)" = "Linux x86_64" ] ||
        stop "ROS 2 is on PyPI for Linux on x86_64 only, and this is $(uname -sm); install ROS 2 Humble," \
            "Jazzy or Kilted under /opt/ros, source its setup.bash and run it again."
}

# check_ros_python <interpreter> <underlay>
check_ros_python() {
    "$1" -c 'import rclpy' 2>/dev/null ||
        stop "'$1' (Python $found) cannot import the rclpy of $2; name the system's own:" \
            "make PYTHON=/usr/bin/python3."
    command -v colcon >/dev/null ||
        stop "there is no colcon; install it (sudo apt install python3-colcon-common-extensions)."
}
