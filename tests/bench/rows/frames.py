"""Rows of frames that come as XDP frames: one flow, all that a core can."""
from runner.contenders import (LinuxBridge, OpenVswitch, OpenVswitchAfxdp, Shunt, ShuntSkb,
                               TcRedirect, XdpRedirect)
from runner.frames import Sink, frames_pass, sink_rate
from runner.topology import Topology


def rate(bench, contender, hook, *words):
    with Topology() as topology, Sink(bench, hook) as sink, contender(bench, topology.ports):
        frames_pass(bench, sink, *words)
        return sink_rate(bench, sink, *words)


def compare(bench, row, what, hook, ours, goals):
    """goals: {peer: (must, aim)}."""
    values = bench.rounds(lambda contender: rate(bench, contender, hook), [ours, *goals])
    for peer, (must, aim) in goals.items():
        bench.report.ratio(row, what, "frames/s", values[ours], values[peer], peer.__doc__,
                           must, aim)


def xdp(bench):
    """xdp ports, XDP frames, one flow / bare XDP redirect; Linux bridge; Open vSwitch"""
    compare(bench, "xdp", "xdp ports, XDP frames, one flow", "xdp", Shunt,
            {XdpRedirect: (0.50, 0.65), LinuxBridge: (3.0, 4.0), OpenVswitchAfxdp: (3.3, 4.3),
             OpenVswitch: (None, None)})


def skb(bench):
    """skb ports, XDP frames in, one flow / Linux bridge; bare tc redirect"""
    compare(bench, "skb", "skb ports, XDP frames in, one flow", "tc", ShuntSkb,
            {LinuxBridge: (1.4, 1.7), TcRedirect: (0.75, 0.88)})


ROWS = {"xdp": xdp, "skb": skb}
