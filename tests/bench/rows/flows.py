"""Rows of many flows, many masks, and new flows."""
import json
import statistics
import subprocess
import time

from runner.contenders import OpenVswitchAfxdp, Shunt, XdpFlows, XdpLines
from runner.frames import Sink, frames_pass, generator, introduce, sink_rate
from runner.sandbox import eventually
from runner.topology import MACS, Topology

# Both ports are read: each pair of them is a flow of its own, in whatever cache.
APART = ("priority=1,udp,actions=move:NXM_OF_UDP_SRC[]->NXM_NX_REG0[0..15],"
         "move:NXM_OF_UDP_DST[]->NXM_NX_REG0[16..31],NORMAL")
NEVER_AGAIN = f"flows={1 << 30}"


class ShuntApart(Shunt):
    """Shunt"""

    def prepare(self):
        self.ofctl("add-flow", "br0", APART)


class ShuntRoomy(ShuntApart):
    """Shunt with room for a million flows"""

    arguments = ("--kernel-flows", str(1 << 20))


class OpenVswitchApart(OpenVswitchAfxdp):
    """Open vSwitch afxdp"""

    def prepare(self):
        self.ofctl("add-flow", "ovs0", APART)


def kernel_entries(shunt):
    return json.loads(shunt.ctl("--json", "cache-stats"))["kernel-entries"]


def fill(bench, shunt, n_flows):
    """Sends until the kernel's cache has nearly all of them, or gets no more."""
    before, since = -1, time.monotonic()
    with subprocess.Popen(generator(bench, 60, f"flows={n_flows}"),
                          stdout=subprocess.DEVNULL) as process:
        while time.monotonic() < since + 3:
            now = kernel_entries(shunt)
            if now >= 0.99 * n_flows:
                break
            if now > before:
                before, since = now, time.monotonic()
            time.sleep(0.2)
        process.terminate()


def flows(bench):
    """10,000, 100,000 and 1,000,000 flows / one"""
    goals = {10_000: (0.90, 0.95), 100_000: (0.70, 0.80), 1_000_000: (0.45, 0.60)}

    def measure(n_flows):
        # A switch of its own for each: one that has just forgotten a million flows is no measure.
        with Topology() as topology, Sink(bench) as sink, \
                ShuntRoomy(bench, topology.ports) as shunt:
            frames_pass(bench, sink)
            fill(bench, shunt, int(n_flows))
            return sink_rate(bench, sink, f"flows={n_flows}", settle=0.3)

    values = bench.rounds(measure, ["1", *map(str, goals)])
    for n_flows, goal in goals.items():
        bench.report.ratio("flows", f"xdp ports, {n_flows:,} flows", "frames/s",
                           values[str(n_flows)], values["1"], "one flow", *goal)


def flows_bare(bench):
    """the same of bare redirects: by a hash table of the kernel's; with a line for each flow"""
    numbers = ["10000", "100000", "1000000"]
    for contender in (XdpFlows, XdpLines):

        def measure(n_flows, contender=contender):
            with Topology() as topology, Sink(bench) as sink, contender(bench, topology.ports):
                frames_pass(bench, sink)
                subprocess.run(generator(bench, 3, f"flows={n_flows}"), check=False,
                               stdout=subprocess.DEVNULL)
                return sink_rate(bench, sink, f"flows={n_flows}", settle=0.3)

        values = bench.rounds(measure, ["1", *numbers])
        for n_flows in numbers:
            bench.report.ratio("flows-bare", f"{contender.__doc__}, {int(n_flows):,} flows",
                               "frames/s", values[n_flows], values["1"], "one flow")


# A rule for each class of packets that no frame matches, and that reads what no other one reads.
MASKS = ["dl_type=0x88b5,dl_src=2:0:0:0:0:99",
         "arp,arp_tpa=1.1.1.1", "dl_type=0x8847,dl_vlan=7,dl_vlan_pcp=3",
         "ip,nw_proto=47,nw_dst=1.1.1.1", "tcp,tp_dst=1", "udp,tp_src=1", "sctp,tp_src=1,tp_dst=1",
         "icmp,icmp_type=1,nw_tos=4",
         "ipv6,nw_proto=47,ipv6_dst=::9", "tcp6,tp_dst=1,ipv6_src=::9",
         "udp6,tp_src=1,ipv6_dst=::9",
         "sctp6,tp_src=1,tp_dst=1,ipv6_label=3", "icmp6,icmp_type=1,ipv6_label=3"]


