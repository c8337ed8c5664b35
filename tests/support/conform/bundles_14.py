"""Bundles: OpenFlow 1.4.1 section 7.3.9, and what goes into them."""
import struct

import frames
from instructions_13 import Wires
from wire import *

VERSION = OF14
OPEN, OPENED, CLOSE, CLOSED, COMMIT, COMMITTED, DISCARD, DISCARDED = range(8)
ATOMIC, ORDERED = 1, 2


def control(number, kind, flags=ATOMIC | ORDERED):
    return struct.pack(">IHH", number, kind, flags)


def says(peer, number, kind, flags=ATOMIC | ORDERED):
    body = peer.one(BUNDLE_CONTROL, control(number, kind, flags), BUNDLE_CONTROL)
    want("reply", body, control(number, kind + 1, flags))


def refused(peer, code, number, kind, flags=ATOMIC | ORDERED):
    peer.refused(BUNDLE_CONTROL, control(number, kind, flags), (17, code))


def adding(peer, number, kind, body, xid, flags=ATOMIC | ORDERED, version=None, inner_xid=None):
    inside = header(version or peer.version, kind, 8 + len(body), xid if inner_xid is None else inner_xid) + body
    return peer.send(BUNDLE_ADD, struct.pack(">I2xH", number, flags) + inside, xid)


def add(peer, number, kind, body, flags=ATOMIC | ORDERED):
    peer.xid += 1
    adding(peer, number, kind, body, peer.xid, flags)
    want("answers", peer.until_barrier(), [])


def add_refused(peer, code, number, kind, body, **more):
    peer.xid += 1
    request = adding(peer, number, kind, body, peer.xid, **more)
    peer.is_error(request, peer.until_barrier(), code)


def check_life(peer):
    says(peer, 1, OPEN)
    add(peer, 1, FLOW_MOD, flow_mod(do=apply(output(2))))
    want("flows before", flows(peer), [])
    says(peer, 1, CLOSE)
    want("flows before", flows(peer), [])
    says(peer, 1, COMMIT)
    want("flows", len(flows(peer)), 1)
    # its number is free again
    says(peer, 1, OPEN)
    says(peer, 1, DISCARD)


def check_commit_of_an_open_one(peer):
    says(peer, 1, OPEN)
    add(peer, 1, FLOW_MOD, flow_mod(do=apply(output(2))))
    says(peer, 1, COMMIT)
    want("flows", len(flows(peer)), 1)


def check_discard(peer):
    says(peer, 1, OPEN)
    add(peer, 1, FLOW_MOD, flow_mod(do=apply(output(2))))
    says(peer, 1, DISCARD)
    want("flows", flows(peer), [])
    refused(peer, 2, 1, COMMIT)


def check_empty(peer):
    says(peer, 1, OPEN)
    says(peer, 1, COMMIT)


def check_bad_id(peer):
    for kind in (CLOSE, COMMIT, DISCARD):
        refused(peer, 2, 77, kind)
    says(peer, 1, OPEN)
    refused(peer, 3, 1, OPEN)
    says(peer, 1, CLOSE)
    refused(peer, 3, 1, OPEN)
    refused(peer, 4, 1, CLOSE)
    add_refused(peer, (17, 4), 1, FLOW_MOD, flow_mod())


def check_bad_type(peer):
    for kind in (OPENED, CLOSED, COMMITTED, DISCARDED, 8, 0xFFFF):
        refused(peer, 6, 1, kind)


def check_bad_flags(peer):
    refused(peer, 7, 1, OPEN, 4)
    says(peer, 1, OPEN, ATOMIC)
    add_refused(peer, (17, 7), 1, FLOW_MOD, flow_mod(), flags=ORDERED)
    refused(peer, 7, 1, CLOSE, ORDERED)
    refused(peer, 7, 1, COMMIT, ORDERED)


