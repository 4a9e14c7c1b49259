# ikewatch.sh: `ikewatch serve` in the background, and what its API says.
#
# DIR/pid · DIR/log · DIR/listen (ADDR:PORT) · DIR/command (how it was started: another one, or another build, means a restart)

# serve_start DIR PROGRAM BROKERS TOPIC DATABASE LISTEN; the environment holds PGPASSFILE where the database wants it
serve_start() {
    local dir="$1" program="$2" command pid
    command="$program -b $3 -t $4 -d $5 --listen $6"
    mkdir -p "$dir/state"
    if pid=$(daemon_pid "$dir"); then
        if [ "$command" = "$(cat "$dir/command" 2>/dev/null)" ] && [ "$program" -ef "/proc/$pid/exe" ]; then
            note "kept, pid $pid"
            return 0
        fi
        daemon_stop "$dir" TERM 60
    fi
    ! port_used "${6##*:}" || die "port ${6##*:} is used by another process: choose one with --listen ADDR:PORT"
    echo "$6" >"$dir/listen"
    (umask 077 && echo "$command" >"$dir/command") # the URI may hold a password: not on the command line either
    IKEWATCH_DATABASE_URI=$5 daemon_start "$dir" "$program" serve -b "$3" -t "$4" --listen "$6" --state-dir "$dir/state"
    wait_for 60 serve_settled "$dir" || :
    if ! serve_ready "$dir"; then
        if daemon_alive "$dir"; then
            warn "ikewatch serve is not ready: $(curl -sS -m 5 "$(serve_url "$dir")/readyz" 2>&1)"
        else
            warn "ikewatch serve ended by itself"
        fi
        tail -n 15 "$dir/log" >&2
        return 1
    fi
    note "pid $(daemon_pid "$dir")"
}
serve_ready() { curl -fsS -m 5 -o /dev/null "$(serve_url "$1")/readyz"; }
serve_settled() { serve_ready "$1" || ! daemon_alive "$1"; }

serve_url() { # DIR: where this machine reaches it
    local listen
    listen=$(cat "$1/listen")
    case $listen in
    0.0.0.0:* | '[::]:'* | :*) echo "http://127.0.0.1:${listen##*:}" ;;
    *) echo "http://$listen" ;;
    esac
}

# serve_caught_up URL TOPIC ENDS-FILE: is every partition of the file (lines "PARTITION END") committed up to its end?
serve_caught_up() {
    curl -fsS -m 10 "$1/v1/status" | jq -e --arg topic "$2" --rawfile ends "$3" '
        ([.data.partitions[] | select(.topic == $topic) | {key: (.partition | tostring), value: .position}] | from_entries) as $at
        | [$ends | split("\n")[] | select(. != "") | split(" ") | ($at[.[0]] // -1) >= (.[1] | tonumber)] | length > 0 and all'
}

serve_stop() { daemon_stop "$1" TERM 60; }
