"""A TCP proxy on loopback in front of PostgreSQL: it understands just enough of the protocol to lose a COMMIT or its answer.

Connections must not ask for TLS or GSS (sslmode=disable): each side's stream is cut into whole messages.
"""
import socket, struct, threading, time

CHUNK_BYTES = 65536


class Messages:
    """Bytes in, whole messages out as (type, bytes); a client's first message has no type and is told as b""."""

    def __init__(self, untyped):
        self.left = b""
        self.untyped = untyped

    def feed(self, data):
        data = self.left + data
        at, end = 0, len(data)
        while True:
            head = 0 if self.untyped else 1
            if end - at < head + 4:
                break
            size = head + struct.unpack_from("!I", data, at + head)[0]
            if end - at < size:
                break
            kind = data[at:at + head]
            self.untyped = False
            yield kind, data[at:at + size]
            at += size
        self.left = data[at:]


def is_commit(kind, message):
    """A COMMIT of a pipeline: that of a flush, while a claim's is a simple query."""
    return kind == b"P" and message[5:].partition(b"\0")[2].startswith(b"COMMIT\0")


def is_committed(kind, message):
    return kind == b"C" and message[5:] == b"COMMIT\0"


class Link:
    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        self.flushing = False  # a flush's COMMIT is under way
        for target in (self.up, self.down):
            threading.Thread(target=self.guarded, args=(target,), daemon=True).start()

    def guarded(self, target):
        try:
            target()
        except OSError:
            pass
        self.cut()

    def cut(self):
        for end in (self.client, self.server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.proxy.links.discard(self)

    def up(self):
        messages = Messages(untyped=True)
        while data := self.client.recv(CHUNK_BYTES):
            self.proxy.slow_down(len(data))
            out = []
            for kind, message in messages.feed(data):
                if is_commit(kind, message):
                    if self.proxy.strikes("request"):
                        if out:
                            self.server.sendall(b"".join(out))
                        return
                    self.flushing = True
                out.append(message)
            if out:
                self.server.sendall(b"".join(out))

    def down(self):
        messages = Messages(untyped=False)
        while data := self.server.recv(CHUNK_BYTES):
            out = []
            for kind, message in messages.feed(data):
                if is_committed(kind, message):
                    if self.flushing and self.proxy.strikes("answer"):
                        return
                    if self.flushing and self.proxy.commit_s:
                        time.sleep(self.proxy.commit_s)  # as if the disk were far away
                    self.flushing = False
                out.append(message)
            if out:
                self.client.sendall(b"".join(out))


class Proxy:
    """ports, one for each target, are where to connect. arm("answer" | "request", skip) loses the skip-th COMMIT from now on; `struck`
    counts both."""

    def __init__(self, *targets):
        self.commit_s = 0.0
        self.bytes_per_s = 0  # 0: as fast as they come
        self.passed = 0  # bytes towards PostgreSQL
        self.free_at = 0.0
        self.struck = {"answer": 0, "request": 0}
        self.armed = {}
        self.links = set()
        self.lock = threading.Lock()
        self.listeners, self.fronts = {}, {target: 0 for target in targets}
        for target in targets:
            self.open(target)

    @property
    def ports(self):
        return list(self.fronts.values())

    def open(self, target):
        if target in self.listeners:
            return
        listener = socket.create_server(("127.0.0.1", self.fronts[target]), backlog=100)
        self.listeners[target], self.fronts[target] = listener, listener.getsockname()[1]
        threading.Thread(target=self.accept, args=(listener, target), daemon=True).start()

    def shut(self, target):
        """Connections are refused, as where no server is: libpq goes on to the next host of its URI only then."""
        self.listeners.pop(target).shutdown(socket.SHUT_RDWR)

    def accept(self, listener, target):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                listener.close()
                return
            try:
                server = socket.create_connection(("127.0.0.1", target), timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.links.add(Link(self, client, server))

    def slow_down(self, size):
        """All connections share the line."""
        with self.lock:
            self.passed += size
            now = time.monotonic()
            if not self.bytes_per_s:
                return
            self.free_at = max(now, self.free_at) + size / self.bytes_per_s
            wait_s = self.free_at - now
        time.sleep(wait_s)

    def arm(self, which, skip):
        with self.lock:
            self.armed[which] = skip

    def disarm(self):
        with self.lock:
            self.armed.clear()

    def strikes(self, which):
        with self.lock:
            left = self.armed.get(which)
            if left is None:
                return False
            self.armed[which] = left - 1
            if left > 0:
                return False
            del self.armed[which]
            self.struck[which] += 1
            return True
