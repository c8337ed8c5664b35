"""Rows of controllers: how fast flows come in a bundle, and packets go to one and back."""
import socket
import struct
import subprocess
import threading
import time

from rows.install import FILE, OpenVswitchFlows, ShuntFlows, timed, write_flows
from runner.contenders import OpenVswitch, Shunt
from runner.frames import generator, introduce, Sink
from runner.sandbox import WORK, eventually, run
from runner.topology import Topology

HEADER = struct.Struct("!BBHI")
HELLO, ECHO_REQUEST, ECHO_REPLY, FEATURES_REQUEST, PACKET_IN, BUNDLE_CONTROL = 0, 2, 3, 5, 10, 33
# OpenFlow 1.0: in_port none, one action, of 8 bytes: output to port 2; then a frame of 60 bytes
PACKET_OUT = (HEADER.pack(1, 13, 24 + 60, 0) + struct.pack("!IHH", 0xffffffff, 0xffff, 8) +
              struct.pack("!HHHH", 0, 8, 2, 0) + bytes(12) + b"\x88\xb5" + bytes(46))


def socket_of(contender):
    return (f"{contender.run_dir}/br0.mgmt" if isinstance(contender, Shunt)
            else f"{contender.folder}/ovs0.mgmt")


def bundle_words(path):
    return "ovs-ofctl", "-OOpenFlow14", "--bundle", "add-flows", f"unix:{path}", FILE


def messages(data):
    """Each whole message: its type, and its bytes."""
    at = 0
    while at + HEADER.size <= len(data):
        _, kind, size, _ = HEADER.unpack_from(data, at)
        yield kind, data[at:at + size]
        at += size


def relay(source, target, taken):
    while data := source.recv(1 << 20):
        taken += data
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)


def converse(listener, contender):
    """What the next one who connects says to it; None: nobody has come."""
    try:
        ours, _ = listener.accept()
    except TimeoutError:
        return None
    said = bytearray()
    with ours, socket.socket(socket.AF_UNIX) as theirs:
        theirs.connect(socket_of(contender))
        back = threading.Thread(target=relay, args=(theirs, ours, bytearray()))
        back.start()
        relay(ours, theirs, said)
        back.join()
    return said


def record(contender):
    """What ovs-ofctl says to it in its last conversation, from the bundle on."""
    path, said = f"{WORK}/relay.sock", b""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        listener.settimeout(1)
        with subprocess.Popen(bundle_words(path), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as client:
            while client.poll() is None:
                said = converse(listener, contender) or said
    return b"".join(what for kind, what in messages(said) if kind not in (HELLO, ECHO_REPLY))


def is_committed(said):
    return any(kind == BUNDLE_CONTROL and what[12:14] == b"\0\5" for kind, what in messages(said))


def replay(contender, data):
    """Seconds that it takes for a bundle that comes as fast as it is read."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(socket_of(contender))
        sock.sendall(HEADER.pack(5, HELLO, 8, 0))
        sock.recv(4096)
        begin = time.monotonic()
        sender = threading.Thread(target=sock.sendall, args=(data,))
        sender.start()
        said = b""
        while not is_committed(said):
            said += sock.recv(4096)
        sender.join()
        return time.monotonic() - begin


def bundle(bench):
    """100,000 flows in a bundle of OpenFlow 1.4, by ovs-ofctl and by a client that has its bytes ready / Open vSwitch"""
    write_flows()
    with ShuntFlows(bench, []) as shunt, OpenVswitchFlows(bench, []) as peer:
        peer.ctl("set", "bridge", "ovs0", "protocols=OpenFlow10,OpenFlow14")
        data = record(shunt)

        def empty(contender):
            run(*contender.flow_command("del-flows"))
            time.sleep(2)

        def measure(contender):
            empty(contender)
            value = {"ready": replay(contender, data)}
            empty(contender)
            return value | {"ovs-ofctl": timed(*bundle_words(socket_of(contender)))}

        values = bench.rounds(measure, [shunt, peer])
    for what, text, must, aim in (("ready", "its bytes ready", 1 / 3, 0.25),
                                  ("ovs-ofctl", "by ovs-ofctl, that is most of it", None, None)):
        bench.report.ratio("bundle", f"100,000 flows in a bundle of OpenFlow 1.4, {text}", "s",
                           [value[what] for value in values[shunt]],
                           [value[what] for value in values[peer]], OpenVswitch.__doc__,
                           must, aim, less=True)


class Controller:
    """Answers each packet that comes with one that goes out by port 2: reads what there is, counts the packets, and
    writes as many. Listens on a Unix socket."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        self.n_packets = 0
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        sock, _ = self.listener.accept()
        sock.sendall(HEADER.pack(1, HELLO, 8, 0) + HEADER.pack(1, FEATURES_REQUEST, 8, 1))
        rest = b""
        while True:
            data = sock.recv(1 << 20)
            if not data:
                return
            rest = self.handle(sock, rest + data)

    def handle(self, sock, data):
        at, n = 0, 0
        while at + 8 <= len(data):
            _, kind, size, xid = HEADER.unpack_from(data, at)
            if at + size > len(data):
                break
            if kind == ECHO_REQUEST:
                sock.sendall(HEADER.pack(1, ECHO_REPLY, size, xid) + data[at + 8:at + size])
            n += kind == PACKET_IN
            at += size
        self.n_packets += n
        sock.sendall(PACKET_OUT * n)
        return data[at:]


def packets(bench):
    """packets that go to a controller and come back as packet-outs"""
    with Topology() as topology, Sink(bench) as sink, Shunt(bench, topology.ports) as shunt:
        path = f"{shunt.run_dir}/controller"
        controller = Controller(path)
        shunt.ctl("set-controller", "br0", f"unix:{path}", "--", "set", "Controller", "br0",
                  "controller_rate_limit=1000000", "controller_burst_limit=100000")
        eventually(lambda: "true" in shunt.ctl("get", "Controller", "br0", "is_connected"), 20)
        shunt.ofctl("add-flow", "br0", "in_port=1,actions=controller")
        introduce()
        rates = []
        for _ in range(bench.n_rounds):
            with subprocess.Popen(generator(bench, bench.seconds + 1, "rate=80000"),
                                  stdout=subprocess.DEVNULL) as process:
                time.sleep(0.5)
                count, begin = sink.read()
                time.sleep(bench.seconds)
                count_after, end = sink.read()
                process.terminate()
            rates.append((count_after - count) / (end - begin))
    bench.report.value("packets", "round trips by a controller, of 80,000 packets a second",
                       "1/s", rates, 50_000, 60_000, less=False)
    assert controller.n_packets


ROWS = {"bundle": bundle, "packets": packets}
