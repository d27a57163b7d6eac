# Source this in bash or zsh after `make setup`: puts the virtual environment, ROS 2 and this package on
# the shell's paths, so that hand-tracking-dsp, python and pytest are those of this folder.

_root=$(cd "$(dirname "${BASH_SOURCE[0]:-${(%):-%x}}")/.." && pwd)
_shell=${ZSH_VERSION:+zsh}
_underlay=$(sed -n 2p "$_root/.venv/.made-from" 2>/dev/null)

if [ ! -f "$_root/install/.made-from" ]; then
    echo "env.sh: this workspace is not built yet; run 'make setup' in $_root first." >&2
    return 1
fi
if [ "$_underlay" = pypi ]; then
    export AMENT_PREFIX_PATH="$_root/.venv"
elif [ -z "${ROS_DISTRO:-}" ]; then
    . "$_underlay/setup.${_shell:-bash}"
fi
export PATH="$_root/.venv/bin:$PATH"
. "$_root/install/setup.${_shell:-bash}"
unset _root _shell _underlay
