"""The faults: each is done to a running group and returns when its cause is gone; whoever calls waits until every partition has
moved on. Recovery counts from the return; where the cause lasts (a member is gone or stopped) from its beginning."""
import signal, subprocess, time

import fleet
from services import Failed, wait_until

MEMBERS_MAX = 3
HIT_BOUND_S = 120
SUCCESSOR_BOUND_S = 60


def kill(c):
    """SIGKILL; half of the time it comes back at once, else after the others have taken over."""
    group = c.group
    group.kill(c.rng.choice(group.members))
    c.began = time.monotonic()
    before = group.known_positions()
    if group.members and c.rng.random() < 0.5:
        group.wait_moved(before, "SIGKILL, with nobody in its place")
        c.seconds = time.monotonic() - c.began
    group.add()


def stop(c):
    """SIGSTOP until others have its partitions, or Kafka has given it up; SIGCONT: a zombie that believes to be the owner."""
    group = c.group
    if len(group.members) < 2:
        group.add()
        group.wait_moved(group.known_positions(), "a second member")
    zombie = c.rng.choice(group.members)
    zombie.signal(signal.SIGSTOP)
    began = time.monotonic()
    try:
        rows = wait_until("the database answers", SUCCESSOR_BOUND_S, group.rows)
        before = group.known_positions()
        owned = [p for p, row in rows.items() if row[2] == zombie.pid]
        wait_until(f"the successor of a stopped process gets on with {owned}", SUCCESSOR_BOUND_S,
                   lambda: group.moved(before, owned) if owned else True)
        c.seconds = time.monotonic() - began
    except Failed as failed:
        raise Failed(f"{failed}: {group.rows()}; zombie {zombie.pid}")
    finally:
        zombie.signal(signal.SIGCONT)


def postgres(c):
    c.services.postgres_stop("QUIT")
    c.services.postgres_start()


def postgres_fast(c):
    c.services.postgres_stop("INT")
    c.services.postgres_start()


def backend(c):
    c.services.try_sql("postgres", f"""
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = '{c.group.database}' AND application_name LIKE 'ikewatch ingest%'
         ORDER BY (state = 'active') DESC, md5(pid::text || '{c.rng.random()}') LIMIT {c.rng.randint(1, 2)}""")


def broker(c):
    c.services.kafka_stop("TERM")
    c.services.kafka_start()


def broker_kill(c):
    c.services.kafka_stop("KILL")
    c.services.kafka_start()


def join(c):
    if len(c.group.members) >= MEMBERS_MAX:
        return leave(c)
    c.group.add()
    return "join"


def leave(c):
    if len(c.group.members) < 2:
        return join(c)
    c.group.terminate(c.rng.choice(c.group.members))
    return "leave"


def strike(which):
    def fault(c):
        c.proxy.arm(which, c.rng.randint(0, 8))
        had = c.proxy.struck[which]
        try:
            wait_until(f"a COMMIT's {which} is lost", HIT_BOUND_S,
                       lambda: c.proxy.struck[which] > had or c.group.finished())
        finally:
            c.proxy.disarm()
        if c.proxy.struck[which] == had:
            return "none"
    return fault


def foreign(c):
    """Another program joins the group, takes partitions, commits offsets of its own and leaves."""
    argv = fleet.foreign(c.services, c.setup, c.group.name)
    with open(c.group.folder / "foreign.log", "ab") as log:
        other = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=log, stdin=subprocess.DEVNULL)
        try:
            wait_until("the foreign member takes a partition", SUCCESSOR_BOUND_S,
                       lambda: any(row[2] is None for row in (c.group.rows() or {}).values()) or c.group.finished())
        finally:
            other.terminate()
            other.wait(60)


def full_disk(c):
    """Until the processes have noticed."""
    refused = lambda: sum(log.read_text(errors="replace").count("sqlstate=53100") for log in c.group.folder.glob("member-*.log"))
    had = refused()
    c.services.disk_fill()
    try:
        wait_until("PostgreSQL says that the disk is full", HIT_BOUND_S, lambda: refused() > had or c.group.finished())
    finally:
        c.services.disk_free()
    return None if refused() > had else "none"


def failover(c):
    c.services.standby()
    c.proxy.open(c.services.spare_port())
    c.proxy.shut(c.services.port)
    c.services.fail_over()


KINDS = {
    "kill": kill, "stop": stop, "postgres-immediate": postgres, "postgres-fast": postgres_fast, "backend": backend,
    "broker": broker, "broker-kill": broker_kill, "join": join, "leave": leave, "commit-answer": strike("answer"),
    "commit-request": strike("request"), "foreign": foreign, "full-disk": full_disk, "failover": failover,
}
LAST = ("full-disk", "failover")  # only when asked for: they need a mount, or double the disk
