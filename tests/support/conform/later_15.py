"""What OpenFlow 1.5 says in other words."""
import struct

import frames
from wire import *

VERSION = OF15


def out(data, *actions, port=CONTROLLER, fields=()):
    todo = b"".join(actions)
    return struct.pack(">IH2x", NO_BUFFER, len(todo)) + match(f("in_port", port), *fields) + todo + data


def bucket_15(number, *actions):
    todo = b"".join(actions)
    return struct.pack(">HHI", 8 + len(todo), len(todo), number) + todo


def group_15(command, kind, number, *buckets, place=0xFFFFFFFF):
    data = b"".join(buckets)
    return struct.pack(">HBxIH2xI", command, kind, number, len(data), place) + data


def check_packet_out(peer):
    second = frames.Port("p2")
    peer.ok(PACKET_OUT, out(frames.udp(), output(2)))
    want("port 2", second.take(), frames.udp())
    peer.refused(PACKET_OUT, struct.pack(">IH2x", NO_BUFFER, 0) + match() + frames.udp(), (1, 11))


def check_packet_out_with_fields(peer):
    """What is beside a packet may be said of it, what is in it not."""
    second, third = frames.Port("p2"), frames.Port("p3")
    peer.ok(FLOW_MOD, flow_mod(fields=(f("metadata", 7),), do=apply(output(2))))
    peer.ok(FLOW_MOD, flow_mod(fields=(f("tunnel_id", 9),), do=apply(output(3))))
    peer.ok(PACKET_OUT, out(frames.udp(), output(TABLE), fields=(f("metadata", 7),)))
    want("port 2", second.take(), frames.udp())
    peer.ok(PACKET_OUT, out(frames.udp(), output(TABLE), fields=(f("tunnel_id", 9),)))
    want("port 3", third.take(), frames.udp())
    for fields in (f("eth_dst", 5),), (f("eth_type", 0x800),):
        peer.refused(PACKET_OUT, out(frames.udp(), output(2), fields=fields), (1, 17))


def check_buckets(peer):
    peer.ok(GROUP_MOD, group_15(0, 0, 1, bucket_15(1, output(2)), bucket_15(2, output(3))))
    peer.refused(GROUP_MOD, group_15(3, 0, 1, bucket_15(2, output(4))), (6, 12), (6, 16))
    peer.ok(GROUP_MOD, group_15(3, 0, 1, bucket_15(3, output(4)), place=0xFFFFFFFD))
    data = peer.multipart(7, struct.pack(">I4x", 1))
    numbers, rest = [], data[16:]
    while rest:
        size, _, number = struct.unpack(">HHI", rest[:8])
        numbers.append(number)
        rest = rest[size:]
    want("buckets", numbers, [3, 1, 2])
    peer.refused(GROUP_MOD, group_15(5, 0, 1, place=77), (6, 15))
    peer.ok(GROUP_MOD, group_15(5, 0, 1, place=1))
    peer.refused(GROUP_MOD, group_15(3, 0, 77, bucket_15(3, output(4)), place=0xFFFFFFFD), (6, 8))


def check_set_field_with_mask(peer):
    first, second = frames.Port("p1"), frames.Port("p2")
    peer.ok(FLOW_MOD, flow_mod(do=apply(set_field(f("eth_dst", 5, 0xFF)), output(2))))
    first.send(frames.udp())
    want("frame", second.take(), frames.udp(dst=frames.B[:5] + b"\5"))
    peer.refused(FLOW_MOD, flow_mod(do=apply(set_field(f("vlan_vid", 0x1000)))), (2, 10))


def check_copy_field(peer):
    first, second = frames.Port("p1"), frames.Port("p2")
    copy = action(28, struct.pack(">HHH2x", 48, 0, 0) + f("eth_src", 0)[:4] + f("eth_dst", 0)[:4] + bytes(4))
    peer.ok(FLOW_MOD, flow_mod(do=apply(copy, output(2))))
    first.send(frames.udp())
    want("frame", second.take(), frames.udp(dst=frames.A))


def check_meter_action(peer):
    peer.refused(FLOW_MOD, flow_mod(do=apply(action(29, struct.pack(">I", 77)))), (2, 17))
    peer.ok(METER_MOD, meter_mod(0, 1, 1, band()))
    peer.ok(FLOW_MOD, flow_mod(do=apply(action(29, struct.pack(">I", 1)), output(2))))


def check_instructions(peer):
    peer.refused(FLOW_MOD, flow_mod(do=instruction(7, bytes(4))), (3, 1), (3, 7))
    peer.refused(FLOW_MOD, flow_mod(do=meter(1)), (3, 0), (3, 1))


def check_flow_description_and_statistics(peer):
    peer.ok(FLOW_MOD, flow_mod(priority=7, cookie=9, importance=3, do=apply(output(2))))
    data = peer.multipart(1, flow_request())
    size, table, priority, idle, hard, flags, importance, cookie = struct.unpack(">H2xBxHHHHHQ", data[:24])
    want("flow", (size, table, priority, idle, hard, flags, importance, cookie), (len(data), 0, 7, 0, 0, 0, 3, 9))
    data = peer.multipart(17, flow_request())
    want("flow", struct.unpack(">H2xBBH", data[:8]), (len(data), 0, 0, 7))


def check_table_features(peer):
    data = peer.multipart(12)
    want("an ingress table", struct.unpack(">HBBI", data[:8])[1:], (0, 0, 1))


def check_table_features_of_some(peer):
    """Commands: to replace all, to modify some, to enable and to disable."""
    def table(number, command, name=b"", most=1000, flags=0, properties=b""):
        return struct.pack(">HBBI32sQQII", 64 + len(properties), number, command, flags, name, 0, 0, 0,
                           most) + properties

    peer.multipart(12, table(3, 1, b"third"))
    want("name", peer.multipart(12).count(b"third"), 1)
    peer.multipart_refused(12, table(3, 0, b"other"), (13, 5))
    peer.multipart_refused(12, table(3, 3, b"other"), (13, 5))
    peer.multipart_refused(12, table(3, 1, b"other") + table(4, 1, b"more", 0xFFFFFFFF), (13, 7))
    # tables are for ingress alone
    peer.multipart_refused(12, table(3, 1, b"other", flags=2), (13, 8))
    peer.multipart_refused(12, table(3, 1, b"other", flags=0x11), (13, 8))
    peer.multipart_refused(12, table(3, 4, b"other"), (13, 9))
    peer.multipart_refused(12, table(3, 1, b"other") + table(4, 2), (13, 9))
    for kind in 9, 11, 17, 23:
        peer.multipart_refused(12, table(3, 1, b"other", properties=struct.pack(">HH4x", kind, 4)), (14, 0))
    peer.multipart_refused(12, table(3, 1, b"other", properties=struct.pack(">HHHH", 0, 8, 1, 4) * 2), (14, 4))
    want("name", peer.multipart(12).count(b"third"), 1)
    peer.multipart(12, table(3, 1, flags=1))
    want("name", peer.multipart(12).count(b"third"), 0)


def check_async_of_others(peer):
    peer.refused(SET_ASYNC, struct.pack(">HHI", 13, 8, 1), (15, 1))
    peer.refused(SET_ASYNC, struct.pack(">HHI", 16, 8, 1), (14, 0))


def check_ports_one_by_one(peer):
    data = peer.multipart(13, struct.pack(">I4x", 2))
    want("port", struct.unpack(">IH", data[:6]), (2, len(data)))
    peer.multipart_refused(13, struct.pack(">I4x", 4711), (1, 11))
