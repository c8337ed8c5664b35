"""Rows of the configuration database, beside ovsdb-server on the same disk."""
import json
import os
import socket
import time

from runner.contenders import Contender, Shunt
from runner.sandbox import CONTENDER_CPU, WORK, Process, eventually, pinned, run

N_PORTS = 1000
DATABASE = "Open_vSwitch"
TABLES = {"Open_vSwitch": {}, "Bridge": {}, "Port": {}, "Interface": {}}
ZERO = "00000000-0000-0000-0000-000000000000"


class Client:
    """As little of a client as it takes."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.n_sent = 0

    def call(self, method, params):
        """The text of the reply. One at a time, so what comes is it when it is whole."""
        self.n_sent += 1
        self.socket.sendall(json.dumps(
            {"id": self.n_sent, "method": method, "params": params}).encode())
        parts = [self.socket.recv(1 << 20)]
        while parts[-1][-1:] != b"}" or not is_whole(b"".join(parts)):
            parts.append(self.socket.recv(1 << 20))
        return b"".join(parts)

    def transact(self, *operations):
        reply = json.loads(self.call("transact", [DATABASE, *operations]))
        if reply["error"] or any("error" in result for result in reply["result"] if result):
            raise RuntimeError(f"transact: {reply}")
        return reply["result"]

    def close(self):
        self.socket.close()


def is_whole(data):
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


class ShuntOnDisk(Shunt):
    """Shunt"""

    def __init__(self, bench):
        super().__init__(bench, [])
        self.database = f"{bench.build}/bench-shunt.db"
        self.socket = f"{self.run_dir}/db.sock"

    def __enter__(self):
        remove(self.database)
        return super().__enter__()

    def __exit__(self, *_):
        super().__exit__()
        remove(self.database)


class OvsdbServer(Contender):
    """ovsdb-server"""

    def __init__(self, bench):
        super().__init__(bench, [])
        self.database = f"{bench.build}/bench-ovsdb.db"
        self.socket = f"{WORK}/ovsdb.sock"

    def __enter__(self):
        remove(self.database)
        run("ovsdb-tool", "create", self.database, "/usr/share/openvswitch/vswitch.ovsschema")
        self.processes.append(Process(
            *pinned(CONTENDER_CPU, "ovsdb-server", self.database, f"--remote=punix:{self.socket}",
                    f"--unixctl={WORK}/ovsdb.ctl", "--no-chdir", "-vconsole:off", "-vsyslog:off"),
            log="ovsdb-server.log"))
        eventually(lambda: os.path.exists(self.socket))
        run("ovs-vsctl", f"--db=unix:{self.socket}", "--no-wait", "add-br", "br0")
        return self

    def __exit__(self, *_):
        super().__exit__()
        remove(self.database)


def remove(path):
    for name in (path, f"{os.path.dirname(path)}/.{os.path.basename(path)}.~lock~"):
        if os.path.exists(name):
            os.unlink(name)


def transactions(bench, contender):
    """Of one client that waits for each answer, in a second."""
    client = Client(contender.socket)
    end = time.monotonic() + bench.seconds
    n = 0
    while time.monotonic() < end:
        n += 1
        client.transact(
            {"op": "update", "table": "Bridge", "where": [["name", "==", "br0"]],
             "row": {"external_ids": ["map", [["n", str(n)]]]}},
            {"op": "commit", "durable": True})
    client.close()
    return n / bench.seconds


def durable(bench):
    """small durable transactions a second / ovsdb-server on the same disk"""
    with ShuntOnDisk(bench) as shunt, OvsdbServer(bench) as ovsdb:
        values = bench.rounds(lambda contender: transactions(bench, contender), [shunt, ovsdb])
    bench.report.ratio("durable", "small durable transactions, one client", "1/s", values[shunt],
                       values[ovsdb], "ovsdb-server", 1.0, 1.5)


def add_ports(contender):
    """Rows of ports whose devices are not there."""
    client = Client(contender.socket)
    operations, ports = [], []
    for i in range(N_PORTS):
        operations += [
            {"op": "insert", "table": "Interface", "row": {"name": f"p{i}"}, "uuid-name": f"i{i}"},
            {"op": "insert", "table": "Port", "uuid-name": f"p{i}",
             "row": {"name": f"p{i}", "interfaces": ["named-uuid", f"i{i}"]}}]
        ports.append(["named-uuid", f"p{i}"])
    client.transact(*operations, {"op": "mutate", "table": "Bridge", "where": [],
                                  "mutations": [["ports", "insert", ["set", ports]]]})
    client.close()


def monitor_ms(contender):
    client = Client(contender.socket)
    begin = time.monotonic()
    reply = client.call("monitor_cond_since", [DATABASE, "bench", TABLES, ZERO])
    elapsed = (time.monotonic() - begin) * 1000
    client.close()
    if len(json.loads(reply)["result"][2]["Interface"]) < N_PORTS:
        raise RuntimeError("ports are missing")
    return elapsed


def monitor(bench):
    """start of a monitor of 1,000 ports, all columns / ovsdb-server"""
    with ShuntOnDisk(bench) as shunt, OvsdbServer(bench) as ovsdb:
        for contender in (shunt, ovsdb):
            add_ports(contender)
        time.sleep(3)  # what becomes of the ports is written
        values = bench.rounds(monitor_ms, [shunt, ovsdb])
    what = f"start of a monitor of {N_PORTS:,} ports"
    bench.report.value("monitor", what, "ms", values[shunt], 50, 50)
    bench.report.ratio("monitor", what, "ms", values[shunt], values[ovsdb], "ovsdb-server",
                       less=True)


ROWS = {"durable": durable, "monitor": monitor}
