"""A program beside the services: started, watched by what the database holds, killed; and what it used meanwhile."""
import os, pathlib, signal, subprocess, time

from services import Failed

TICKS = os.sysconf("SC_CLK_TCK")
LOOK_S, LOOK_KILL_S, LOOK_AFTER_S, START_BOUND_S, BOUND_S, STOP_BOUND_S = 0.02, 0.005, 0.5, 180, 600, 60

MOST_AT_ONCE = 0.25  # of the topic
KILL_AT = (0.4, 0.1, 0, 0, 0)  # of the topic, till one is met before the end
LOOK_SHARE, LOOK_MOST_S = 20, 0.25  # looking takes the 20th part of the time of one core, unless that is too seldom


def fields(pid):
    """proc(5) stat from field 3 on; None if the process has ended."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def tree(pid):
    pids = [pid]
    for parent in pids:
        for tasks in pathlib.Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                pids += [int(child) for child in tasks.read_text().split()]
            except (FileNotFoundError, ProcessLookupError):
                pass
    return pids


def cpu_s(pid):
    """Of the process, its descendants and those that it has waited for."""
    ticks = 0
    for one in tree(pid):
        stat = fields(one)
        ticks += sum(int(n) for n in stat[11:15]) if stat else 0
    return ticks / TICKS


def peak_mb(pid):
    kilobytes = 0
    for one in tree(pid):
        try:
            status = pathlib.Path(f"/proc/{one}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        kilobytes += next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)
    return round(kilobytes / 1024)


class Use:
    """CPU seconds of the three sides at one time."""

    def __init__(self, setup, pid, stored):
        cluster = setup.services.cluster
        self.at, self.stored, self.own = time.monotonic(), stored, cpu_s(pid)
        self.postgres = cpu_s(int((cluster / "data/postmaster.pid").read_text().split()[0]))
        self.broker = cpu_s(int((cluster.parent / "kafka/pid").read_text().split()[0]))


class Run:
    """One peer, one group, one database, both of this name."""

    def __init__(self, setup, peer, name):
        self.setup, self.peer, self.name = setup, peer, name
        self.folder = setup.services.folder / name
        self.folder.mkdir()
        peer.create(name, self.folder)
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end(signal.SIGKILL)
        self.setup.services.drop(self.name)

    def start(self):
        argv, environment = self.peer.command(self.name, self.folder)
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=os.environ | environment,
                                            cwd=self.folder, start_new_session=True)

    def end(self, number):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(STOP_BOUND_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def watch(self, until, look_s):
        """@return how much is stored when until() is true of that, or when nothing has come for the peer's quiet_s"""
        began, grown, last = time.monotonic(), None, self.peer.stored(self.name)
        while True:
            asked = time.monotonic()
            stored, now = self.peer.stored(self.name), time.monotonic()
            if stored != last:
                last, grown = stored, now
            if until(stored) or (grown and now - grown > self.peer.quiet_s):
                return stored
            if self.process.poll() is not None or now - began > (BOUND_S if grown else START_BOUND_S):
                raise Failed(f"{self.name} stored {stored} and {'ended' if self.process.returncode is not None else 'hangs'}: "
                             f"see {self.folder}/log")
            time.sleep(max(look_s, min(LOOK_SHARE * (now - asked), LOOK_MOST_S)))


def turn(setup, peer, name):
    """The topic from its beginning to its end. Of a peer that starts apart everything is counted from its first row on."""
    with Run(setup, peer, name) as run:
        began = time.monotonic()
        run.start()
        start = first = Use(setup, run.process.pid, 0)
        if peer.starts_apart:
            first = Use(setup, run.process.pid, run.watch(lambda stored: stored > 0, LOOK_S))
        to_first_row = first.at - began
        if first.stored > MOST_AT_ONCE * setup.lines:  # too few lines for a rate behind the first batch
            first = start
        last = Use(setup, run.process.pid, run.watch(lambda stored: stored >= setup.lines, LOOK_S))
        if last.stored < setup.lines:
            raise Failed(f"{name} stored {last.stored} of {setup.lines}, though nothing disturbed it: see {run.folder}/log")
        peak = peak_mb(run.process.pid)
        run.end(signal.SIGTERM)
        lost, doubled = peer.damage(name)
        millions = (last.stored - first.stored) / 1e6
        return {"messages": last.stored, "messages_per_s": round(millions * 1e6 / (last.at - first.at)),
                "messages_per_s_with_start": round(last.stored / (last.at - began)), "seconds_to_first_row": round(to_first_row, 2),
                "cpu_s_per_million": round((last.own - first.own) / millions, 3),
                "postgres_cpu_s_per_million": round((last.postgres - first.postgres) / millions, 3),
                "broker_cpu_s_per_million": round((last.broker - first.broker) / millions, 3), "peak_rss_mb": peak, "lost": lost,
                "doubled": doubled}


def kill(setup, peer, name):
    """SIGKILL in the middle, a restart at once, and then the time that it takes."""
    for number, share in enumerate(KILL_AT):
        with Run(setup, peer, f"{name}{number}") as run:
            run.start()
            run.watch(lambda stored: stored > share * setup.lines, LOOK_KILL_S)
            run.end(signal.SIGKILL)
            at = peer.stored(run.name)
            if at >= setup.lines:
                continue  # it was faster than the look: earlier, then
            run.start()
            run.watch(peer.finished, LOOK_AFTER_S)
            run.end(signal.SIGTERM)
            lost, doubled = peer.damage(run.name)
            return {"killed_at": at, "lost": lost, "doubled": doubled}
    raise Failed(f"{peer.name} stores the whole topic at once; more lines are needed for a kill in the middle")
