#!/bin/sh
# Starts N6 Studio; the first time, and after an update, in a window that sets it up.
kit=$(cd "$(dirname "$0")/../Resources/kit" && pwd)
home=$HOME/Library/Application\ Support/n6studio
environment=$home/environments/@BASE@
if grep -q '"build": "@BUILD@"' "$environment/n6studio-ready.json" 2>/dev/null && [ ! -e "$environment/n6studio-unfinished" ]; then
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
