"""The `ikewatch ingest` processes of one round, and how far PostgreSQL says they are."""
import os, signal, subprocess

from services import Failed, wait_until

STOP_BOUND_S = 60
MOVE_BOUND_S = 120


class Member:
    def __init__(self, argv, log):
        self.log = log
        with open(log, "ab") as out:
            self.process = subprocess.Popen(argv, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True)
        self.pid = self.process.pid

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self, bound_s=STOP_BOUND_S):
        return self.process.wait(bound_s)

    def running(self):
        return self.process.poll() is None

    def said(self, event):
        return event in self.log.read_text(errors="replace")


class Group:
    """Members of one consumer group that write into one database, through `ports`."""

    all = []

    @classmethod
    def end_all(cls):
        for group in cls.all:
            group.end()

    def __init__(self, services, setup, name, ports):
        self.services, self.setup, self.name, self.database, self.ports = services, setup, name, name, ports
        self.folder = services.folder / name
        self.folder.mkdir(exist_ok=True)
        self.members, self.started, self.fatal = [], 0, 0
        self.ends = setup.ends
        Group.all.append(self)

    def argv(self):
        return [str(self.setup.binary), "ingest", "-b", self.services.brokers, "-t", self.setup.topic, "-G", self.name,
                "-d", self.uri(), "--state-dir", str(self.folder), "-X", "session.timeout.ms=6000",
                "-X", "heartbeat.interval.ms=1000"] + self.setup.ingest_options

    def uri(self):
        return self.services.uri(self.database, *self.ports)

    def create(self):
        self.services.fresh(self.database)
        subprocess.run([self.setup.binary, "migrate", "up", "-d", self.services.uri(self.database)], check=True,
                       capture_output=True)

    def add(self):
        self.started += 1
        member = Member(self.argv(), self.folder / f"member-{self.started}.log")
        self.members.append(member)
        return member

    def kill(self, member):
        member.signal(signal.SIGKILL)
        member.wait()
        self.members.remove(member)

    def terminate(self, member):
        """By SIGTERM; it has to end well, or to say that it did not wait for Kafka or for the database: then the digest tells."""
        self.members.remove(member)
        member.signal(signal.SIGTERM)
        try:
            status = member.wait()
        except subprocess.TimeoutExpired:
            member.signal(signal.SIGKILL)
            raise Failed(f"SIGTERM did not end {member.pid} in {STOP_BOUND_S} s: see {member.log}")
        if status and not member.said("kafka.fatal") and not member.said("ingest.stop_forced"):
            raise Failed(f"status {status} after SIGTERM: see {member.log}")
        self.fatal += status != 0

    def check_alive(self):
        """A process that Kafka has shut out for good ends, to be started again; what watches it in a running system is this here."""
        for member in list(self.members):
            if member.running():
                continue
            self.members.remove(member)
            if not member.said("kafka.fatal"):
                raise Failed(f"a member ended by itself, status {member.process.returncode}: see {member.log}")
            self.fatal += 1
            self.add()

    def end(self):
        """Whatever is left, at once."""
        for member in list(self.members):
            if member.running():
                self.kill(member)  # a stopped one too

    # --- positions ---

    def rows(self):
        """{partition: (position, epoch, pid of the owner)}, None: the database does not answer"""
        rows = self.services.try_sql(self.database, "SELECT partition, position, epoch, split_part(owner, ':', 2) "
                                     f"FROM ikewatch.position WHERE consumer_group = '{self.name}'")
        return None if rows is None else {int(p): (int(at), int(epoch), int(pid) if pid else None) for p, at, epoch, pid in rows}

    def positions(self):
        rows = self.rows()
        return None if rows is None else {p: rows.get(p, (0,))[0] for p in self.ends}

    def known_positions(self):
        return wait_until("the database answers", 120, self.positions)

    def total(self):
        return sum(self.known_positions().values())

    def finished(self):
        self.check_alive()
        return self.positions() == self.ends

    def moved(self, before, partitions=None):
        """Has every partition that was not at its end moved?"""
        self.check_alive()
        now = self.positions()
        return now is not None and all(now[p] > before[p] for p in partitions or before if before[p] < self.ends[p])

    def wait_moved(self, before, what):
        try:
            wait_until(f"every partition moves on after {what}", MOVE_BOUND_S, lambda: self.moved(before))
        except Failed as failed:
            raise Failed(f"{failed}; before {before}, now {self.rows()}, ends {self.ends}")
