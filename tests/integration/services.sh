# services.sh: the real Kafka and PostgreSQL of the tests, started by the same functions as deploy/up's.
# Sourced; the caller sets `top` and BUILD_DIR (absolute). One of each serves all tests of a build: every test takes a database
# and a topic of its own.

services=$BUILD_DIR/integration/services
services_env=$BUILD_DIR/integration.env
KAFKA_JARS=$top/.run/jars
. "$top/deploy/lib/base.sh"
. "$top/deploy/lib/postgres.sh"
. "$top/deploy/lib/kafka.sh"

services_start() {
    services_stop
    kafka_jars || return 1
    mkdir -p "$services"
    postgres_start "$services/postgres" fast || return 1
    kafka_start "$services/kafka" || return 1
    cat >"$services_env" <<END
export BROKERS='$(kafka_brokers "$services/kafka")'
export POSTGRES_URI='$(postgres_uri "$services/postgres" postgres)'
export PGPASSFILE='$services/postgres/pgpass'
END
}

services_stop() {
    rm -f "$services_env"
    [ -d "$services" ] || return 0
    kafka_stop "$services/kafka"
    postgres_stop "$services/postgres"
    rm -rf "$services"
}

# services_fresh NAME: an empty database of that name, and its URI
services_fresh() {
    postgres_sql "$services/postgres" postgres -c "SET client_min_messages = warning" -c "DROP DATABASE IF EXISTS \"$1\" WITH (FORCE)" -c "CREATE DATABASE \"$1\""
    postgres_uri "$services/postgres" "$1"
}

services_topic() { echo "$1-$$" | tr '_.' '--'; } # NAME: Kafka's metrics cannot tell `_` from `.`
