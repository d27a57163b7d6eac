# Source this in bash or zsh after `make setup`: puts the virtual environment, ROS 2 and this package on
# the shell's paths, so that hand-tracking-dsp, python and pytest are those of this folder. ENVIRONMENT names another
# environment than the usual one, such as jazzy of `make test-jazzy`.

_root=$(cd "$(dirname "${BASH_SOURCE[0]:-${(%):-%x}}")/.." && pwd)
_shell=${ZSH_VERSION:+zsh}
_suffix=${ENVIRONMENT:+-$ENVIRONMENT}
_underlay=$(sed -n 2p "$_root/.venv$_suffix/.made-from" 2>/dev/null)

if [ ! -f "$_root/install$_suffix/.made-from" ]; then
    echo "env.sh: this workspace is not built yet; run 'make setup' in $_root first." >&2
    return 1
fi
if [ "$_underlay" = pypi ]; then
    export AMENT_PREFIX_PATH="$_root/.venv$_suffix"
elif [ -z "${ROS_DISTRO:-}" ]; then
    . "$_underlay/setup.${_shell:-bash}"
fi
export PATH="$_root/.venv$_suffix/bin:$PATH"
. "$_root/install$_suffix/setup.${_shell:-bash}"
unset _root _shell _suffix _underlay