def check_bad_message(peer):
    says(peer, 1, OPEN)
    add_refused(peer, (17, 9), 1, FLOW_MOD, flow_mod(), inner_xid=9999)
    for kind in (HELLO, ECHO_REQUEST, FEATURES_REQUEST, BARRIER_REQUEST, BUNDLE_CONTROL):
        add_refused(peer, (17, 10), 1, kind, control(1, 0) if kind == BUNDLE_CONTROL else b"")
    peer.refused(BUNDLE_ADD, struct.pack(">I2xH", 1, 3) + bytes(4), (17, 8), (1, 6))
    peer.refused(BUNDLE_ADD, struct.pack(">I2xHBBHI", 1, 3, 5, FLOW_MOD, 400, peer.xid + 1), (17, 8), (1, 6))
    add_refused(peer, (5, 6), 1, FLOW_MOD, flow_mod(command=9))
    add_refused(peer, (2, 4), 1, FLOW_MOD, flow_mod(do=apply(output(ANY))))
    # who was refused is not in it
    says(peer, 1, COMMIT)


def fails(peer, number, code):
    """Of a commit: an error of the message that is to blame, and then MSG_FAILED."""
    request = peer.send(BUNDLE_CONTROL, control(number, COMMIT))
    answers = peer.until_barrier()
    if len(answers) == 2:
        want("whose fault", answers[0].error(), code)
        answers = answers[1:]
    peer.is_error(request, answers, (17, 13))
    refused(peer, 2, number, COMMIT)


def check_all_or_nothing(peer):
    says(peer, 1, OPEN)
    add(peer, 1, FLOW_MOD, flow_mod(fields=(f("in_port", 1),), do=apply(output(2))))
    add(peer, 1, GROUP_MOD, group_mod(0, 0, 1))
    add(peer, 1, METER_MOD, meter_mod(0, 1, 1, band()))
    add(peer, 1, FLOW_MOD, flow_mod(do=apply(group(4711))))
    fails(peer, 1, (2, 9))
    want("flows", flows(peer), [])
    want("groups", peer.multipart(7), b"")
    want("meters", peer.multipart(10, struct.pack(">I4x", 0xFFFFFFFF)), b"")


def check_groups_and_meters(peer):
    """What comes first in the bundle is there for what follows."""
    says(peer, 1, OPEN)
    add(peer, 1, METER_MOD, meter_mod(0, 1, 1, band(rate=100000)))
    add(peer, 1, GROUP_MOD, group_mod(0, 0, 1, bucket(output(2))))
    add(peer, 1, FLOW_MOD, flow_mod(do=meter(1) + apply(group(1))))
    says(peer, 1, COMMIT)
    Wires(peer).sends(frames.udp(), p2=frames.udp())
    says(peer, 1, OPEN)
    add(peer, 1, METER_MOD, meter_mod(1, 1, 1, band(rate=7)))
    add(peer, 1, GROUP_MOD, group_mod(2, 0, 1))
    says(peer, 1, COMMIT)
    want("flows", flows(peer), [])
    want("rate", struct.unpack(">I", peer.multipart(10, struct.pack(">I4x", 1))[12:16])[0], 7)
    says(peer, 1, OPEN)
    add(peer, 1, METER_MOD, meter_mod(2, 0, 1))
    says(peer, 1, COMMIT)
    want("meters", peer.multipart(10, struct.pack(">I4x", 0xFFFFFFFF)), b"")


def meters(peer):
    data, found = peer.multipart(10, struct.pack(">I4x", 0xFFFFFFFF)), []
    while data:
        size, _, number = struct.unpack(">HHI", data[:8])
        found.append(number)
        data = data[size:]
    return found


def check_meter_that_goes(peer):
    """What comes before its deletion goes with it; what comes behind cannot say it, and then all of it fails."""
    for number in 1, 2:
        peer.ok(METER_MOD, meter_mod(0, 1, number, band()))
    for which in 1, 0xFFFFFFFF:
        says(peer, 1, OPEN)
        add(peer, 1, METER_MOD, meter_mod(2, 0, which))
        add(peer, 1, FLOW_MOD, flow_mod(do=meter(1) + apply(output(2))))
        fails(peer, 1, (12, 2))
        want("flows", flows(peer), [])
        want("meters", meters(peer), [1, 2])
    says(peer, 1, OPEN)
    add(peer, 1, FLOW_MOD, flow_mod(priority=1, do=meter(1) + apply(output(2))))
    add(peer, 1, METER_MOD, meter_mod(2, 0, 1))
    add(peer, 1, FLOW_MOD, flow_mod(priority=2, do=meter(2) + apply(output(2))))
    add_refused(peer, (17, 11), 1, METER_MOD, meter_mod(0, 1, 1, band()))
    says(peer, 1, COMMIT)
    want("flows", [flow.priority for flow in flows(peer)], [2])
    want("meters", meters(peer), [2])


