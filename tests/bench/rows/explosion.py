"""The row of tuple-space explosion: packets that make caches grow masks."""
import json
import subprocess
import sys
import time

from runner.contenders import OpenVswitchAfxdp, Shunt
from runner.frames import Sink, frames_pass, generator
from runner.rounds import text_of
from runner.topology import Topology

FLOWS = "flows=20000"  # more than Open vSwitch's first cache holds
ACCESS = ("priority=300,udp,tp_dst=53,actions=NORMAL",
          "priority=200,udp,nw_src=10.0.0.1,actions=NORMAL",
          "priority=100,udp,tp_src=5353,actions=NORMAL",
          "priority=50,dl_type=0x88b5,actions=NORMAL",
          "priority=1,actions=drop")
ATTACK, CALM = ("attacks=8192",), ("attacks=1",)
SETTLE, CYCLE = 4, 12  # seconds


class ShuntAccess(Shunt):
    """Shunt"""

    def prepare(self):
        for rule in ACCESS:
            self.ofctl("add-flow", "br0", rule)

    def n_masks(self):
        return json.loads(self.ctl("--json", "cache-stats"))["masks"]


class OpenVswitchAccess(OpenVswitchAfxdp):
    """Open vSwitch afxdp"""

    def prepare(self):
        self.ofctl("del-flows", "ovs0")
        for rule in ACCESS:
            self.ofctl("add-flow", "ovs0", rule)

    def n_masks(self):
        """Of the flows that its datapath caches."""
        flows = subprocess.run(
            ["ovs-appctl", "-t", f"{self.folder}/ovs-vswitchd.{self.processes[1].pid}.ctl",
             "dpctl/dump-flows", "-m"], check=True, capture_output=True, text=True).stdout
        return len({mask_of(flow) for flow in flows.splitlines() if "eth(" in flow})


def mask_of(flow):
    """What of its match is behind a slash."""
    match = flow.split(", packets:")[0].partition("recirc_id")[2]
    return tuple(field.partition("/")[2] if "/" in field else field.partition("=")[0]
                 for field in match.replace("(", ",").replace(")", ",").split(","))


def rate_beside(bench, contender, *words):
    """Established frames a second, beside the attack; and how many masks there were."""
    with Topology() as topology, Sink(bench) as sink, contender(bench, topology.ports) as switch:
        frames_pass(bench, sink, FLOWS)
        with subprocess.Popen(generator(bench, SETTLE + CYCLE + 2, FLOWS, *words),
                              stdout=subprocess.DEVNULL) as process:
            time.sleep(SETTLE)
            count, begin = sink.read()
            time.sleep(CYCLE)
            count_after, end = sink.read()
            n_masks = switch.n_masks()
            process.kill()
    return {"rate": (count_after - count) / (end - begin), "masks": n_masks}


def explosion(bench):
    """established traffic beside 8,192 would-be masks / beside one; Open vSwitch the same"""
    contenders = (ShuntAccess, OpenVswitchAccess)
    turns = [(contender, words) for contender in contenders for words in (ATTACK, CALM)]
    values = {turn: [] for turn in turns}
    for i in range(bench.n_rounds):
        for turn in turns if i % 2 == 0 else reversed(turns):
            values[turn].append(rate_beside(bench, turn[0], *turn[1]))
            print(f"    {turn[0].__doc__} {' '.join(turn[1])}: {text_of(values[turn][-1])}",
                  file=sys.stderr, flush=True)
    for contender in contenders:
        attacked, calm = values[(contender, ATTACK)], values[(contender, CALM)]
        masks = max(value["masks"] for value in attacked)
        is_ours = contender is ShuntAccess
        bench.report.ratio(
            "explosion", f"{contender.__doc__} beside the attack, {masks:,} masks", "frames/s",
            [value["rate"] for value in attacked], [value["rate"] for value in calm],
            "beside one flow of it", *((0.95, 0.98) if is_ours else (None, None)))


ROWS = {"explosion": explosion}
