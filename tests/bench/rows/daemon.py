"""Rows of what the daemon takes."""
import os
import subprocess
import time

from runner.contenders import ShuntSkb
from runner.sandbox import TOP, inside, run
from runner.topology import MACS, Topology


def process_rss_mb(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


def process_cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ports_make(names):
    """veth pairs whose other ends are all in the namespace `peers`, which is there."""
    lines = [f"link add {name} type veth peer name {name} netns peers\nlink set {name} up\n"
             for name in names]
    run("ip", "-batch", "-", input="".join(lines))


def ports_add(shunt, names):
    words = []
    for name in names:
        words += ["--", "add-port", shunt.bridge, name]
    shunt.ctl(*words[1:])


def idle(bench):
    """an idle switch with 64 skb ports: memory and CPU"""
    names = [f"c{i}" for i in range(64)]
    seconds = max(bench.seconds, 10)  # two turns of the statistics
    run("ip", "netns", "add", "peers")
    try:
        with Topology() as topology, ShuntSkb(bench, topology.ports) as shunt:
            ports_make(names)
            ports_add(shunt, names)
            time.sleep(2)
            before = process_cpu_seconds(shunt.pid)
            time.sleep(seconds)
            cpu = (process_cpu_seconds(shunt.pid) - before) / seconds * 100
            rss = process_rss_mb(shunt.pid)
    finally:
        run("ip", "netns", "del", "peers")
    bench.report.value("idle", "resident memory with 64 skb ports", "MB", [rss], 100, 100)
    bench.report.value("idle", "CPU of an idle switch with 64 skb ports", "% of a core", [cpu],
                       1, 1)


def start_ms(shunt):
    """From exec of switchd, its bridge in the database, to the first frame at the sink."""
    probe = subprocess.Popen(
        inside("gen", "sh", "-c", f"exec {TOP}/tests/support/frames send g0 n=20000 every=0.0005 "
               f"dst={MACS['s0']} src={MACS['g0']} data=x"), stderr=subprocess.DEVNULL)
    watch = subprocess.Popen(inside("sink", f"{TOP}/tests/support/frames", "watch", "s0"),
                             stdout=subprocess.PIPE, text=True)
    try:
        watch.stdout.readline()  # ready
        begin = time.monotonic()
        shunt.start()
        watch.stdout.readline()
        elapsed = time.monotonic() - begin
    finally:
        for process in (probe, watch):
            process.kill()
            process.wait()
    return elapsed * 1000


def start(bench):
    """start of the daemon to the first forwarded packet"""
    times = []
    with Topology() as topology:
        shunt = ShuntSkb(bench, topology.ports)
        with shunt:
            pass
        for _ in range(bench.n_rounds):
            times.append(start_ms(shunt))
            shunt.__exit__()
    bench.report.value("start", "start of the daemon to the first forwarded packet", "ms", times,
                       300, 300)


ROWS = {"idle": idle, "start": start}
