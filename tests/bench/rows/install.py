"""Rows of flows that are installed and listed: 100,000 of them."""
import json
import os
import random
import socket
import subprocess
import time

from rows.daemon import process_rss_mb
from runner.contenders import OpenVswitch, Shunt
from runner.sandbox import CONTENDER_CPU, REALTIME, WORK, run

N_FLOWS = 100_000
FILE = f"{WORK}/flows"


class ShuntFlows(Shunt):
    """Shunt"""

    def flow_command(self, command, *words):
        return (f"{self.build}/ofctl/ofctl", f"--run-dir={self.run_dir}", command, self.bridge,
                *words)


class OpenVswitchFlows(OpenVswitch):
    """Open vSwitch"""

    def flow_command(self, command, *words):
        return ("ovs-ofctl", "--bundle", command, f"unix:{self.folder}/ovs0.mgmt", *words)


def address(rng):
    return f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}"


def match_of(rng):
    """Connections, services, networks and hosts, in these parts."""
    kind = rng.randrange(10)
    if kind < 4:
        return (f"tcp,nw_src={address(rng)},nw_dst={address(rng)},"
                f"tp_dst={rng.randrange(1, 65536)}")
    if kind < 6:
        return f"udp,nw_dst={address(rng)},tp_dst={rng.randrange(1, 65536)}"
    if kind < 8:
        return f"ip,nw_src={address(rng).rpartition('.')[0]}.0/24,nw_dst={address(rng)}"
    mac = ":".join(f"{rng.randrange(256):02x}" for _ in range(4))
    return f"dl_vlan={rng.randrange(4095)},dl_dst=02:00:{mac}"


ACTIONS = ("output:1", "output:2", "drop", "mod_dl_dst:02:00:00:00:00:09,output:2")


def some_flows(n):
    rng = random.Random(3)
    matches = {}
    while len(matches) < n:
        matches[match_of(rng)] = rng.choice((100, 200, 300, 1000))
    return [f"priority={priority},{match},actions={rng.choice(ACTIONS)}"
            for match, priority in matches.items()]


def write_flows():
    with open(FILE, "w", encoding="utf-8") as file:
        file.write("\n".join(some_flows(N_FLOWS)) + "\n")


def timed(*words):
    begin = time.monotonic()
    subprocess.run([*REALTIME, *words], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE)
    return time.monotonic() - begin


def turn(contender):
    """Seconds to add all flows to none, and to list them; then there are none again."""
    run(*contender.flow_command("del-flows"))
    time.sleep(2)  # what deletion leaves to do, for both
    added = timed(*contender.flow_command("add-flows", FILE))
    time.sleep(2)
    return {"add": added, "dump": timed(*contender.flow_command("dump-flows"))}


def install(bench):
    """100,000 flows by add-flows, dump-flows; memory / Open vSwitch with --bundle"""
    write_flows()
    with ShuntFlows(bench, []) as shunt, OpenVswitchFlows(bench, []) as peer:
        pids = {shunt: shunt.processes[0].pid, peer: peer.processes[1].pid}
        empty = {contender: process_rss_mb(pid) for contender, pid in pids.items()}
        full = {}

        def measure(contender):
            values = turn(contender)
            full.setdefault(contender, process_rss_mb(pids[contender]))
            return values

        values = bench.rounds(measure, [shunt, peer])
    for what, text, must, aim in (("add", "add-flows of 100,000 flows", 1 / 3, 0.25),
                                  ("dump", "dump-flows of 100,000 flows", None, None)):
        bench.report.ratio("install", text, "s", [value[what] for value in values[shunt]],
                           [value[what] for value in values[peer]], "ovs-ofctl --bundle",
                           must, aim, less=True)
    each = {contender: (full[contender] - empty[contender]) * (1 << 20) / N_FLOWS
            for contender in pids}
    bench.report.ratio("install", "memory for 100,000 flows", "bytes a flow", [each[shunt]],
                       [each[peer]], peer.__doc__, less=True)


def calls(sock, requests):
    """Sends each request when the one before is answered. Requests a second."""
    begin = time.monotonic()
    for request in requests:
        sock.sendall(request)
        if b'"error":null' not in sock.recv(4096):
            raise RuntimeError(f"refused: {request}")
    return len(requests) / (time.monotonic() - begin)


def single(bench):
    """flows one at a time over one connection, each confirmed before the next"""
    # On the daemon's core: in a virtual machine, waking the other one is most of the time.
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {int(CONTENDER_CPU)})
    try:
        rates = single_rates(bench)
    finally:
        os.sched_setaffinity(0, everywhere)
    bench.report.value("single", single.__doc__, "flows/s", rates, 20_000, 25_000, less=False)


def single_rates(bench):
    requests = [json.dumps({"method": "flow-mod", "id": i,
                            "params": [{"bridge": "br0", "flows": flow}]}).encode()
                for i, flow in enumerate(some_flows(20_000))]
    rates = []
    with ShuntFlows(bench, []) as shunt, socket.socket(socket.AF_UNIX) as sock:
        sock.connect(f"{shunt.run_dir}/db.sock")
        for _ in range(bench.n_rounds):
            rates.append(calls(sock, requests))
            shunt.ofctl("del-flows", "br0")
            time.sleep(1)
    return rates


ROWS = {"install": install, "single": single}
