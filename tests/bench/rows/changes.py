"""The row of a change beside many cached flows."""
import json
import subprocess
import time

from rows.flows import ShuntApart
from runner.frames import Sink, frames_pass, generator
from runner.topology import Topology

N_FLOWS = 200_000
N_SENT = 205_000  # not all of them come at once
N_KERNEL = 65_536
CHANGE = "priority=5,udp,actions=drop"


def stats(shunt):
    return json.loads(shunt.ctl("--json", "cache-stats"))


def fill(bench, shunt):
    """Until the caches of both floors are as full as they get; then nothing comes any more."""
    with subprocess.Popen(generator(bench, 60, f"flows={N_SENT}", "rate=300000"),
                          stdout=subprocess.DEVNULL) as process:
        try:
            now = stats(shunt)
            while now["entries"] < N_FLOWS or now["kernel-entries"] < N_KERNEL:
                time.sleep(0.1)
                if process.poll() is not None:
                    raise RuntimeError(f"the caches do not fill: {now}")
                now = stats(shunt)
        finally:
            process.kill()
    return now


def change(bench, shunt):
    """Seconds until a change of all flows' rule is confirmed, and until nothing stale is left."""
    before = fill(bench, shunt)
    begin = time.monotonic()
    shunt.ofctl("add-flow", "br0", CHANGE)
    confirmed = time.monotonic() - begin
    while True:
        now, at = stats(shunt), time.monotonic() - begin
        if not now["kernel-stale"] and not now["entries"]:
            break
        time.sleep(0.01)
    shunt.ofctl("del-flows", "br0", "--strict", CHANGE.partition(",actions")[0])
    return {"confirmed": confirmed, "gone": at, "user": before["entries"],
            "kernel": before["kernel-entries"]}


def stale(bench):
    """a change beside 200,000 cached flows: until it is confirmed, until nothing is stale"""
    with Topology() as topology, Sink(bench) as sink, ShuntApart(bench, topology.ports) as shunt:
        frames_pass(bench, sink)
        values = bench.rounds(lambda _: change(bench, shunt), ["Shunt"])["Shunt"]
    what = (f"a change beside {min(v['user'] for v in values):,} flows in userspace and "
            f"{min(v['kernel'] for v in values):,} in the kernel")
    bench.report.value("stale", f"{what}: confirmed after", "ms",
                       [value["confirmed"] * 1000 for value in values])
    bench.report.value("stale", f"{what}: nothing stale after", "s",
                       [value["gone"] for value in values], 1, 0.7)


ROWS = {"stale": stale}
