"""What OpenFlow 1.4 and 1.5 have beside bundles."""
import struct

import frames
from wire import *

VERSION = OF14


def listen(peer):
    peer.ok(SET_CONFIG, struct.pack(">HH", 0, 0xFFFF))


def heard(peer):
    message = peer.told(PACKET_IN)
    if not message:
        raise Wrong("no PACKET_IN")
    return message.body[6]


def check_features(peer):
    can = struct.unpack(">I", peer.one(FEATURES_REQUEST, b"", FEATURES_REPLY)[16:20])[0]
    want("bundles, flow monitoring", can >> 9 & 3, 3)


def check_reasons(peer):
    """Table miss, applied, written, group, packet-out."""
    listen(peer)
    first = frames.Port("p1")
    for do, priority, reason in ((apply(output(CONTROLLER)), 0, 0), (apply(output(CONTROLLER)), 1, 1),
                                 (write(output(CONTROLLER)), 2, 3)):
        peer.ok(FLOW_MOD, flow_mod(priority=priority, do=do))
        first.send(frames.udp())
        want("reason", heard(peer), reason)
    peer.ok(GROUP_MOD, group_mod(0, 0, 1, bucket(output(CONTROLLER))))
    peer.ok(FLOW_MOD, flow_mod(priority=3, do=apply(group(1))))
    first.send(frames.udp())
    want("reason", heard(peer), 4)
    peer.ok(PACKET_OUT, packet_out(frames.udp(), output(CONTROLLER), port=1))
    want("reason", heard(peer), 5)


def properties(body):
    found = {}
    while body:
        kind, size, value = struct.unpack(">HHI", body[:8])
        want("size", size, 8)
        found[kind] = value
        body = body[8:]
    return found


def check_async(peer):
    got = properties(peer.one(GET_ASYNC_REQUEST, b"", GET_ASYNC_REPLY))
    want("kinds", sorted(got), list(range(12)))
    peer.ok(SET_ASYNC, struct.pack(">HHIHHI", 1, 8, 2, 0, 8, 1))
    got = properties(peer.one(GET_ASYNC_REQUEST, b"", GET_ASYNC_REPLY))
    want("packet-ins", (got[0], got[1]), (1, 2))
    peer.refused(SET_ASYNC, struct.pack(">HHI", 99, 8, 1), (14, 0))
    peer.refused(SET_ASYNC, struct.pack(">HHI", 1, 16, 1), (14, 1))
    peer.refused(SET_ASYNC, struct.pack(">HHI", 1, 8, 1 << 31), (15, 0))


def role(kind, generation=0):
    return struct.pack(">I4xQ", kind, generation)


def check_role_status(peer):
    other = Peer(peer.path, VERSION)
    now = struct.unpack(">Q", peer.one(ROLE_REQUEST, role(0), ROLE_REPLY)[8:])[0]
    now = 0 if now == 2**64 - 1 else now
    peer.one(ROLE_REQUEST, role(2, now), ROLE_REPLY)
    other.one(ROLE_REQUEST, role(2, now), ROLE_REPLY)
    peer.until_barrier()
    message = peer.told(ROLE_STATUS)
    want("told", message and struct.unpack(">IB3xQ", message.body[:16]), (3, 0, now))
    other.close()


def forwarding(peer, version):
    other = Peer(peer.path, version)
    listen(other)
    other.ok(SET_ASYNC, struct.pack(">HHI", 11, 8, 3))
    return other


def check_requests_forwarded(peer):
    """Who asks for it is told of groups and meters that others change, in its own version."""
    four, five, three = forwarding(peer, OF14), forwarding(peer, OF15), Peer(peer.path, OF13)
    first, second = group_mod(0, 0, 1, bucket(output(2))), meter_mod(0, 1, 7, band())
    for who in (three, peer):
        clean(peer)
        for one in (four, five):
            one.forget()
        who.ok(GROUP_MOD, first)
        who.ok(METER_MOD, second)
        who.refused(GROUP_MOD, first, (6, 0))
        for other in (four, five):
            other.until_barrier()
            inside = Message(other.told(REQUESTFORWARD).body)
            want("group mod", (inside.version, inside.kind), (other.version, GROUP_MOD))
            if other is four:
                want("group mod", inside.body, first)
            inside = Message(other.told(REQUESTFORWARD).body)
            want("meter mod", (inside.version, inside.kind, inside.body), (other.version, METER_MOD, second))
            other.told_nothing(REQUESTFORWARD)
        peer.told_nothing(REQUESTFORWARD, 0.1)
    # those of bundles, too
    four.forget()
    inside = header(5, GROUP_MOD, 8 + len(group_mod(0, 0, 9)), 4242) + group_mod(0, 0, 9)
    peer.send(BUNDLE_ADD, struct.pack(">I2xH", 1, 3) + inside, 4242)
    peer.until_barrier()
    four.told_nothing(REQUESTFORWARD, 0.1)
    peer.one(BUNDLE_CONTROL, struct.pack(">IHH", 1, 4, 3), BUNDLE_CONTROL)
    want("group", Message(four.told(REQUESTFORWARD).body).kind, GROUP_MOD)
    for other in (four, five, three):
        other.close()


def check_table_description(peer):
    data = peer.multipart(14)
    want("tables", struct.unpack(">HBxI", data[:8]), (8, 0, 0))
    peer.ok(TABLE_MOD, struct.pack(">BxxxI", 0, 1 << 2))
    want("evicts", struct.unpack(">HBxI", peer.multipart(14)[:8])[2], 4)
    peer.ok(TABLE_MOD, struct.pack(">BxxxI", 0, 0))
    peer.refused(TABLE_MOD, struct.pack(">BxxxI", 0, 1), (8, 1))
    peer.refused(TABLE_MOD, struct.pack(">BxxxIHHI", 0, 0, 77, 8, 0), (14, 0))


