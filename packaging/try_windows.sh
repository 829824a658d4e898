#!/usr/bin/env bash
# Try the installer for Windows under wine: silently and through its wizard, upgrade, start, uninstall.
#   packaging/try_windows.sh [FOLDER]        on Debian, with wine64, nsis, xvfb, xdotool and imagemagick
# wine runs neither uv nor Python of today: stand-ins write down what they were asked. So this shows the installer's own
# work: files, registry, shortcuts, types. Screenshots and what was found lie in FOLDER (default: dist/try-windows).
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath -m "${1:-dist/try-windows}")
display=${DISPLAY_NUMBER:-78}
mkdir -p "$out"
: >"$out/found.txt"
say() { echo "=== $*" | tee -a "$out/found.txt"; }
fail() { say "FAILED: $*"; exit 1; }

python3 "$here/build.py" windows-standin --out "$out" >"$out/build.log"
installer=$(ls "$out"/*-standin-windows-x64.exe)
export WINEPREFIX=$out/prefix WINEDEBUG=-all WINEARCH=win64 DISPLAY=:$display WINEDLLOVERRIDES=mscoree,mshtml=
rm -rf "$WINEPREFIX"
Xvfb ":$display" -screen 0 1024x768x24 >/dev/null 2>&1 &
xvfb=$!
trap 'wineserver -k 2>/dev/null || true; kill $xvfb 2>/dev/null || true' EXIT
sleep 2
wine=$(command -v wine64 || command -v wine || echo /usr/lib/wine/wine64)
timeout 120 "$wine" wineboot -i >/dev/null 2>&1 || true
users=$WINEPREFIX/drive_c/users/$(ls "$WINEPREFIX/drive_c/users" | grep -v -i public | head -n 1)
local=$users/AppData/Local
menu=$users/AppData/Roaming/Microsoft/Windows/Start\ Menu/Programs/N6\ Studio
registry() { timeout 60 "$wine" reg query "$1" /s 2>/dev/null | tr -d '\r'; }
install() { timeout 180 "$wine" "$installer" /S "$@"; wineserver -w; }

say "silent, into the default folder"
install
folder=$local/Programs/N6\ Studio
for name in uv.exe "N6 Studio.exe" Uninstall.exe base.txt conversion.txt media.txt n6studio.ico LICENSE; do
    [ -f "$folder/$name" ] || fail "$name is missing"
done
ls "$folder"/n6studio-*.whl >/dev/null || fail "the program is missing"
[ -f "$menu/N6 Studio.lnk" ] || fail "no entry in the menu"
registry 'HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\N6Studio' | tee -a "$out/found.txt" | grep -q DisplayVersion || fail "no entry in installed programs"
registry 'HKCU\Software\Classes\.n6' | grep -q N6Studio.Project || fail "no type .n6"
registry 'HKCU\Software\Classes\Applications\N6 Studio.exe' | grep -q '\.tflite' || fail "not in Open with"
grep -q "python install" "$folder/uv.exe.asked.txt" || fail "uv was not asked for Python"
say "uv was asked: $(tr -d '\r' <"$folder/uv.exe.asked.txt")"

say "start: without a Python uv is asked again; with one the first start begins; with an environment the program"
rm "$folder/uv.exe.asked.txt"
timeout 60 "$wine" "$folder/N6 Studio.exe" best.pt >/dev/null 2>&1 &
sleep 12
import -window root "$out/no-python.png" || true
[ -f "$folder/uv.exe.asked.txt" ] || fail "uv was not asked at the start"
timeout 20 wineserver -k || true
mkdir -p "$folder/python"
cp "$folder/uv.exe" "$folder/python/pythonw.exe"
timeout 60 "$wine" "$folder/N6 Studio.exe" "C:\\a b\\best.pt" || true
wineserver -w
say "Python was asked: $(tr -d '\r' <"$folder/python/pythonw.exe.asked.txt")"
grep -q 'n6studio.first_start --kit .*best.pt.*whl' "$folder/python/pythonw.exe.asked.txt" || fail "the first start was not asked for as it should"
base=$(sha256sum "$folder/base.txt" | cut -c1-12)
build=$(sha256sum "$folder"/n6studio-*.whl | cut -c1-12)
made=$local/n6studio/environments/$base-$build
mkdir -p "$made/Scripts"
cp "$folder/uv.exe" "$made/Scripts/pythonw.exe"
printf '{"build": "%s", "kit": "x"}' "$build" >"$made/n6studio-ready.json"
timeout 60 "$wine" "$folder/N6 Studio.exe" "C:\\a b\\best.pt" || true
wineserver -w
say "the environment was asked: $(tr -d '\r' <"$made/Scripts/pythonw.exe.asked.txt")"
grep -q 'm n6studio .*best.pt' "$made/Scripts/pythonw.exe.asked.txt" || fail "the program was not started"
rm "$made/Scripts/pythonw.exe.asked.txt"
newer=$local/n6studio/environments/$base-0123456789ab
cp -r "$made" "$newer"
printf '%s %s\n' "$build" "$base-0123456789ab" >"$local/n6studio/current"
timeout 60 "$wine" "$folder/N6 Studio.exe" || true
wineserver -w
[ -f "$newer/Scripts/pythonw.exe.asked.txt" ] || fail "what an update chose was not started"
printf '%s %s\n' 0123456789ab "$base-0123456789ab" >"$local/n6studio/current"
rm "$newer/Scripts/pythonw.exe.asked.txt"
timeout 60 "$wine" "$folder/N6 Studio.exe" || true
wineserver -w
[ -f "$made/Scripts/pythonw.exe.asked.txt" ] || fail "a choice for another installed build counted"
say "what an update chose is started, and only for the build that it was made under"

say "upgrade in place and repair: settings stay"
echo kept >"$local/n6studio/settings.json"
touch "$folder/n6studio-0.0.1-py3-none-any.whl"
rm "$folder/base.txt"
install
[ -f "$folder/base.txt" ] || fail "repair did not bring a file back"
[ ! -f "$folder/n6studio-0.0.1-py3-none-any.whl" ] || fail "the older program stays beside the newer"
grep -q kept "$local/n6studio/settings.json" || fail "settings were lost"

say "uninstall, silently: settings stay"
timeout 120 "$wine" "$folder/Uninstall.exe" /S || true
wineserver -w
[ ! -f "$folder/uv.exe" ] && [ ! -f "$folder/N6 Studio.exe" ] || fail "files stay"
[ ! -d "$menu" ] || fail "the menu's entry stays"
[ ! -d "$made" ] || fail "the environment stays"
grep -q kept "$local/n6studio/settings.json" || fail "settings were removed"
if registry 'HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\N6Studio' | grep -q Display; then fail "registry stays"; fi
if registry 'HKCU\Software\Classes\N6Studio.Project' | grep -q shell; then fail "types stay"; fi

say "a folder with blanks and umlauts"
odd=$WINEPREFIX/drive_c/Ärzte\ und\ Töchter/N6
# As after an earlier installation there: wine would put /D= into quotation marks, which NSIS does not read.
timeout 60 "$wine" reg add 'HKCU\Software\N6 Studio' /v Folder /d 'C:\Ärzte und Töchter\N6' /f >/dev/null
install
[ -f "$odd/N6 Studio.exe" ] || fail "nothing in the folder with umlauts"
echo "user's own" >"$odd/mine.txt"
timeout 120 "$wine" "$odd/Uninstall.exe" /S || true
wineserver -w
[ -f "$odd/mine.txt" ] || fail "a file of the user was removed"
[ ! -f "$odd/uv.exe" ] || fail "files stay in the folder with umlauts"

say "the wizard"
"$wine" "$installer" >/dev/null 2>&1 &
sleep 8
for page in welcome licence components folder; do
    import -window root "$out/wizard-$page.png" || true
    xdotool key Return
    sleep 3
done
sleep 12
import -window root "$out/wizard-finish.png" || true
[ -f "$folder/N6 Studio.exe" ] || fail "the wizard installed nothing"
say "all of it passed"
