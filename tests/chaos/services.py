"""The real Kafka and PostgreSQL of a run, by the functions of tests/integration/services.sh; and what is asked of them."""
import os, pathlib, shlex, shutil, subprocess, tempfile, time

import psycopg2

TOP = pathlib.Path(__file__).resolve().parents[2]
LOOK_S = 0.1


class Failed(Exception):
    """What was to happen did not, within its bound."""


def wait_until(what, bound_s, condition):
    """The condition's first true value; Failed after the bound."""
    began = time.monotonic()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() - began > bound_s:
            raise Failed(f"not within {bound_s:.0f} s: {what}")
        time.sleep(LOOK_S)


def fresh_folder(folder):
    """Empty; what a run before left there is ended first."""
    if (folder / "services.log").exists():
        Services(folder).stop()
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise SystemExit(f"{folder} is not empty, and nothing there says that it was made by a run before; choose another --folder")


class Services:
    """One broker, one cluster and room for its standby in `folder`; stop() ends them by pid."""

    def __init__(self, folder):
        self.folder = folder
        self.cluster = folder / "integration/services/postgres"
        self.spare = folder / "integration/services/postgres-spare"
        self.disk = self.tablespace = None
        self.connections = {}

    def sh(self, script, bound_s=240):
        head = f"top={shlex.quote(str(TOP))} BUILD_DIR={shlex.quote(str(self.folder))}\n" \
               '. "$top/tests/integration/services.sh"\n'
        with open(self.folder / "services.log", "ab") as log:
            done = subprocess.run(["sh", "-euc", head + script], stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL,
                                  text=True, timeout=bound_s)
        if done.returncode:
            raise Failed(f"{script.splitlines()[-1]}: see {self.folder}/services.log")
        return done.stdout.strip()

    def start(self):
        self.sh("services_start >&2")
        env = dict(line.removeprefix("export ").split("=", 1)
                   for line in (self.folder / "integration.env").read_text().splitlines())
        self.brokers = env["BROKERS"].strip("'")
        os.environ["PGPASSFILE"] = env["PGPASSFILE"].strip("'")
        self.port = int((self.cluster / "port").read_text())
        # `fast` clusters do not wait for the log at COMMIT; here what was answered must survive an immediate shutdown.
        self.sql("postgres", "ALTER ROLE ikewatch SET synchronous_commit = on")

    def stop(self):
        for cluster in (self.cluster, self.spare):
            self.sh(f"daemon_stop {cluster} INT 60")
        self.sh("services_stop >&2")
        if self.disk:
            subprocess.run(["umount", self.disk], check=True)
            self.disk.rmdir()
            self.disk = None

    # --- PostgreSQL ---

    def uri(self, database, *ports):
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports or [self.port])
        return f"postgresql://ikewatch@{hosts}/{database}?sslmode=disable&gssencmode=disable" + \
            ("&target_session_attrs=read-write" if len(ports) > 1 else "")

    def connection(self, database):
        if database not in self.connections:
            self.connections[database] = psycopg2.connect(self.uri(database), connect_timeout=10)
            self.connections[database].autocommit = True
        return self.connections[database]

    def disconnect(self, database):
        if database in self.connections:
            self.connections.pop(database).close()

    def ask(self, database, statement, bound_s):
        with self.connection(database).cursor() as cursor:
            cursor.execute(f"SET statement_timeout = {bound_s * 1000}")
            cursor.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
        return [["" if value is None else str(value) for value in row] for row in rows]

    def sql(self, database, statement, bound_s=600):
        """Rows of texts, NULL an empty one. Connections are kept: a process for each question is most of what a run costs."""
        kept = database in self.connections
        try:
            try:
                return self.ask(database, statement, bound_s)
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                self.disconnect(database)
                if not kept:
                    raise
                return self.ask(database, statement, bound_s)  # the server was restarted since the last question
        except psycopg2.Error as error:
            self.disconnect(database)
            raise Failed(f"{statement.strip().splitlines()[0]}: {str(error).strip()}")

    def try_sql(self, database, statement):
        try:
            return self.sql(database, statement, 60)
        except Failed:
            return None

    def fresh(self, database):
        self.disconnect(database)
        self.sql("postgres", f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        self.sql("postgres", f'CREATE DATABASE "{database}"' + (f" TABLESPACE {self.tablespace}" if self.tablespace else ""))

    def drop(self, database):
        self.disconnect(database)
        self.sql("postgres", f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def postgres_stop(self, signal="QUIT"):
        """QUIT is pg_ctl's `-m immediate`."""
        self.sh(f"daemon_stop {self.cluster} {signal} 60")

    def postgres_start(self):
        self.sh(f"port_used() {{ return 1; }}\npostgres_start {self.cluster} fast >&2")

    # --- a small disk for the databases made from now on ---

    def small_disk(self, megabytes):
        """@return False: this machine lets us mount nothing"""
        self.disk = pathlib.Path(tempfile.mkdtemp(prefix="ikewatch-chaos-"))
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "ikewatch-chaos", self.disk],
                                 capture_output=True)
        if mounted.returncode:
            self.disk.rmdir()
            self.disk = None
            return False
        self.disk.chmod(0o755)
        self.space("first")
        self.sql("postgres", f"CREATE TABLESPACE small LOCATION '{self.disk}/first'")
        self.tablespace = "small"
        return True

    def space(self, name):
        path = self.disk / name
        path.mkdir(mode=0o700)
        shutil.chown(path, "postgres", "postgres")
        return path

    def disk_fill(self):
        with open(self.disk / "filler", "wb", buffering=0) as filler:
            try:
                while filler.write(bytes(1 << 20)):
                    pass
            except OSError:
                pass  # full, as was wanted

    def disk_free(self):
        (self.disk / "filler").unlink()

    # --- a standby, and the failover to it ---

    def spare_port(self):
        """Where the standby will be; known before it is there, so that it can stand in a URI."""
        port = self.spare / "port"
        if not port.exists():
            self.spare.mkdir(exist_ok=True)
            port.write_text(self.sh("free_port"))
        return int(port.read_text())

    def standby(self):
        """A synchronous standby: from now on no answered COMMIT can be lost with the cluster."""
        self.spare_port()
        shutil.rmtree(self.spare / "data", ignore_errors=True)
        shutil.copy(self.cluster / "pgpass", self.spare / "pgpass")
        password = (self.cluster / "pgpass").read_text().strip().rsplit(":", 1)[1]
        move = []
        for (old,) in self.sql("postgres", "SELECT pg_tablespace_location(oid) FROM pg_tablespace WHERE spcname = 'small'"):
            move = ["-T", f"{old}={self.space('at-' + str(time.monotonic_ns()))}"]
        subprocess.run([self.sh("postgres_bin pg_basebackup"), "-D", self.spare / "data", "-R", "-X", "stream", "-c", "fast", "--no-sync",
                        *move,
                        "-d", f"host=127.0.0.1 port={self.port} user=ikewatch password={password} application_name=standby"],
                       check=True, capture_output=True, timeout=300)
        self.sh(f"chown -R postgres: {self.spare} {self.disk or ''}")
        self.sh(f"port_used() {{ return 1; }}\npostgres_start {self.spare} fast >&2")
        self.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'standby'")
        self.sql("postgres", "SELECT pg_reload_conf()")
        wait_until("the standby is synchronous", 60, lambda: self.sql(
            "postgres", "SELECT 1 FROM pg_stat_replication WHERE application_name = 'standby' AND sync_state = 'sync'"))
        at = self.sql("postgres", "SELECT pg_current_wal_lsn()")[0][0]
        wait_until("the standby has everything", 60, lambda: self.sql(
            "postgres", f"SELECT 1 FROM pg_stat_replication WHERE application_name = 'standby' AND flush_lsn >= '{at}'"))

    def fail_over(self):
        self.postgres_stop("QUIT")
        self.cluster, self.spare = self.spare, self.cluster
        self.port = int((self.cluster / "port").read_text())
        self.sql("postgres", "SELECT pg_promote(true, 60)")

    # --- Kafka ---

    def kafka_stop(self, signal="TERM"):
        self.sh(f'daemon_stop "$services/kafka" {signal} 60')

    def kafka_start(self):
        """Once more if the JVM does not come up in time: a machine under load is no defect of what is tested."""
        script = ('port_used() { return 1; }\nkafka_ready() { port_listens "$(cat "$1/port")"; }\n'
                  "port_listens() { awk -v port=\"$(printf ':%04X' \"$1\")\" '$2 ~ port \"$\" && $4 == \"0A\" { f = 1 } END { exit !f }' "
                  '/proc/net/tcp /proc/net/tcp6; }\nkafka_start "$services/kafka" >&2')
        try:
            self.sh(script)
        except Failed:
            self.sh(script)

    def topic(self, name, partitions):
        self.sh(f'kafka_topic "$(kafka_brokers "$services/kafka")" {shlex.quote(name)} {partitions} >&2')

    def ends(self, topic):
        """{partition: end offset}"""
        text = self.sh(f'kafka_ends "$(kafka_brokers "$services/kafka")" {shlex.quote(topic)}')
        return {int(p): int(end) for p, end in (line.split() for line in text.splitlines())}