def check_table_features_of_later(peer):
    """Copies of fields, and types of packets, came with 1.5: be the property empty, nobody knows it."""
    first = peer.multipart(12)
    names = first[8:40]
    for kind in (17, 18, 19, 20, 21, 22, 99):
        table = struct.pack(">HB5x32sQQII", 72, 0, names, 0, 0, 0, 1) + struct.pack(">HHI", kind, 4, 0)
        peer.multipart_refused(12, table, (14, 0))


def check_ports(peer):
    data, numbers = peer.multipart(13), []
    while data:
        number, size, _, _, _, _ = struct.unpack(">IH2x6s2x16sII", data[:40])
        numbers.append(number)
        want("property", struct.unpack(">HH", data[40:44]), (0, 32))
        data = data[size:]
    want("ports", numbers, [1, 2, 3, 4, LOCAL])
    data = peer.multipart(4, struct.pack(">I4x", 2))
    want("length", struct.unpack(">H", data[:2])[0], len(data))


def check_instruction_twice(peer):
    peer.refused(FLOW_MOD, flow_mod(do=apply(output(1)) + apply(output(2))), (3, 9))


def check_importance(peer):
    peer.ok(FLOW_MOD, flow_mod(importance=77, do=apply(output(2))))
    want("importance", flows(peer)[0].importance, 77)


def check_removed_with_its_meter(peer):
    listen(peer)
    peer.ok(METER_MOD, meter_mod(0, 1, 1, band()))
    peer.ok(FLOW_MOD, flow_mod(do=meter(1) + apply(output(2)), flags=SEND_FLOW_REM))
    peer.ok(METER_MOD, meter_mod(2, 0, 1))
    want("reason", peer.told(FLOW_REMOVED).body[10], 4)


# ---- flow monitors ----

INITIAL, ADDED, REMOVED, MODIFIED, ABBREV, PAUSED, RESUMED = range(7)


def monitor(number, flags, command=0, fields=(), table=0xFF, out_port=ANY):
    return struct.pack(">IIIHBB", number, out_port, ANY, flags, table, command) + match(*fields)


def updates(body):
    found = []
    while body:
        size, event = struct.unpack(">HH", body[:4])
        found.append((event, body[:size]))
        body = body[size:]
    return found


def watched(peer, *wanted):
    """The events that were told."""
    found = []
    while len(found) < len(wanted):
        message = peer.told(MULTIPART_REPLY)
        if message is None:
            raise Wrong(f"told {found} only")
        found += [event for event, _ in updates(message.body[8:])]
    want("events", found, list(wanted))


def check_monitor(peer):
    other = Peer(peer.path, VERSION)
    peer.ok(FLOW_MOD, flow_mod(priority=5, do=apply(output(2))))
    body = other.multipart(16, monitor(1, 0x1F))
    want("at first", [event for event, _ in updates(body)], [INITIAL])
    peer.ok(FLOW_MOD, flow_mod(priority=6, do=apply(output(2))))
    peer.ok(FLOW_MOD, flow_mod(MODIFY, do=apply(output(3))))
    peer.ok(FLOW_MOD, flow_mod(DELETE))
    watched(other, ADDED, MODIFIED, MODIFIED, REMOVED, REMOVED)
    other.multipart_refused(16, monitor(1, 0x1F), (16, 1))
    other.multipart_refused(16, monitor(9, 0x1F, 2), (16, 3))
    other.multipart_refused(16, monitor(9, 0x1F, 9), (16, 4))
    other.multipart_refused(16, monitor(9, 0x8000), (16, 5))
    other.multipart_refused(16, monitor(9, 0x1F, out_port=0xFF01), (16, 7))
    want("deleted", other.multipart(16, monitor(1, 0, 2)), b"")
    peer.ok(FLOW_MOD, flow_mod(priority=6, do=apply(output(2))))
    want("then", other.told(MULTIPART_REPLY, 0.2), None)
    other.close()


def check_monitor_pauses(peer):
    """Who does not read is told PAUSED, and when it has read, what it missed, and RESUMED."""
    other, n = Peer(peer.path, VERSION), 6000
    other.multipart(16, monitor(1, 0x1F))
    known, gone = set(), flow_mod(priority=1, fields=(f("in_port", 1), f("eth_dst", 5)), do=apply(output(2)))
    for i in range(n):
        peer.send(FLOW_MOD, flow_mod(priority=i + 1, fields=(f("in_port", 1), f("eth_dst", 5)),
                                     do=apply(*[output(2)] * 8)))
    want("errors", peer.until_barrier(), [])
    peer.ok(FLOW_MOD, flow_mod(DELETE_STRICT, priority=1, fields=(f("in_port", 1), f("eth_dst", 5))))
    seen = []
    while RESUMED not in seen:
        message = other.told(MULTIPART_REPLY)
        if message is None:
            raise Wrong(f"no RESUMED; {len(known)} flows, {seen}")
        for event, entry in updates(message.body[8:]):
            priority = struct.unpack(">H", entry[10:12])[0] if len(entry) > 8 else 0
            if event in (PAUSED, RESUMED):
                seen.append(event)
            elif event == REMOVED:
                known.discard(priority)
            else:
                known.add(priority)
    want("pauses", seen[:2], [PAUSED, RESUMED])
    want("flows", known, set(range(2, n + 1)))
    peer.ok(FLOW_MOD, gone)
    watched(other, ADDED)
    other.close()
