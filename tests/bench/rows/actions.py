"""Rows of what the kernel does with a frame besides sending it on."""
import subprocess
import time

from runner.contenders import Shunt, ShuntSkb, XdpDrop
from runner.frames import Sink, frames_pass, generator, sink_rate
from runner.topology import Topology


class ShuntDrop(Shunt):
    """Shunt, drop rule"""

    def prepare(self):
        self.ofctl("add-flow", "br0", "priority=9,ip,actions=drop")


def received():
    with open("/sys/class/net/p0/statistics/rx_packets", encoding="utf-8") as file:
        return int(file.read())


def drop(bench):
    """a drop rule / bare XDP drop"""

    def measure(contender):
        with Topology() as topology, contender(bench, topology.ports):
            with subprocess.Popen(generator(bench, bench.seconds + 1.5),
                                  stdout=subprocess.DEVNULL) as process:
                time.sleep(0.7)
                count, begin = received(), time.monotonic()
                time.sleep(bench.seconds)
                count, elapsed = received() - count, time.monotonic() - begin
                process.terminate()
        return count / elapsed

    values = bench.rounds(measure, [ShuntDrop, XdpDrop])
    bench.report.ratio("drop", "xdp ports, drop rule", "frames/s", values[ShuntDrop],
                       values[XdpDrop], XdpDrop.__doc__, 0.50, 0.65)


class ShuntMirror(Shunt):
    """mirrored to one port"""

    def prepare(self):
        self.ctl("add-mirror", "br0", "m0", "select-src=p0", "output=p2")


class ShuntMirrorSkb(ShuntMirror, ShuntSkb):
    """skb ports, mirrored to one port"""


def mirrored_rate(bench, contender, hook):
    with Topology(third=True) as topology, Sink(bench, hook) as sink, \
            Sink(bench, hook, "extra", "x0") as copies, contender(bench, topology.ports):
        frames_pass(bench, sink)
        before, _ = copies.read()
        result = sink_rate(bench, sink)
        n_copies = copies.read()[0] - before
        if issubclass(contender, ShuntMirror) and n_copies < result * bench.seconds * 0.9:
            raise RuntimeError("copies are missing")
    return result


def mirror(bench):
    """a mirror to one port / none"""
    for ports, hook, plain, mirrored in (("xdp", "xdp", Shunt, ShuntMirror),
                                         ("skb", "tc", ShuntSkb, ShuntMirrorSkb)):
        values = bench.rounds(lambda contender: mirrored_rate(bench, contender, hook),
                              [mirrored, plain])
        bench.report.ratio("mirror", f"{ports} ports, a mirror to one port", "frames/s",
                           values[mirrored], values[plain], "none", 0.35, 0.5)


ROWS = {"drop": drop, "mirror": mirror}
