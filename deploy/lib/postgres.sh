# postgres.sh: a private PostgreSQL cluster in one directory, on a loopback port, by TCP with a password only.
#
# DIR/data the cluster · DIR/port · DIR/pgpass (libpq's password file, 0600) · DIR/pid · DIR/log
# Users   PostgreSQL refuses to run as root: root's is run by user postgres.
# Paths   DIR may lie where that user cannot go (/root is 0700): the data directory is opened here and named /proc/self/fd/9, which
#         leads there without passing through the directories above it.

POSTGRES_USER=ikewatch

postgres_bin() { # PROGRAM: of the newest version installed
    ls -d /usr/lib/postgresql/*/bin/"$1" 2>/dev/null | sort -t / -k 5 -n | tail -n 1
}

postgres_drop() { # the words that put before a command run it as another user, none if not root
    [ "$(id -u)" -ne 0 ] || echo "setpriv --reuid=postgres --regid=postgres --init-groups"
}

postgres_init() { # DIR
    local dir="$1"
    [ ! -e "$dir/data/PG_VERSION" ] || return 0
    rm -rf "$dir/data.new"
    mkdir -p "$dir/data.new"
    chmod 700 "$dir/data.new"
    (
        umask 077
        head -c 24 /dev/urandom | base64 | tr '+/' '-_' >"$dir/password"
        printf '127.0.0.1:*:*:%s:%s\n' $POSTGRES_USER "$(cat "$dir/password")" >"$dir/pgpass"
    )
    [ "$(id -u)" -ne 0 ] || chown postgres: "$dir" "$dir/data.new" "$dir/password"
    # shellcheck disable=SC2046
    (cd / && $(postgres_drop) "$(postgres_bin initdb)" -D /proc/self/fd/9 -U $POSTGRES_USER --auth=scram-sha-256 \
        --pwfile=/proc/self/fd/9/../password -E UTF8 --locale=C.UTF-8 --no-instructions $2) 9<"$dir/data.new" || return 1
    rm -f "$dir/password"
    mv "$dir/data.new" "$dir/data"
}

# postgres_start DIR [fast]: `fast` for tests: what a power cut would lose is not wanted anyway
postgres_start() {
    local dir="$1" durable="-c fsync=on" sync='' port tries=0
    if [ "${2:-}" = fast ]; then
        durable="-c fsync=off -c full_page_writes=off -c synchronous_commit=off"
        sync=--no-sync
    fi
    mkdir -p "$dir"
    if daemon_alive "$dir"; then
        postgres_ready "$dir"
        return
    fi
    postgres_init "$dir" "$sync" || return 1
    wait_for 10 postgres_unlocked "$dir" || :
    while [ $tries -lt 3 ]; do # a port seen free may be taken by the time it is bound
        tries=$((tries + 1))
        port=$(free_port "$(cat "$dir/port" 2>/dev/null)")
        echo "$port" >"$dir/port"
        # shellcheck disable=SC2046,SC2086
        (cd / && daemon_start "$dir" $(postgres_drop) "$(postgres_bin postgres)" -D /proc/self/fd/9 -c listen_addresses=127.0.0.1 \
            -c port="$port" -c unix_socket_directories= -c shared_buffers=256MB -c work_mem=16MB -c maintenance_work_mem=128MB \
            -c effective_cache_size=1GB -c max_wal_size=2GB -c wal_compression=lz4 -c checkpoint_timeout=15min \
            -c max_connections=100 -c max_parallel_workers_per_gather=1 -c timezone=UTC -c log_timezone=UTC -c jit=off $durable) 9<"$dir/data" || :
        wait_for 60 postgres_settled "$dir" || :
        if postgres_ready "$dir"; then
            postgres_database "$dir" $POSTGRES_USER
            return
        fi
        daemon_stop "$dir" INT || :
        grep -q 'could not bind' "$dir/log" || break
    done
    warn "PostgreSQL did not start:"
    tail -n 20 "$dir/log" >&2
    return 1
}
# One killed a moment ago may not have been reaped yet, and the next would not start over its lock file.
postgres_unlocked() { [ ! -e "$1/data/postmaster.pid" ] || [ ! -d "/proc/$(head -n 1 "$1/data/postmaster.pid")" ]; }
postgres_ready() { pg_isready -q -h 127.0.0.1 -p "$(cat "$1/port")"; }
postgres_settled() { postgres_ready "$1" || ! daemon_alive "$1"; }

# The password is not in the URI: libpq finds it by PGPASSFILE.
postgres_uri() { # DIR [DATABASE]
    echo "postgresql://$POSTGRES_USER@127.0.0.1:$(cat "$1/port")/${2:-$POSTGRES_USER}"
}

postgres_sql() { # DIR DATABASE [psql's arguments]
    local dir="$1" database="$2"
    shift 2
    PGPASSFILE="$dir/pgpass" psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$(postgres_uri "$dir" "$database")" "$@"
}

postgres_database() { # DIR NAME: made if missing
    [ -n "$(postgres_sql "$1" postgres -c "SELECT 1 FROM pg_database WHERE datname = '$2'")" ] ||
        postgres_sql "$1" postgres -c "CREATE DATABASE \"$2\""
}

postgres_stop() { daemon_stop "$1" INT 60; } # INT: the fast shutdown, which does not wait for clients to leave
