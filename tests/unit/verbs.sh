#!/bin/sh
# verbs.sh PROGRAM — what the command line answers: exit status, and the words on stdout or stderr.
set -u
program=$1
unset IKEWATCH_CONF
here=$(mktemp -d) || exit 2
trap 'rm -rf "$here"' EXIT
failed=0

# expect STATUS TEXT COMMAND…: TEXT is a part of what is said; "" for nothing to look for
expect() {
    status=$1 text=$2
    shift 2
    "$@" >"$here/said" 2>&1 </dev/null
    got=$?
    if [ $got -ne "$status" ] || ! grep -qF -- "$text" "$here/said"; then
        echo "$*: status $got, not $status, or not said: $text"
        cat "$here/said"
        failed=1
    fi
}
line='Nov 23 18:14:41 vedge01 charon: 05[IKE] initiating IKE_SA ipsec2_1[3] to 10.10.10.1'

expect 2 'Usage: ikewatch VERB' "$program"
expect 0 'analyze   log files to a verdict' "$program" --help
expect 0 'ikewatch ' "$program" --version
expect 2 'no verb "analyse"; did you mean "analyze"?' "$program" analyse
for verb in serve ingest api migrate analyze explain catalog inventory replay dlq report config; do
    expect 0 "Usage: ikewatch $verb" "$program" $verb --help
done
for verb in serve ingest api analyze explain catalog inventory replay dlq report config; do
    expect 2 'unknown option --no-such-thing' "$program" $verb --no-such-thing
done
expect 1 'unknown option --no-such-thing' "$program" migrate --no-such-thing
expect 2 'one argument too many' "$program" ingest extra
expect 1 'cannot read /nowhere.conf' "$program" ingest -c /nowhere.conf

expect 2 'name a log file' "$program" analyze
expect 1 'No such file' "$program" analyze "$here/nowhere"
expect 1 'is a directory' "$program" analyze "$here"
expect 2 'no such zone' "$program" analyze --tz Mars/Town -
expect 0 'No line of charon or FTMD' "$program" analyze -
expect 0 '"devices":[]' "$program" analyze --format json -
echo "$line" >"$here/messages"
echo "$line" | gzip >"$here/messages.1.gz"
expect 0 '1 lines read: 1 of charon' "$program" analyze "$here/messages"
expect 0 '2 lines read: 2 of charon' "$program" analyze "$here/messages" "$here/messages.1.gz" "$here/messages"
expect 0 '"first_seen":"2024-11-23T09:14:41Z"' "$program" analyze --format json --year 2024 --tz Asia/Tokyo "$here/messages"
expect 0 '' "$program" analyze --attribution "$here/lines.tsv" "$here/messages"
expect 0 'line	ike_sa	conn	tunnel' cat "$here/lines.tsv"
expect 0 '1	3	ipsec2_1	ipsec2' cat "$here/lines.tsv"
expect 1 'No such file' "$program" analyze --inventory "$here/nowhere" "$here/messages"
printf 'tunnel,device,tz\nipsec2,vedge01,Asia/Tokyo\n' >"$here/fleet.csv"
printf 'tunel,device\nipsec2,vedge01\n' >"$here/wrong.csv"
expect 0 '"tunnel":"ipsec2"' "$program" analyze --inventory "$here/fleet.csv" --format json "$here/messages"
expect 1 'wrong.csv:1: unknown column: \"tunel\"; did you mean tunnel?' "$program" analyze --inventory "$here/wrong.csv" "$here/messages"
expect 2 'say `ikewatch inventory import FILE' "$program" inventory
expect 2 'say `ikewatch inventory import FILE' "$program" inventory imprt "$here/fleet.csv"
expect 2 'name a file to import' "$program" inventory import
expect 1 'No such file' "$program" inventory import --dry-run "$here/nowhere"
expect 2 'say `ikewatch dlq list` or `ikewatch dlq replay`' "$program" dlq
expect 2 'say `ikewatch dlq list` or `ikewatch dlq replay`' "$program" dlq lst
expect 2 'say which ones to replay' "$program" dlq replay
expect 2 '--offset "9-3": write an offset, or FIRST-LAST' "$program" dlq list --offset 9-3
expect 2 '--partition "x"' "$program" dlq list --partition x
expect 1 'pg.unreachable' "$program" dlq list -d postgresql://nobody@127.0.0.1:1/none
expect 0 'fleet.csv: 1 tunnel, no mistake' "$program" inventory import --dry-run "$here/fleet.csv"
expect 1 'wrong.csv:1: unknown column: "tunel"; did you mean tunnel?' "$program" inventory import --dry-run "$here/fleet.csv" "$here/wrong.csv"
expect 1 'nothing was imported' "$program" inventory import --dry-run "$here/wrong.csv"
expect 1 'no tunnel in it' "$program" inventory import --dry-run "$here/messages"
printf 'device,tunnel,tz\nvedge01,ipsec1,Mars/Town\n' >"$here/wrong.csv"
expect 1 'wrong.csv:2: no such time zone: "Mars/Town"; write an IANA name' "$program" inventory import --dry-run "$here/wrong.csv"
printf 'vpn 1\n interface ipsec1\n' >"$here/wrong.cli"
expect 1 'wrong.cli:2: not said whose tunnel this is; add `host-name NAME`' "$program" inventory import --dry-run "$here/wrong.cli"
head -c 300000 /dev/urandom >"$here/noise"
expect 0 'malformed' "$program" analyze "$here/noise"

