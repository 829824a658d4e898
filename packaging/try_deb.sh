#!/usr/bin/env bash
# Try a .deb in a fresh Debian: install, upgrade, first start with a network that is cut, window, remove, purge.
#   packaging/try_deb.sh FILE.deb [SUITE] [FOLDER]        as root, on Debian, with debootstrap, xvfb and imagemagick
# SUITE is bookworm by default. Screenshots and what was found lie in FOLDER afterwards (default: dist/try-SUITE).
set -euo pipefail
deb=$(realpath "$1")
suite=${2:-bookworm}
out=$(realpath -m "${3:-dist/try-$suite}")
here=$(cd "$(dirname "$0")" && pwd)
root=$out/root
display=${DISPLAY_NUMBER:-77}
mkdir -p "$out"
say() { echo "=== $*" | tee -a "$out/found.txt"; }
fail() { say "FAILED: $*"; exit 1; }
: >"$out/found.txt"

mirror=$(grep -rhoE 'https?://[^ ]+/debian/?$' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -n 1 || true)
[ -n "$mirror" ] || fail "no mirror of Debian in this system's sources"
if [ ! -d "$root/usr" ]; then debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$out/debootstrap.log"; fi
echo "deb $mirror $suite main" >"$root/etc/apt/sources.list"
cp /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || true
# This computer's trust and its package index are those of the chroot.
mkdir -p "$root/etc/ssl/certs"
for setting in /etc/apt/apt.conf.d /etc/apt/auth.conf.d; do [ ! -d $setting ] || cp -n $setting/*prox* "$root$setting/" 2>/dev/null || true; done
mount --bind /proc "$root/proc"
mount --bind /dev "$root/dev"
xvfb=
cleanup() {
    [ -z "$xvfb" ] || kill "$xvfb" 2>/dev/null || true
    umount -l "$root/proc" "$root/dev" || true
}
trap cleanup EXIT
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
# An array and no function: what is started in the background is then the program itself, and can be killed.
as_user=(chroot --userspec=1234:1234 "$root" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/home/anna LANG=C.UTF-8 USER=anna
    PIP_CERT=/etc/ssl/certs/ca-certificates.crt)

inside apt-get update -qq
inside getent passwd anna >/dev/null || inside useradd -m -u 1234 anna
listing() { (cd "$root" && find etc usr var/lib opt -xdev \( -name '*n6studio*' -o -name '*N6*Studio*' \) ! -path 'var/lib/dpkg/*' ! -path 'var/lib/apt/*' | sort); }

say "upgrade from an older build"
inside dpkg --purge n6studio >/dev/null 2>&1 || true
old=$out/old
rm -rf "$old"
dpkg-deb -R "$deb" "$old"
sed -i 's/^Version: .*/Version: 0.0.1/' "$old/DEBIAN/control"
dpkg-deb --root-owner-group -b "$old" "$root/tmp/old.deb" >/dev/null
cp "$deb" "$root/tmp/new.deb"
inside apt-get install -y -qq --no-install-recommends /tmp/old.deb >"$out/install.log" 2>&1 || fail "install: $(tail -3 "$out/install.log")"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
inside apt-get install -y -qq --no-install-recommends /tmp/new.deb >>"$out/install.log" 2>&1 || fail "upgrade"
inside dpkg-query -W -f '${Package} ${Version} ${Status}\n' n6studio | tee -a "$out/found.txt"
for file in usr/bin/n6studio usr/share/applications/n6studio.desktop usr/share/mime/packages/n6studio.xml \
    usr/share/man/man1/n6studio.1.gz usr/lib/udev/rules.d/70-n6studio.rules usr/share/icons/hicolor/256x256/apps/n6studio.png; do
    [ -e "$root/$file" ] || fail "$file is missing"
done

home=$root/home/anna/.local/share/n6studio
if [ -z "${WITHOUT_CUTS:-}" ]; then
say "first start, killed at ten moments, then to its end"
rm -rf "$home"
began=$(date +%s)
# The same as a computer that is switched off: killed when so much has come, and begun again.
for moment in 1 2 3 4 5 6 7 8 9 10; do
    "${as_user[@]}" n6studio --set-up-only >/dev/null 2>"$out/cut.log" &
    program=$!
    for _ in $(seq 1200); do
        bytes=$({ du -sb "$home/downloads" 2>/dev/null || true; } | cut -f1)
        if [ "${bytes:-0}" -gt $((moment * 20000000)) ] || ! kill -0 "$program" 2>/dev/null; then break; fi
        sleep 0.1
    done
    kill -KILL "$program" 2>/dev/null || true
    wait "$program" 2>/dev/null || true
    ready=$({ find "$home/environments" -maxdepth 2 -name n6studio-ready.json 2>/dev/null || true; } | wc -l)
    echo "killed with ${bytes:-0} bytes downloaded: ready $ready" | tee -a "$out/found.txt"
