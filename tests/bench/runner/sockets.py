"""Two stock containers on one bridge that talk over sockets.

They are never real-time: they would keep the kernel's own threads from moving their packets."""
import json
import os
import subprocess
import time

from runner.frames import Sink
from runner.sandbox import (CONTENDER_CPU, GENERATOR_CPU, Process, eventually, inside, run,
                            succeeds)
from runner.topology import MACS, Topology

CLIENT, SERVER = "10.0.0.1", "10.0.0.2"


class Containers:
    """A topology with addresses, and a contender between the two."""

    def __init__(self, bench, contender):
        self.bench, self.kind = bench, contender
        self.topology = Topology()
        self.contender = contender(bench, self.topology.ports)
        self.server_cpu = GENERATOR_CPU if contender.owns_core else CONTENDER_CPU

    def __enter__(self):
        self.topology.__enter__()
        for namespace, device, address, other, peer in (
                ("gen", "g0", CLIENT, SERVER, "s0"), ("sink", "s0", SERVER, CLIENT, "g0")):
            run(*inside(namespace, "ip", "addr", "add", f"{address}/24", "dev", device))
            run(*inside(namespace, "ip", "neigh", "add", other, "lladdr", MACS[peer],
                        "dev", device))
            run(*inside(namespace, "sysctl", "-qw", "net.ipv4.ip_local_port_range=1024 65535"))
            if self.kind.needs_tx_off:
                run(*inside(namespace, "ethtool", "-K", device, "tx", "off"))
        self.contender.__enter__()
        eventually(self.ping, 20)
        return self

    def __exit__(self, *_):
        self.contender.__exit__()
        self.topology.__exit__()

    @staticmethod
    def ping():
        """the containers see each other"""
        return succeeds(*inside("gen", "ping", "-c", "2", "-i", "0.1", "-W", "1", SERVER))

    def talk(self, *words, namespace="gen", cpu=GENERATOR_CPU):
        return inside(namespace, "taskset", "-c", cpu, f"{self.bench.build}/tests/bench/talk",
                      *words)

    def udp_rate(self):
        """64-byte frames per second of one sending socket that arrive."""
        seconds = self.bench.seconds
        with Sink(self.bench, "tc") as sink:
            with subprocess.Popen(self.talk("send", SERVER, str(seconds + 0.5))) as process:
                time.sleep(0.3)
                count, begin = sink.read()
                time.sleep(seconds)
                count_after, end = sink.read()
                process.wait()
        return (count_after - count) / (end - begin)

    def round_trip(self):
        """Microseconds of a datagram there and back: median and 99th percentile."""
        words = run(*self.talk("ping", SERVER, str(self.bench.seconds))).split()
        return int(words[0]) / 1000, int(words[1]) / 1000

    def connections(self):
        """Connect, request, response, close: how often a second."""
        return float(run(*self.talk("connect", SERVER, str(self.bench.seconds))))

    def tcp(self, seconds, streams):
        """Gbit/s that arrive, and CPU seconds of the machine per gigabyte."""
        with Process(*inside("sink", "taskset", "-c", self.server_cpu, "iperf3", "-s", "-1"),
                     log="iperf3.log"):
            eventually(lambda: ":5201" in run(*inside("sink", "ss", "-ltn")))
            before = busy_seconds()
            result = json.loads(run(*inside(
                "gen", "taskset", "-c", GENERATOR_CPU, "iperf3", "-c", SERVER, "-J", "-t",
                str(max(1, round(seconds))), "-P", str(streams))))
            busy = busy_seconds() - before
        received = result["end"]["sum_received"]
        return received["bits_per_second"] / 1e9, busy / (received["bytes"] / 1e9)

    def serving(self):
        """The other side of these two, in a block."""
        return Process(*self.talk("serve", namespace="sink", cpu=self.server_cpu), log="talk.log")


def busy_seconds():
    """CPU time of the whole machine that was not idle."""
    with open("/proc/stat", encoding="utf-8") as file:
        user, nice, system, _idle, _iowait, irq, softirq = map(int, file.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
