#!/bin/sh
# Starts N6 Studio; the first time, and after an update, in a window that sets it up.
kit=$(cd "$(dirname "$0")/../Resources/kit" && pwd)
home=$HOME/Library/Application\ Support/n6studio
N6STUDIO_INSTALLED=@BUILD@
export N6STUDIO_INSTALLED
# Which environment starts: that of this build, or what an update chose since this build was installed.
environment=@BASE@-@BUILD@
if read -r installed chosen 2>/dev/null <"$home/current" && [ "$installed" = @BUILD@ ]; then environment=$chosen; fi
environment=$home/environments/$environment
if [ -e "$environment/n6studio-ready.json" ] && [ ! -e "$environment/n6studio-unfinished" ]; then
    exec "$environment/bin/python" -P -m n6studio "$@"
fi
python=$(ls -d "$home"/python/cpython-3.12*/bin/python3 2>/dev/null | tail -n 1)
if [ -z "$python" ]; then
    osascript -e 'display notification "Getting Python, about 20 MB" with title "N6 Studio"' || true
    if ! "$kit/uv" python install --install-dir "$home/python" 3.12; then
        osascript -e 'display alert "N6 Studio could not get Python" message "Check the network connection and start again."'
        exit 4
    fi
    python=$(ls -d "$home"/python/cpython-3.12*/bin/python3 | tail -n 1)
fi
PYTHONPATH=$(echo "$kit"/n6studio-*.whl)
export PYTHONPATH
exec "$python" -P -m n6studio.first_start --kit "$kit" "$@"
