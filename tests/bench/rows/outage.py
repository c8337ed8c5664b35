"""What is lost while a daemon is killed and another one starts in its place."""
import signal
import subprocess
import time

from runner.contenders import OpenVswitchAfxdp, ShuntSkb
from runner.frames import introduce
from runner.sandbox import TOP, eventually, inside, run
from runner.topology import MACS, Topology

RATE = 10000  # frames a second, each of a flow that nobody knows


def streams(namespace, *words):
    return subprocess.Popen(inside(namespace, f"{TOP}/tests/support/streams", *words),
                            stdout=subprocess.PIPE, text=True)


def result_of(process):
    process.send_signal(signal.SIGTERM)
    return int(process.communicate()[0].split()[-1])


def taken():
    """Frames that have arrived at the sink's device."""
    return int(run(*inside("sink", "cat", "/proc/net/dev")).split("s0:")[1].split()[1])


def arrive():
    """most of the frames arrive"""
    before = taken()
    time.sleep(0.2)
    return taken() - before > RATE * 0.1


def outage_of(bench, contender):
    with Topology() as topology, contender(bench, topology.ports) as switch:
        introduce()
        introduce("gen", "g0")
        with streams("sink", "watch-new", "s0") as watcher:
            watcher.stdout.readline()
            with streams("gen", "send-new", "g0", MACS["s0"], str(RATE)) as sender:
                eventually(arrive, 20)
                time.sleep(1)
                switch.kill_and_start()
                eventually(arrive, 60)
                time.sleep(2)
                n_sent = result_of(sender)
            time.sleep(0.5)
            return (n_sent - result_of(watcher)) / RATE


def outage(bench):
    """kill -9 and a start under unknown flows, seconds lost / Open vSwitch afxdp"""
    values = bench.rounds(lambda contender: outage_of(bench, contender),
                          [ShuntSkb, OpenVswitchAfxdp])
    bench.report.ratio("outage", "lost of 10,000 new flows a second over kill -9 and start", "s",
                       values[ShuntSkb], values[OpenVswitchAfxdp], OpenVswitchAfxdp.__doc__, 0.05,
                       0.01, less=True)


ROWS = {"outage": outage}
