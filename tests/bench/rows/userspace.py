"""Rows of the path through the daemon: the kernel's flow cache stays empty."""
from rows.frames import rate
from runner.contenders import Forwarder, OpenVswitchAfxdp, ShuntUserspace
from runner.sandbox import CONTENDER_CPU, pinned, run


def compare(bench, row, peers, must, flows=1):
    what = "userspace path on xdp ports" + (f", {flows:,} flows" if flows > 1 else ", one flow")
    values = bench.rounds(lambda contender: rate(bench, contender, "xdp", f"flows={flows}"),
                          [ShuntUserspace, *peers])
    for peer in peers:
        bench.report.ratio(row, what, "frames/s", values[ShuntUserspace], values[peer],
                           peer.__doc__, must[peer], must[peer])


def userspace(bench):
    """--no-fast-path, xdp ports, one flow / bare AF_XDP forwarder; Open vSwitch afxdp"""
    compare(bench, "userspace", (Forwarder, OpenVswitchAfxdp),
            {Forwarder: 0.92, OpenVswitchAfxdp: 0.95})


def userspace_flows(bench):
    """--no-fast-path, xdp ports, 1,000 flows / Open vSwitch afxdp"""
    compare(bench, "userspace-flows", (OpenVswitchAfxdp,), {OpenVswitchAfxdp: 0.95}, 1000)


def path(bench):
    """parse, key, cache, execute on ports in memory"""
    wanted = {"1": 100, "100000": 200}
    program = f"{bench.build}/tests/bench/bench_forward"
    for line in run(*pinned(CONTENDER_CPU, program)).splitlines()[1:]:
        flows, nanoseconds = line.split()[:2]
        bench.report.value("path", f"{path.__doc__}, {int(flows):,} flows", "ns a packet",
                           [float(nanoseconds)], wanted.get(flows), wanted.get(flows))


ROWS = {"userspace": userspace, "userspace-flows": userspace_flows, "path": path}