class ShuntMasks(Shunt):
    """each class under a mask of its own"""

    def prepare(self):
        for i, rule in enumerate(MASKS):
            self.ofctl("add-flow", "br0", f"priority={10 + i},{rule},actions=drop")


class ShuntOneMask(Shunt):
    """all under one mask"""


def masks(bench):
    """frames of all 13 classes of packets, a mask for each / one mask"""

    def measure(contender):
        with Topology() as topology, Sink(bench) as sink, \
                contender(bench, topology.ports) as shunt:
            introduce()
            frames_pass(bench, sink, "patterns=1")
            fill(bench, shunt, 1)
            return {"rate": sink_rate(bench, sink, "patterns=1"),
                    "masks": json.loads(shunt.ctl("--json", "cache-stats"))["masks"]}

    values = bench.rounds(measure, [ShuntMasks, ShuntOneMask])
    n_masks = min(value["masks"] for value in values[ShuntMasks])
    bench.report.ratio("masks", f"xdp ports, 13 classes of packets, {n_masks} masks", "frames/s",
                       [value["rate"] for value in values[ShuntMasks]],
                       [value["rate"] for value in values[ShuntOneMask]], "one mask", 0.6, 0.8)


def new(bench):
    """flows of one packet each / Open vSwitch afxdp"""

    def measure(contender):
        with Topology() as topology, Sink(bench) as sink, contender(bench, topology.ports):
            frames_pass(bench, sink)
            return sink_rate(bench, sink, NEVER_AGAIN)

    values = bench.rounds(measure, [ShuntApart, OpenVswitchApart])
    bench.report.ratio("new", "new flows of one packet each", "flows/s", values[ShuntApart],
                       values[OpenVswitchApart], OpenVswitchApart.__doc__, 2, 5)


def lost(bench, sink, half):
    """Per cent of an established flow's frames that get lost beside new flows at another port."""
    seconds = max(2, 2 * bench.seconds)
    with subprocess.Popen(
            generator(bench, seconds + 1, NEVER_AGAIN, "rate=50000", f"dst={MACS['g0']}",
                      f"src={MACS['x0']}", namespace="extra", device="x0"),
            stdout=subprocess.PIPE, text=True) as stranger:
        time.sleep(0.5)
        before, _ = sink.read()
        with subprocess.Popen(generator(bench, seconds, f"rate={half}"), stdout=subprocess.PIPE,
                              text=True) as known:
            n_sent = int(known.communicate()[0])
        time.sleep(0.2)
        n_received = sink.read()[0] - before
        n_new = int(stranger.communicate()[0]) / (seconds + 1)
    return {"lost": (n_sent - n_received) / n_sent * 100, "rate": n_sent / seconds, "new": n_new}


def loss(bench):
    """loss of an established flow at half load beside 50,000 new flows/s at another port"""
    with Topology(third=True) as topology, Sink(bench) as sink, \
            Sink(bench, "xdp", "gen", "g0") as other, ShuntApart(bench, topology.ports):
        frames_pass(bench, sink)
        half = statistics.median(sink_rate(bench, sink) for _ in range(3)) / 2
        eventually(lambda: not introduce("gen", "g0"))
        before, _ = other.read()
        name = "at half load"
        values = bench.rounds(lambda _: lost(bench, sink, int(half)), [name])[name]
        n_new = other.read()[0] - before
    if not n_new:
        raise RuntimeError("no new flow arrived")
    rate = statistics.median(value["rate"] for value in values)
    what = f"loss at half load ({rate:,.0f} frames/s) beside 50,000 new flows/s"
    bench.report.value("loss", what, "%", [value["lost"] for value in values], 0.1, 0)


ROWS = {"flows": flows, "flows-bare": flows_bare, "masks": masks, "new": new, "loss": loss}
