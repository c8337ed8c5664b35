"""The devices between which a contender forwards."""
import subprocess

from runner.sandbox import inside, run

MACS = {"g0": "02:00:00:00:00:01", "s0": "02:00:00:00:00:02", "x0": "02:00:00:00:00:03"}


class Topology:
    """gen g0 ---- p0 [ contender ] p1 ---- s0 sink

    and with `third`, extra x0 ---- p2. Each of gen, sink and extra is a namespace.
    """

    sides = (("gen", "g0", "p0"), ("sink", "s0", "p1"), ("extra", "x0", "p2"))

    def __init__(self, third=False):
        self.sides = Topology.sides if third else Topology.sides[:2]
        self.ports = [port for _, _, port in self.sides]

    def __enter__(self):
        for namespace, device, port in self.sides:
            run("ip", "netns", "add", namespace)
            run("ip", "link", "add", port, "type", "veth", "peer", "name", device,
                "address", MACS[device], "netns", namespace)
            run(*inside(namespace, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"))
            run(*inside(namespace, "ip", "link", "set", device, "up"))
            run(*inside(namespace, "ip", "link", "set", "lo", "up"))
            run("sysctl", "-qw", f"net.ipv6.conf.{port}.disable_ipv6=1")
            run("ip", "link", "set", port, "up")
            # So that it takes XDP frames where no program sits; noticed only when it is up.
            run("ethtool", "-K", port, "gro", "on")
        return self

    def __exit__(self, *_):
        for namespace, _, port in self.sides:
            run("ip", "netns", "del", namespace)
            subprocess.run(["ip", "link", "del", port], capture_output=True, check=False)
