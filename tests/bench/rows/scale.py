"""Rows of many ports."""
import time

from rows.daemon import ports_add, ports_make, process_rss_mb
from runner.contenders import ShuntSkb
from runner.frames import Sink, frames_pass, sink_rate
from runner.sandbox import WORK, run
from runner.topology import Topology

N_PORTS = 1000


class ShuntSmall(ShuntSkb):
    """Shunt, 2 ports"""

    run_dir = f"{WORK}/small"


class ShuntLarge(ShuntSkb):
    """Shunt, 1,000 ports"""

    run_dir = f"{WORK}/large"
    bridge = "br1"


def ports_del(shunt):
    shunt.ctl("del-port", shunt.bridge, "p0", "--", "del-port", shunt.bridge, "p1")


def ports(bench):
    """1,000 skb ports on one bridge: time to add all, memory, rate against 2 ports"""
    names = [f"c{i}" for i in range(N_PORTS - 2)]
    run("ip", "netns", "add", "peers")
    ports_make(names)
    with Topology() as topology, Sink(bench, "tc") as sink, ShuntSmall(bench, []) as small, \
            ShuntLarge(bench, topology.ports) as large:
        begin = time.monotonic()
        ports_add(large, names)
        seconds = time.monotonic() - begin
        time.sleep(2)
        memory = process_rss_mb(large.pid)
        ports_del(large)

        def measure(shunt):
            ports_add(shunt, topology.ports)
            frames_pass(bench, sink)
            rate = sink_rate(bench, sink)
            ports_del(shunt)
            return rate

        values = bench.rounds(measure, [large, small])
    bench.report.value("ports", f"time to add {N_PORTS:,} skb ports", "s", [seconds], 30, 10)
    bench.report.value("ports", f"memory with {N_PORTS:,} skb ports", "MB", [memory], 250, 150)
    bench.report.ratio("ports", f"{N_PORTS:,} skb ports, XDP frames in, one flow", "frames/s",
                       values[large], values[small], "2 ports", 0.95, 1.0)


ROWS = {"ports": ports}