# what each sample of the catalogue says, and what a site's own template gets wrong
template() {
    printf '[%s]\nevent = noise\ntext = %s\nsample = %s\nsource = site\n' "$1" "$2" "$3" >"$here/$1.ini"
}
expect 2 'say `list`, or `test`' "$program" catalog
expect 2 'not "tset"' "$program" catalog tset
expect 0 ', 0 failures' "$program" catalog test
template site-good 'hello {peer:a}' 'hello 10.10.10.1'
expect 0 ', 0 failures' "$program" catalog test "$here/site-good.ini"
template site-number 'hello {peer:a}' 'hello world'
expect 1 'site-number.ini: [site-number] sample 1: has no value of its kind: peer:a' "$program" catalog test "$here/site-number.ini"
template site-other 'hello {_:w} there' 'hello world'
expect 1 '[site-other] sample 1: matches no template' "$program" catalog test "$here/site-other.ini"
template site-taken 'initiating IKE_SA {_:r}' 'initiating IKE_SA a[1] to 10.10.10.1'
expect 1 'is taken by initiating' "$program" catalog test "$here/site-taken.ini"
template site-bad 'hello {_:q}' 'hello'
expect 1 'a field is {name:u}' "$program" catalog test "$here/site-bad.ini"
rm "$here"/site-[nob]*.ini
expect 1 'failures' "$program" catalog test --catalogue "$here"
rm "$here/site-taken.ini"
expect 0 'site-good' "$program" catalog list --catalogue "$here"
expect 0 '"id": "initiating"' "$program" catalog list --format json

expect 2 'give a line in quotes' "$program" explain
expect 0 'template  initiating' "$program" explain "$line"
expect 0 '"peer":"10.10.10.1"' "$program" explain --format json "$line"
expect 0 'the pre-shared keys of the two ends differ' "$program" explain "05[IKE] tried 1 shared key for 'a' - 'b', but MAC mismatched"
expect 0 'no RFC 3164 or RFC 5424 header' "$program" explain 'hello world 3'
expect 0 'a line of another program' "$program" explain 'Nov 23 18:14:41 vedge01 sshd[3]: hello'
expect 0 'masked    something new #' "$program" explain 'Nov 23 18:14:41 vedge01 charon: 05[IKE] something new 42'
expect 0 'flap-reason timeout' "$program" explain 'Jun 18 00:31:17 v FTMD[8]: %Viptela-v-1-ftmd-6-INFO-1400002: Notification: bfd-state-change new-state:down flap-reason:timeout'
expect 0 'unknown' sh -c "'$program' explain - <'$here/noise'"
expect 0 '' "$program" explain --format json "$(head -c 3000 "$here/noise" | tr -d '\000')"
deleted=tests/corpus/cisco-peer-delete/messages
expect 2 'give a log file' "$program" explain --why
expect 1 'no-such-file' "$program" explain --why "$here/no-such-file"
expect 0 'peer-delete needs ike-delete-received; fired' "$program" explain --why "$deleted"
expect 0 'lacks peer-came-back (the peer began anew' sh -c "'$program' explain --why - <$deleted"
expect 0 'fits too, but stands behind' "$program" explain --why --all "$deleted"
expect 0 '"lacking":["peer-came-back"]' "$program" explain --why --format json "$deleted"
expect 0 'peer-delete (certain)' "$program" explain --why --device VEDGE01 --tunnel ipsec1 "$deleted"
expect 0 'No incident of that tunnel' "$program" explain --why --tunnel ipsec7 "$deleted"
expect 0 'debug iked misc high' sh -c "printf 'Nov 23 18:00:00 v FTMD[8]: %%Viptela-v-ftmd-6-INFO-1400002: Notification: interface-state-change severity-level:major host-name:v vpn-id:0 if-name:\"ipsec1\" new-state:down\n' | '$program' explain --why -"

expect 0 '# --brokers' "$program" config --brokers kafka:9092
expect 0 'brokers = kafka:9092' env IKEWATCH_KAFKA_BROKERS=kafka:9092 "$program" config
expect 0 '***@db/fleet' "$program" config -d postgresql://u:secret@db/fleet
exit $failed