done
"${as_user[@]}" n6studio --set-up-only 2>"$out/first.log" || fail "first start: $(tail -5 "$out/first.log")"
say "set up after $(($(date +%s) - began)) s in all; environment: $(du -sm "$home" | cut -f1) MB"
fi

say "the base downloaded beforehand, as after an installation that was interrupted or from a folder of pip"
"${as_user[@]}" sh -c 'python3 -m venv /home/anna/fetcher
    PYTHONPATH=$(echo /usr/share/n6studio/n6studio-*.whl) /home/anna/fetcher/bin/python -P -m n6studio.layers get base \
    --lock /usr/share/n6studio/base.txt --only-download --wheels /home/anna/wheels' >"$out/wheels.log" 2>&1 || fail "download: $(tail -1 "$out/wheels.log")"
say "$(du -sm "$root/home/anna/wheels" | cut -f1) MB are downloaded"

say "first start in a window, from the menu entry, with nothing there but these downloads"
rm -rf "$home"
Xvfb ":$display" -screen 0 1400x900x24 >/dev/null 2>&1 &
xvfb=$!
export DISPLAY=:$display
sleep 2
command=$(sed -n 's/^Exec=\([^ ]*\).*/\1/p' "$root/usr/share/applications/n6studio.desktop")
shot() { import -display ":$display" -window root "$out/$1.png" || true; }
seconds() { echo $(($(date +%s) - began)); }
window() { xdotool search --onlyvisible --name '^N6 Studio' 2>/dev/null | tail -n 1; }
shown() { # waits for a window that is painted: more than some colours
    for _ in $(seq 400); do
        if [ -n "$(window)" ] && [ "$(import -window root -resize 25% txt:- 2>/dev/null | tail -n +2 | awk '{print $3}' | sort -u | wc -l)" -gt 60 ]; then return 0; fi
        sleep 0.2
    done
    return 1
}
began=$(date +%s)
"${as_user[@]}" DISPLAY=":$display" PIP_FIND_LINKS=/home/anna/wheels "$command" >"$out/window.log" 2>&1 &
program=$!
sleep 5
shot first-start
until { find "$home/environments" -maxdepth 2 -name n6studio-ready.json 2>/dev/null || true; } | grep -q .; do
    sleep 0.5
    [ "$(seconds)" -lt 600 ] || fail "the first start took too long: $(tail -5 "$out/window.log")"
done
say "the environment is made after $(seconds) s"
sleep 1
shown || fail "no window: $(tail -5 "$out/window.log")"
say "from the menu entry to the window: $(seconds) s"
shot window
xdotool windowfocus "$(window)"
xdotool key ctrl+k
sleep 1
xdotool type --delay 40 "demo run"
sleep 1
xdotool key Return
# Two images of the screen, a second apart, that differ where the board's image is: it moves.
moves() {
    import -window root -crop 900x500+250+150 "$out/demo-1.png"
    sleep 1
    import -window root -crop 900x500+250+150 "$out/demo-2.png"
    [ "$(compare -metric AE -fuzz 10% "$out/demo-1.png" "$out/demo-2.png" null: 2>&1 | cut -d. -f1 | cut -de -f1)" -gt 500 ]
}
still=0
until [ "$still" -ge 3 ]; do # three times in a row: no page that is only being built
    if moves; then still=$((still + 1)); else still=0; fi
    [ "$(seconds)" -lt 700 ] || { shot demo; fail "nothing moves"; }
done
shot demo
say "from the menu entry to moving skeletons: $(seconds) s, six of them spent typing and looking"
kill "$program" 2>/dev/null || true
wait "$program" 2>/dev/null || true
sleep 2

say "later start of the window"
began=$(date +%s%N)
"${as_user[@]}" DISPLAY=":$display" "$command" >"$out/window2.log" 2>&1 &
program=$!
until [ -n "$(window)" ]; do sleep 0.05; done
say "the window is there after $((($(date +%s%N) - began) / 1000000)) ms"
kill "$program" 2>/dev/null || true
wait "$program" 2>/dev/null || true

say "later start"
began=$(date +%s%N)
"${as_user[@]}" n6studio --version | tee -a "$out/found.txt"
say "n6studio --version took $((($(date +%s%N) - began) / 1000000)) ms"

say "remove, purge"
inside apt-get remove -y -qq n6studio >>"$out/install.log" 2>&1 || fail "remove"
[ ! -e "$root/usr/bin/n6studio" ] || fail "the program stays after removal"
inside dpkg --purge n6studio >>"$out/install.log" 2>&1 || fail "purge"
left=$(listing)
[ -z "$left" ] || fail "left behind: $left"
say "nothing is left outside the user's folders"
