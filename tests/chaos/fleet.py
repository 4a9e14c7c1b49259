"""The records of a run: a simulated fleet's logs, sent to a topic keyed by device; and a stranger who reads them."""
import shutil, subprocess

PARTITIONS = 8
DEVICES = 64
LINES_PER_DEVICE_HOUR = 6850  # `simulate` with 8 tunnels a device, roughly
BAD_RECORDS = ["", "{", '{"host": "fleet-bad"}', '{"host": 7, "message": ', "\x01\x02 no syslog", "x" * 70000]


class Setup:
    """What all groups of a run share; `ends` is {partition: end offset} of the topic once it is filled."""

    def __init__(self, binary):
        self.binary, self.topic, self.ends, self.ingest_options = binary, "chaos", {}, []


def simulate(setup, lines, folder):
    minutes = max(10, round(60 * lines / DEVICES / LINES_PER_DEVICE_HOUR) + 1)
    subprocess.run([setup.binary, "simulate", "--devices", str(DEVICES), "--tunnels", "8", "--duration", f"{minutes}m", "--seed", "5",
                    "--reorder", "1s", "-o", folder], check=True, capture_output=True)
    return sorted(folder.glob("*/messages"))


def sender(services, setup, logs, rate=0):
    return subprocess.Popen([setup.binary, "replay", "-b", services.brokers, "-t", setup.topic, "--rate", str(rate), *logs],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL)


def check_sent(process):
    said = process.communicate()[0].strip()
    if process.returncode or "failed=0" not in said:
        raise RuntimeError(said)
    return said


def send_bad(services, setup):
    """Records that nobody can read, some in each partition: dead letters have to be counted exactly too."""
    for partition in range(PARTITIONS):
        subprocess.run(["kcat", "-q", "-P", "-b", services.brokers, "-t", setup.topic, "-p", str(partition), "-k", f"bad{partition}"],
                       input="\n".join(BAD_RECORDS), text=True, check=True, capture_output=True)


def send(services, setup, logs):
    """A topic of its own; what the sender said."""
    services.topic(setup.topic, PARTITIONS)
    half = len(logs) // 2
    said = check_sent(sender(services, setup, logs[:half]))
    send_bad(services, setup)
    said = [said, check_sent(sender(services, setup, logs[half:]))]
    setup.ends.update(services.ends(setup.topic))
    return said


def fill(services, setup, lines, folder):
    logs = simulate(setup, lines, folder)
    send(services, setup, logs)
    shutil.rmtree(folder)


def foreign(services, setup, group):
    """The command of another program that joins the group and commits offsets of its own."""
    return ["kcat", "-q", "-b", services.brokers, "-X", "partition.assignment.strategy=cooperative-sticky",
            "-X", "session.timeout.ms=6000", "-X", "auto.offset.reset=latest", "-X", "auto.commit.interval.ms=200",
            "-o", "end", "-G", group, setup.topic]