def ports(peer):
    data, found = peer.multipart(13), {}
    while data:
        number, size = struct.unpack(">IH", data[:6])
        found[number] = data[:size]
        data = data[size:]
    return found


def port_mod(port, address, config=0, mask=0):
    return struct.pack(">I4x6s2xII", port, address, config, mask)


def check_ports(peer):
    address = ports(peer)[2][8:14]
    says(peer, 1, OPEN)
    add(peer, 1, PORT_MOD, port_mod(2, address, 1 << 5, 1 << 5))
    add(peer, 1, FLOW_MOD, flow_mod(do=apply(output(2), output(3))))
    try:
        says(peer, 1, COMMIT)
        want("config", struct.unpack(">I", ports(peer)[2][32:36])[0], 1 << 5)
        Wires(peer).sends(frames.udp(), p3=frames.udp())
        # undone with what follows
        says(peer, 1, OPEN)
        add(peer, 1, PORT_MOD, port_mod(2, address, 0, 1 << 5))
        add(peer, 1, FLOW_MOD, flow_mod(do=apply(group(4711))))
        fails(peer, 1, (2, 9))
        want("config", struct.unpack(">I", ports(peer)[2][32:36])[0], 1 << 5)
        says(peer, 1, OPEN)
        add(peer, 1, FLOW_MOD, flow_mod(priority=77, do=apply(output(2))))
        add(peer, 1, PORT_MOD, port_mod(4711, address))
        fails(peer, 1, (7, 0))
        says(peer, 1, OPEN)
        add(peer, 1, PORT_MOD, port_mod(2, b"\2abcde"))
        fails(peer, 1, (7, 1))
        want("flows", len(flows(peer)), 1)
    finally:
        peer.ok(PORT_MOD, port_mod(2, address, 0, 1 << 5))


def check_packets(peer):
    """They are sent when the flows of the bundle hold."""
    wires = Wires(peer)
    says(peer, 1, OPEN)
    add(peer, 1, FLOW_MOD, flow_mod(do=apply(output(3))))
    add(peer, 1, PACKET_OUT, packet_out(frames.udp(), output(TABLE), port=1))
    add(peer, 1, PACKET_OUT, packet_out(frames.udp(), output(2), port=1))
    want("not yet", wires.port[3].take(0.1), None)
    says(peer, 1, COMMIT)
    want("by the new flow", wires.port[3].take(), frames.udp())
    want("by port 2", wires.port[2].take(), frames.udp())
    says(peer, 1, OPEN)
    add(peer, 1, PACKET_OUT, packet_out(frames.udp(), output(2), port=1))
    add(peer, 1, FLOW_MOD, flow_mod(do=apply(group(4711))))
    fails(peer, 1, (2, 9))
    want("of a bundle that failed", wires.port[2].take(0.2), None)
    says(peer, 1, OPEN)
    add(peer, 1, PACKET_OUT, packet_out(frames.udp(), group(4711), port=1))
    fails(peer, 1, (2, 9))


def check_opened_by_its_first_message(peer):
    add(peer, 9, FLOW_MOD, flow_mod(do=apply(output(2))))
    says(peer, 9, COMMIT)
    want("flows", len(flows(peer)), 1)


def check_two_at_a_time(peer):
    other = Peer(peer.path, VERSION)
    says(peer, 1, OPEN), says(peer, 2, OPEN), says(other, 1, OPEN)
    add(peer, 1, FLOW_MOD, flow_mod(priority=1, do=apply(output(2))))
    add(peer, 2, FLOW_MOD, flow_mod(priority=2, do=apply(output(2))))
    add(other, 1, FLOW_MOD, flow_mod(priority=3, do=apply(output(2))))
    says(peer, 2, COMMIT)
    want("flows", [flow.priority for flow in flows(peer)], [2])
    says(other, 1, COMMIT)
    says(peer, 1, DISCARD)
    want("flows", [flow.priority for flow in flows(peer)], [2, 3])
    other.close()


def check_ends_with_its_connection(peer):
    other = Peer(peer.path, VERSION)
    says(other, 1, OPEN)
    add(other, 1, FLOW_MOD, flow_mod(do=apply(output(2))))
    other.close()
    want("flows", flows(peer), [])
    refused(peer, 2, 1, COMMIT)
