"""Rows of controllers: how fast flows come in a bundle, and packets go to one and back."""
import socket
import struct
import subprocess
import threading
import time

from rows.install import FILE, OpenVswitchFlows, ShuntFlows, timed, write_flows
from runner.contenders import OpenVswitch, Shunt
from runner.frames import generator, introduce, Sink
from runner.sandbox import WORK, Process, eventually, run
from runner.topology import Topology

HEADER = struct.Struct("!BBHI")
HELLO, ECHO_REPLY, BUNDLE_CONTROL = 0, 3, 33


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


def packets(bench):
    """packets that go to a controller and come back as packet-outs"""
    path = f"{Shunt.run_dir}/controller"
    with Topology() as topology, Sink(bench) as sink, \
            Shunt(bench, topology.ports) as shunt, \
            Process(f"{bench.build}/tests/bench/controller", path, "2", log="controller.log"):
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


ROWS = {"bundle": bundle, "packets": packets}
