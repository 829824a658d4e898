#!/bin/sh
# Installs N6 Studio for this user, without root: programs in ~/.local/bin, everything else in ~/.local/share.
# install.sh --uninstall removes it; projects and settings stay.
set -eu
data=${XDG_DATA_HOME:-$HOME/.local/share}
kit=$data/n6studio/kit
bin=$HOME/.local/bin
refresh() {
    if command -v update-desktop-database >/dev/null; then update-desktop-database -q "$data/applications" || true; fi
    if command -v update-mime-database >/dev/null; then update-mime-database "$data/mime" || true; fi
}
if [ "${1-}" = --uninstall ]; then
    rm -f "$bin/n6studio" "$data/applications/n6studio.desktop" "$data/mime/packages/n6studio.xml"
    rm -f "$data"/icons/hicolor/*/apps/n6studio.png "$data/icons/hicolor/scalable/apps/n6studio.svg"
    for folder in kit kits environments python uv downloads; do rm -rf "$data/n6studio/$folder"; done
    rm -f "$data/n6studio/first-start.log" "$data/n6studio/current"
    refresh
    echo "N6 Studio is removed. Your projects and settings are kept."
    exit 0
fi
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$kit.part"
mkdir -p "$kit.part" "$bin" "$data/applications" "$data/mime/packages"
cp -R "$here"/kit/. "$kit.part/"
cp "$here/install.sh" "$kit.part/"
rm -rf "$kit"
mv "$kit.part" "$kit"
sed "s|^kit=.*|kit=\"$kit\"|" "$here/launcher.sh" >"$bin/n6studio"
chmod 755 "$bin/n6studio"
sed "s|^Exec=.*|Exec=\"$bin/n6studio\" %f|" "$here/n6studio.desktop" >"$data/applications/n6studio.desktop"
cp "$here/n6studio.xml" "$data/mime/packages/"
cp -R "$here/icons/." "$data/icons/" 2>/dev/null || { mkdir -p "$data/icons" && cp -R "$here/icons/." "$data/icons/"; }
refresh
echo "N6 Studio is installed. Start it from the menu, or with: $bin/n6studio"
echo "To remove it: sh \"$kit/install.sh\" --uninstall"
