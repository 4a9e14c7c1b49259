"""What is compared: how each program is built, set up and started, and how much of the topic it has stored."""
import os, pathlib, shutil, socket, subprocess, sys

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[2]
BUILT = TOP / "build/peers"
sys.path.insert(0, str(TOP / "tests/chaos"))

import content
from services import Failed


class Peer:
    """A program that makes a row of a line. Of one of its databases everything is in the table `line`."""

    starts_apart = True  # what it takes to start is left out of its figures
    quiet_s = 25  # no row for so long: it has stored what it ever will. A session of the group ends after 10 s at most.
    serial = "serial::bigint"
    SETTLED_BLOCKS = 2048  # so far from the end of the table hardly a row is under way any more
    MOST = 0.95
    needs = ()  # programs in PATH

    def __init__(self, setup):
        self.setup = setup
        for program in self.needs:
            if not shutil.which(program):
                raise SystemExit(f"run: {self.name} needs {program}: see packages and README.md")
        self.build()

    def build(self):
        """What is needed in BUILT, once."""

    def create(self, name, folder):
        """An empty database, and the configuration in `folder`."""
        services = self.setup.services
        services.fresh(name)
        services.sql(name, (HERE / self.name / "table.sql").read_text())
        self.settled_rows = self.settled_blocks = self.last_rows = 0
        password = (services.cluster / "pgpass").read_text().strip().rsplit(":", 1)[1]
        words = {"BROKERS": services.brokers, "TOPIC": self.setup.topic, "GROUP": name, "DATABASE": name, "PASSWORD": password,
                 "PORT": str(services.port), "FOLDER": str(folder), "HERE": str(HERE / self.name), "REST": str(free_port())}
        for source in (HERE / self.name).iterdir():
            if source.suffix in (".conf", ".properties"):
                text = source.read_text()
                for word, value in words.items():
                    text = text.replace(f"@{word}@", value)
                with open(os.open(folder / source.name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
                    out.write(text)

    def stored(self, name):
        """Rows. Those of old blocks are counted once, a count costs what the peer needs; all again when the last few are missing: a
        transaction that was under way for long left them there."""
        blocks = self.number(name, "SELECT pg_relation_size('line') / current_setting('block_size')::integer")
        settled = max(blocks - self.SETTLED_BLOCKS, 0)
        if settled >= self.settled_blocks + self.SETTLED_BLOCKS:
            self.settled_rows += self.rows(name, self.settled_blocks, settled)
            self.settled_blocks = settled
        tail = self.rows(name, self.settled_blocks)
        rows = self.settled_rows + tail
        if self.MOST <= rows / self.setup.lines < 1 and rows == self.last_rows:
            self.settled_rows = self.rows(name, 0, self.settled_blocks)
        self.last_rows = rows
        return self.settled_rows + tail

    def rows(self, name, first_block=0, end_block=2**32 - 1):
        return self.number(name, f"SELECT count(*) FROM line WHERE ctid >= '({first_block},0)' AND ctid < '({end_block},0)'")

    def number(self, name, statement):
        return int(self.setup.services.sql(name, statement)[0][0])

    def finished(self, stored):
        """After a kill: is it certain that nothing will come any more?"""
        return False

    def damage(self, name):
        """(lost, doubled) rows"""
        rows, serials, low, high = (int(n or 0) for n in self.setup.services.sql(
            name, f"SELECT count(*), count(DISTINCT s), min(s), max(s) FROM (SELECT {self.serial} AS s FROM line) AS l")[0])
        if serials and (low < 1 or high > self.setup.lines):
            raise Failed(f"{self.name} stored a serial number that was not in the topic")
        return self.setup.lines - serials, rows - serials


class Rsyslog(Peer):
    name = "rsyslog"
    needs = ("rsyslogd",)

    def version(self):
        return subprocess.check_output(["rsyslogd", "-v"], text=True).split()[1]

    def command(self, name, folder):
        return ["rsyslogd", "-n", "-C", "-f", str(folder / "rsyslog.conf"), "-i", str(folder / "pid")], {}


class Telegraf(Peer):
    name = "telegraf"
    needs = ("go",)
    PLUGINS = "custom,inputs.kafka_consumer,processors.regex,parsers.value,outputs.postgresql"

    def build(self):
        built_once("telegraf", [HERE / "telegraf/go.mod", HERE / "telegraf/go.sum"], lambda to: subprocess.run(
            ["go", "build", "-trimpath", "-tags", self.PLUGINS, "-o", to / "telegraf", "github.com/influxdata/telegraf/cmd/telegraf"],
            cwd=HERE / "telegraf", check=True))

    def version(self):
        return (HERE / "telegraf/go.mod").read_text().split("influxdata/telegraf v")[1].strip()

    def command(self, name, folder):
        return [str(BUILT / "telegraf/telegraf"), "--config", str(folder / "telegraf.conf")], {}


class Connect(Peer):
    name = "connect"
    needs = ("mvn", "java")
    serial = r"substring(line FROM '\[(\d+)\]: ')::bigint"

    def build(self):
        built_once("connect", [HERE / "connect/pom.xml"], lambda to: subprocess.run(
            ["mvn", "-B", "-ntp", "-q", "-f", HERE / "connect/pom.xml", "dependency:copy-dependencies", "-DincludeScope=runtime",
             f"-DoutputDirectory={to}"], check=True))

    def version(self):
        jars = [jar.name for jar in (BUILT / "connect").glob("*.jar")]
        number = lambda stem: next(j[len(stem):-len(".jar")] for j in jars if j.startswith(stem) and j[len(stem)].isdigit())
        return f"{number('connect-runtime-')}, sink {number('debezium-connector-jdbc-')}"

    def command(self, name, folder):
        # Memory and collector as connect-standalone.sh gives them.
        return ["java", "-Xms256m", "-Xmx2g", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-Djava.awt.headless=true",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "org.apache.kafka.connect.cli.ConnectStandalone",
                str(folder / "worker.properties"), str(folder / "sink.properties")], {"CLASSPATH": f"{BUILT}/connect/*"}


class Ikewatch(Peer):
    """Lost and doubled: the rows that are missing and too many beside an undisturbed run, none if the digests are equal."""

    name = "ikewatch"
    starts_apart = False
    quiet_s = 60
    undisturbed = None

    def version(self):
        return subprocess.check_output([self.setup.binary, "--version"], text=True).split()[1]

    def create(self, name, folder):
        self.setup.services.fresh(name)
        subprocess.run([self.setup.binary, "migrate", "up", "-d", self.setup.services.uri(name)], check=True, capture_output=True)

    def command(self, name, folder):
        return [str(self.setup.binary), "ingest", "-b", self.setup.services.brokers, "-t", self.setup.topic, "-G", name, "-d",
                self.setup.services.uri(name), "--state-dir", str(folder), "-X", "session.timeout.ms=6000", "-X",
                "heartbeat.interval.ms=1000"], {}

    def stored(self, name):
        return self.number(name, "SELECT coalesce(sum(position), 0) FROM ikewatch.position")

    def finished(self, stored):
        return stored == self.setup.lines

    def damage(self, name):
        found = content.digest(self.setup.services, name)
        if self.undisturbed is None:
            Ikewatch.undisturbed = found
        if found == self.undisturbed:
            return 0, 0
        apart = [found[table][0] - self.undisturbed[table][0] for table in found if found[table] != self.undisturbed[table]]
        if not any(apart):
            raise Failed(f"{name}: as many rows as undisturbed, but other ones: {found} {self.undisturbed}")
        return -sum(n for n in apart if n < 0), sum(n for n in apart if n > 0)


PEERS = {peer.name: peer for peer in (Rsyslog, Telegraf, Connect)}


def built_once(name, sources, build):
    """BUILT/name by build(folder), again when a source has changed."""
    folder, fresh, stamp = BUILT / name, BUILT / f"{name}.new", "".join(source.read_text() for source in sources)
    if folder.exists() and (folder / "stamp").read_text() == stamp:
        return
    for old in (folder, fresh):
        shutil.rmtree(old, ignore_errors=True)
    fresh.mkdir(parents=True)
    print(f"building {name}", file=sys.stderr)
    build(fresh)
    (fresh / "stamp").write_text(stamp)
    fresh.rename(folder)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
