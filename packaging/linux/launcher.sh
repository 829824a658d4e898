#!/bin/sh
# Starts N6 Studio; the first time for a user, or after an upgrade, in a window that sets it up.
kit=@KIT@
home=${XDG_DATA_HOME:-$HOME/.local/share}/n6studio
N6STUDIO_INSTALLED=@BUILD@
export N6STUDIO_INSTALLED
# Which environment starts: that of this build, or what an update chose since this build was installed.
environment=@BASE@-@BUILD@
if read -r installed chosen 2>/dev/null <"$home/current" && [ "$installed" = @BUILD@ ]; then environment=$chosen; fi
environment=$home/environments/$environment
if [ -e "$environment/n6studio-ready.json" ] && [ ! -e "$environment/n6studio-unfinished" ]; then
    exec "$environment/bin/python" -P -m n6studio "$@"
fi
python=/usr/bin/python3
if ! "$python" -c 'import sys, venv, ensurepip, tkinter; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$(ls -d "$home"/python/cpython-3.12*/bin/python3 2>/dev/null | tail -n 1)
fi
if [ -z "$python" ] && [ -x "$kit/uv" ]; then
    echo "Getting Python 3.12 ..." >&2
    "$kit/uv" python install --install-dir "$home/python" 3.12 || true
    python=$(ls -d "$home"/python/cpython-3.12*/bin/python3 2>/dev/null | tail -n 1)
fi
if [ -z "$python" ] && /usr/bin/python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=/usr/bin/python3 # without tkinter: the terminal tells how far it is
fi
if [ -z "$python" ]; then
    echo "N6 Studio needs Python 3.11 or later with venv and tkinter." >&2
    exit 4
fi
PYTHONPATH=$(echo "$kit"/n6studio-*.whl)
export PYTHONPATH
exec "$python" -P -m n6studio.first_start --kit "$kit" "$@"
