#!/bin/sh
# deploy/lib/base.sh: processes are ended by pid, and only if the pid is still theirs; ports in use are not handed out.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/deploy/lib/base.sh"
dir=$(mktemp -d)
other=
finish() {
    for name in one stubborn; do daemon_stop "$dir/$name" KILL 10 || :; done
    [ -z "$other" ] || kill -KILL "$other" 2>/dev/null || :
    rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT TERM
mkdir "$dir/one" "$dir/stubborn"

check() { # WHAT COMMAND…
    local what="$1"
    shift
    "$@" || die "FAILED: $what"
    say "ok: $what"
}

daemon_start "$dir/one" sleep 300
pid=$(daemon_pid "$dir/one")
check "it runs under the pid that was noted" test "$(tr '\0' ' ' <"/proc/$pid/cmdline")" = "sleep 300 "
check "it has a session of its own" test "$(awk '{ sub(/.*\) /, ""); print $4 }' "/proc/$pid/stat")" = "$pid"
daemon_stop "$dir/one"
check "it is gone" eval '! kill -0 "$pid" 2>/dev/null || [ -z "$(process_start "$pid")" ]'
check "its pid file too" test ! -e "$dir/one/pid"
check "to stop it again is no failure" daemon_stop "$dir/one"

sleep 300 &
other=$!
echo "$other 1" >"$dir/one/pid" # as if the pid had been given away since
check "a pid with another start time is not ours" eval '! daemon_alive "$dir/one"'
daemon_stop "$dir/one"
check "and is not signalled" test -n "$(process_start "$other")"

daemon_start "$dir/stubborn" sh -c 'trap "" TERM; while :; do sleep 1; done'
pid=$(daemon_pid "$dir/stubborn")
wait_for 10 eval 'grep -q "^SigIgn:.*4...$" "/proc/$pid/status"'
check "what ignores SIGTERM is said" test -n "$(daemon_stop "$dir/stubborn" TERM 1 2>&1)"
check "and killed" eval '! daemon_alive "$dir/stubborn"'

check "step gives a note beside the title" eval 'step title "$dir/log" note "seven lines" | grep -q "^title .* s  seven lines$"'
check "a failing step ends the script and shows its log" eval \
    '! said=$( (step title "$dir/log" sh -c "echo the reason; exit 3") 2>&1) && echo "$said" | grep -q "FAILED (status 3)" &&
    echo "$said" | grep -q "| the reason"'

used=$(awk '$4 == "0A" { sub(/.*:/, "", $2); print $2; exit }' /proc/net/tcp)
[ -z "$used" ] || check "a port in use is not handed out" test "$(free_port $((0x$used)))" -ne $((0x$used))
check "a free port wanted is given" eval 'port=$(free_port) && test "$(free_port "$port")" -eq "$port"'
check "waiting ends" eval '! wait_for 1 false'
