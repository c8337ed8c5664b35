"""Rows of stock containers that talk over sockets, on skb ports."""
from runner.contenders import LinuxBridge, OpenVswitchAfxdp, ShuntSkb, TcRedirect
from runner.sockets import Containers

BRIDGE, OVS = LinuxBridge, OpenVswitchAfxdp


def report(bench, row, values, what, unit, key, peer, goals, less=False):
    bench.report.ratio(row, what, unit, [value[key] for value in values[ShuntSkb]],
                       [value[key] for value in values[peer]], peer.__doc__, *goals, less=less)


def tcp(bench):
    """TCP by iperf3, 1 and 8 streams, its CPU time / Linux bridge; Open vSwitch afxdp"""

    def measure(contender):
        values = {}
        with Containers(bench, contender) as containers:
            for streams in (1, 8):
                rate, cpu = containers.tcp(2 * bench.seconds, streams)
                values[f"tcp{streams}"] = rate
                values[f"cpu{streams}"] = cpu
        return values

    values = bench.rounds(measure, [ShuntSkb, BRIDGE, OVS])
    for peer, goals in ((BRIDGE, (0.97, 1.05)), (OVS, (5, 5.5))):
        report(bench, "tcp", values, "TCP, 1 stream", "Gbit/s", "tcp1", peer, goals)
        report(bench, "tcp", values, "TCP, 8 streams", "Gbit/s", "tcp8", peer, goals)
    for streams in (1, 8):
        what = f"CPU time of TCP, {streams} stream{'s' if streams > 1 else ''}"
        report(bench, "tcp", values, what, "s/GB", f"cpu{streams}", BRIDGE, (1.0, 0.9), less=True)


def sockets(bench):
    """UDP, ping-pong, short connections over sockets / Linux bridge; Open vSwitch; bare tc redirect"""

    def measure(contender):
        with Containers(bench, contender) as containers:
            with containers.serving():
                median, slow = containers.round_trip()
                connections = containers.connections()
            return {"p50": median, "p99": slow, "connect": connections,
                    "udp": containers.udp_rate()}

    values = bench.rounds(measure, [ShuntSkb, BRIDGE, OVS, TcRedirect])
    row, what = "sockets", "skb ports, UDP from sockets"
    report(bench, row, values, what, "frames/s", "udp", BRIDGE, (1.0, 1.2))
    report(bench, row, values, "round trip, p50", "us", "p50", BRIDGE, (1.0, 0.8), less=True)
    report(bench, row, values, "round trip, p99", "us", "p99", BRIDGE, (1.1, 0.9), less=True)
    what = "connect, request, response, close"
    report(bench, row, values, what, "a second", "connect", BRIDGE, (0.9, 1.0))
    report(bench, row, values, what, "a second", "connect", OVS, (3, 5))
    # How near it is to what a forwarder can reach at all, between such containers.
    report(bench, row, values, what, "a second", "connect", TcRedirect, ())


ROWS = {"tcp": tcp, "sockets": sockets}
