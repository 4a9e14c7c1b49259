# base.sh: what deploy/up, deploy/down and the tests share: steps with their time, waiting, ports, processes ended by pid.
# Sourced by a POSIX sh that has `local` (dash, bash, busybox); the caller sets `top`, the checkout's directory.

say() { printf '%s\n' "$@"; } # each argument a line
warn() { say "$@" >&2; }
die() {
    warn "$@"
    exit 1
}

now_ms() { date +%s%3N; }

seconds() { # MILLISECONDS: as 12.3
    printf '%d.%d' $(($1 / 1000)) $(($1 % 1000 / 100))
}

# step TITLE LOG COMMAND…: runs the command in a subshell with its output in LOG. Its last note() is shown beside the title; on a
# terminal so is, while it runs, the time. A failure shows the end of LOG and ends the script.
step() {
    local title="$1" log="$2" began pid rc=0 note
    shift 2
    began=$(now_ms)
    mkdir -p "$(dirname "$log")"
    : >"$log.note"
    printf '%-34s' "$title"
    ("$@") >"$log" 2>&1 3>"$log.note" </dev/null &
    pid=$!
    step_pid=$pid
    while kill -0 "$pid" 2>/dev/null; do
        [ ! -t 1 ] || printf '\r\033[K%-34s%5d s    %s' "$title" $((($(now_ms) - began) / 1000)) "$(tail -n 1 "$log.note")"
        sleep 0.1
    done
    wait "$pid" || rc=$?
    step_pid=
    note=$(tail -n 1 "$log.note")
    rm -f "$log.note"
    [ ! -t 1 ] || printf '\r\033[K%-34s' "$title"
    if [ $rc -eq 0 ]; then
        printf '%7s s  %s\n' "$(seconds $(($(now_ms) - began)))" "${note:-done}"
        return 0
    fi
    printf '%7s s  FAILED (status %s)\n' "$(seconds $(($(now_ms) - began)))" $rc
    warn "  the last lines of $log:"
    tail -n 20 "$log" | sed 's/^/  | /' >&2
    exit 1
}
note() { printf '%s\n' "$*" >&3; }

# Ctrl-C during a step: sh lets background commands ignore it, so that the step is ended by pid.
step_interrupted() {
    [ -z "${step_pid:-}" ] || tree_end "$step_pid"
    warn
    die "interrupted"
}
tree_end() { # PID: it and its children; a service that is up has left the tree
    local child
    for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
        tree_end "$child"
    done
    kill "$1" 2>/dev/null || :
}

# wait_for SECONDS COMMAND…: until it succeeds
wait_for() {
    local until=$(($(now_ms) + $1 * 1000))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(now_ms)" -lt $until ] || return 1
        sleep 0.1
    done
}

port_used() { # PORT: does any local socket have it? TIME-WAIT (06) keeps no server from binding.
    local hex
    hex=$(printf ':%04X' "$1")
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port="$hex" '$2 ~ port "$" && $4 != "06" { found = 1 } END { exit !found }'
}

# free_port [WANTED]: WANTED if it is free, else a random free one below the range that the kernel hands out itself.
free_port() {
    local port="${1:-}" tries=0
    while [ -z "$port" ] || port_used "$port"; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || die "no free port found on 127.0.0.1"
        port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
    done
    echo "$port"
}

# --- background processes: DIR/pid holds "PID START-TIME", so that a pid given to somebody else is never taken for ours ---

# PID: its start time in ticks since boot, field 22 of proc(5) stat; the name in field 2 may hold anything. A zombie has ended.
process_start() {
    awk '{ sub(/.*\) /, ""); if ($1 != "Z") print $20 }' "/proc/$1/stat" 2>/dev/null
}

daemon_pid() { # DIR: the pid, if that process still runs
    local pid start
    { read -r pid start <"$1/pid"; } 2>/dev/null || return 1
    [ -n "$start" ] && [ "$(process_start "$pid")" = "$start" ] && echo "$pid"
}

daemon_alive() { daemon_pid "$1" >/dev/null; }

# daemon_start DIR COMMAND…: in a session of its own, output in DIR/log, that of the run before in DIR/log.old. DIR is absolute.
daemon_start() {
    local dir="$1"
    shift
    rm -f "$dir/pid"
    [ ! -s "$dir/log" ] || mv -f "$dir/log" "$dir/log.old"
    # shellcheck disable=SC2016
    setsid sh -c '. "$0"; dir=$1; shift; echo "$$ $(process_start $$)" >"$dir/pid"; exec "$@"' \
        "$top/deploy/lib/base.sh" "$dir" "$@" >"$dir/log" 2>&1 </dev/null 3>&- 7>&- &
    wait_for 10 test -s "$dir/pid"
}

# daemon_stop DIR [SIGNAL [SECONDS]]: SIGKILL after that time, which is said
daemon_stop() {
    local dir="$1" signal="${2:-TERM}" limit="${3:-30}" pid
    pid=$(daemon_pid "$dir") || {
        rm -f "$dir/pid"
        return 0
    }
    kill "-$signal" "$pid" 2>/dev/null || :
    if ! wait_for "$limit" daemon_gone "$dir"; then
        warn "process $pid did not end within $limit s of SIG$signal and was killed: see $dir/log"
        kill -KILL "$pid" 2>/dev/null || :
        wait_for 10 daemon_gone "$dir" || return 1
    fi
    rm -f "$dir/pid"
}
daemon_gone() { ! daemon_alive "$1"; }
