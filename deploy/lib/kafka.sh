# kafka.sh: one Apache Kafka broker (KRaft, no ZooKeeper) in one directory, on loopback ports, run straight from its jars.
#
# DIR/data records · DIR/port, DIR/controller-port · DIR/server.properties · DIR/pid · DIR/log
# KAFKA_JARS  where the jars are kept, set by the caller; kafka_jars() fills it once from deploy/kafka/pom.xml.
# KAFKA_PROPERTIES  lines for server.properties that count more than what stands here, if the caller wants any.

# Start-up counts here, not the peak of a big broker: C1 code only, the JDK's own class archive, one collector thread.
KAFKA_JAVA="-Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -XX:+ExitOnOutOfMemoryError
    -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -Dorg.slf4j.simpleLogger.showDateTime=true
    -Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ"

# shellcheck disable=SC2086
kafka_java() { # CLASS ARGUMENT…: one of Kafka's own tools, errors only
    CLASSPATH="$KAFKA_JARS/*" java $KAFKA_JAVA -Dorg.slf4j.simpleLogger.defaultLogLevel=error "$@"
}

kafka_jars() {
    local pom="$top/deploy/kafka/pom.xml"
    mkdir -p "$(dirname "$KAFKA_JARS")"
    (
        flock 8
        if cmp -s "$pom" "$KAFKA_JARS/pom.xml"; then
            exit 0
        fi
        rm -rf "$KAFKA_JARS.new" "$KAFKA_JARS"
        mvn -B -ntp -f "$pom" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$KAFKA_JARS.new" &&
            cp "$pom" "$KAFKA_JARS.new/" && mv "$KAFKA_JARS.new" "$KAFKA_JARS"
    ) 8>"$KAFKA_JARS.lock"
}

# log.retention.ms: replayed logs are older than any default; their time is the line's. One of everything: there is one node.
kafka_properties() { # DIR PORT CONTROLLER-PORT
    cat <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$3
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$2,CONTROLLER://127.0.0.1:$3
advertised.listeners=PLAINTEXT://127.0.0.1:$2
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$1/data
log.retention.ms=-1
auto.create.topics.enable=false
num.partitions=8
log.cleaner.dedupe.buffer.size=8388608
offsets.topic.num.partitions=8
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
${KAFKA_PROPERTIES:-}
END
}

kafka_start() { # DIR
    local dir="$1" port controller tries=0
    mkdir -p "$dir"
    if daemon_alive "$dir"; then
        kafka_ready "$dir"
        return
    fi
    while [ $tries -lt 3 ]; do # a port seen free may be taken by the time it is bound
        tries=$((tries + 1))
        port=$(free_port "$(cat "$dir/port" 2>/dev/null)")
        controller=$(free_port "$(cat "$dir/controller-port" 2>/dev/null)")
        echo "$port" >"$dir/port"
        echo "$controller" >"$dir/controller-port"
        kafka_properties "$dir" "$port" "$controller" >"$dir/server.properties"
        kafka_format "$dir" || return 1
        # shellcheck disable=SC2086
        daemon_start "$dir" env CLASSPATH="$KAFKA_JARS/*" java $KAFKA_JAVA kafka.Kafka "$dir/server.properties" || :
        wait_for 60 kafka_settled "$dir" || :
        if daemon_alive "$dir" && kafka_ready "$dir"; then
            return 0
        fi
        daemon_stop "$dir" || :
        grep -q 'Address already in use' "$dir/log" || break
    done
    warn "Kafka did not start:"
    tail -n 20 "$dir/log" >&2
    return 1
}
kafka_format() { # DIR
    [ ! -e "$1/data/meta.properties" ] || return 0
    kafka_java kafka.tools.StorageTool format -t "$(head -c 16 /dev/urandom | base64 | tr '+/' 'AA' | cut -c 1-22)" -c "$1/server.properties"
}
kafka_ready() { port_used "$(cat "$1/port")"; }
kafka_settled() { kafka_ready "$1" || ! daemon_alive "$1"; }

kafka_brokers() { echo "127.0.0.1:$(cat "$1/port")"; } # DIR

kafka_topic() { # BROKERS NAME [PARTITIONS]: made if missing
    kafka_java org.apache.kafka.tools.TopicCommand --bootstrap-server "$1" --command-config "$top/deploy/kafka/client.properties" \
        --create --if-not-exists --topic "$2" --partitions "${3:-8}" || {
        warn "Kafka at $1 did not answer, or refused the topic $2"
        return 1
    }
}

kafka_ends() { # BROKERS NAME: "PARTITION END" a line
    kafka_java org.apache.kafka.tools.GetOffsetShell --bootstrap-server "$1" --command-config "$top/deploy/kafka/client.properties" \
        --topic-partitions "$2" | awk -F : -v topic="$2" '$1 == topic { print $2, $3 }' | sort -n
}

kafka_stop() { daemon_stop "$1" TERM 60; }
