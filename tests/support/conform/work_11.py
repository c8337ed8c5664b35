"""OpenFlow 1.1: what 1.3 has, too, by the same checks, and what is of its own form: matches, actions, packet-ins, errors."""
import struct

import flows_13
import frames
import groups_13
import instructions_13
import matches_13
import packets_13
import stats_13
from work_12 import LATER as LATER_12, check_features, check_groups, check_port_statistics, checks_of
from wire_11 import *

VERSION = OF11
MISS, ACTION = range(2)
LATER = {
    # a flow that is changed before it is there is added; counters begin anew; FLOW_REMOVED has no hard timeout
    flows_13: "fields_come_back flags_come_back removed_with_its_meter counters_not_wanted same_flow_again"
              " modify_keeps modify_of_nothing removed_by_delete",
    groups_13: "statistics delete features",
    instructions_13: "set_fields_of_arp set_fields_of_icmp set_fields_of_ipv6 vlan",
    matches_13: "port_and_metadata vlan ip transport icmp arp ipv6 ipv6_extensions neighbours mpls pbb all_at_once",
    packets_13: LATER_12[packets_13],
    stats_13: LATER_12[stats_13],
}
globals().update(checks_of(LATER))


def flow(peer, fields, do, **mod):
    peer.ok(FLOW_MOD, flow_mod(matching=fields, do=do, **mod))


def takes(peer, fields, yes, no):
    clean(peer)
    flow(peer, fields, apply(output(2)))
    flow(peer, match_11(), apply(output(3)), priority=0)
    for frame, to, never in ((yes, 2, 3), (no, 3, 2)):
        port, other, third = frames.Port("p1"), frames.Port(f"p{to}"), frames.Port(f"p{never}")
        port.send(frame)
        if other.take() is None:
            raise Wrong(f"not by port {to}: {frame.hex()}, by {never}: {third.take(0.01)}")


# ---- matches ----

def check_match_fields(peer):
    ip, one = dict(dl_type=0x800), frames.udp(src="10.1.2.3", dst="10.9.8.7", tos=0x20)

    def mpls(label, tc):
        return frames.eth(0x8847, struct.pack(">I", label << 12 | tc << 9 | 0x140) + bytes(20))

    for fields, yes, no in (
            (dict(dl_src=frames.A), one, frames.eth(0x800, src=frames.B)),
            (dict(dl_dst=b"\1" + bytes(5), dl_dst_mask=b"\xfe" + b"\xff" * 5), frames.udp(dst=frames.EVERY), one),
            (ip, one, frames.arp()),
            (dict(nw_proto=17, **ip), one, frames.tcp()),
            (dict(nw_tos=0x20, **ip), frames.udp(tos=0x23), frames.udp(tos=0x40)),
            (dict(nw_src=0x0A010200, nw_src_mask=0xFF, **ip), one, frames.udp(src="10.1.3.3")),
            (dict(nw_dst=0x00090007, nw_dst_mask=0xFE00FF00, **ip), one, frames.udp(dst="10.8.8.7")),
            (dict(nw_proto=17, tp_src=1000, **ip), frames.udp(), frames.udp(src=1001)),
            (dict(nw_proto=6, tp_dst=2000, **ip), frames.tcp(), frames.tcp(dst=2001)),
            (dict(nw_proto=132, tp_dst=2000, **ip), frames.sctp(), frames.sctp(dst=2001)),
            (dict(nw_proto=1, tp_src=8, **ip), frames.icmp(), frames.icmp(kind=0)),
            (dict(nw_proto=1, tp_dst=3, **ip), frames.icmp(kind=3, code=3), frames.icmp(kind=3, code=1)),
            (dict(dl_type=0x806, nw_proto=2), frames.arp(op=2), frames.arp()),
            (dict(dl_type=0x806, nw_src=0x0A000001), frames.arp(), frames.arp(spa="10.0.0.9")),
            (dict(dl_type=0x806, nw_dst=0x0A000002), frames.arp(), frames.arp(tpa="10.0.0.9")),
            (dict(dl_vlan=7), frames.udp(tag=0x6007), frames.udp(tag=8)),
            (dict(dl_vlan=VLAN_NONE), frames.udp(), frames.udp(tag=8)),
            (dict(dl_vlan=VLAN_ANY), frames.udp(tag=8), frames.udp()),
            (dict(dl_vlan=VLAN_ANY, dl_vlan_pcp=3), frames.udp(tag=0x6007), frames.udp(tag=7)),
            (dict(dl_vlan=7, dl_vlan_pcp=3), frames.udp(tag=0x6007), frames.udp(tag=7)),
            (dict(dl_type=0x8847, mpls_label=5), mpls(5, 0), mpls(6, 0)),
            (dict(dl_type=0x8847, mpls_tc=3), mpls(5, 3), mpls(5, 2))):
        takes(peer, match_11(**fields), yes, no)


def check_match_comes_back(peer):
    for fields in (match_11(), match_11(in_port=1, dl_vlan=7, dl_vlan_pcp=2, dl_type=0x800, nw_tos=0x20, nw_proto=6,
                                        nw_src=0x0A000000, nw_src_mask=0xFFFFFF, tp_dst=80, metadata=5,
                                        metadata_mask=0xFFFFFFFFFFFFFF00),
                   match_11(dl_vlan=VLAN_NONE, dl_dst=b"\2bcdef"), match_11(dl_type=0x806, nw_proto=1, nw_dst=7)):
        clean(peer)
        flow(peer, fields, apply(output(2, 99)), table=3, priority=77, cookie=5, idle=10, hard=20)
        entry = wire.Peer.multipart(peer, 1, flow_request())
        want("match", entry[48:48 + MATCH_SIZE], fields)
        want("instructions", entry[48 + MATCH_SIZE:], apply(output(2, 99)))
        got = Flow(entry)
        want("flow", (got.table, got.priority, got.cookie, got.idle, got.hard), (3, 77, 5, 10, 20))
        want("pad", (got.flags, got.importance), (0, 0))


def check_match_with_what_counts_for_nothing(peer):
    """What a field's wildcard covers, the priority of no tag, addresses of no IP, ports of no TCP, labels of no MPLS."""
    for fields in (dict(wildcards=ALL_WILD, in_port=3, dl_type=0x800, nw_proto=6, tp_src=5), dict(dl_vlan_pcp=3),
                   dict(nw_src=1, nw_dst=2, nw_proto=6, nw_tos=8), dict(tp_src=80), dict(mpls_label=5, mpls_tc=3)):
        clean(peer)
        flow(peer, match_11(**fields), apply(output(2)))
        entry = wire.Peer.multipart(peer, 1, flow_request())
        want("match", entry[48:48 + MATCH_SIZE], match_11())


# ---- flows ----

def check_modify_adds(peer):
    """MODIFY of what is not there adds it, unless it names a cookie."""
    peer.ok(FLOW_MOD, flow_mod(MODIFY, fields=(f("in_port", 1),), do=apply(output(2)), cookie=7))
    got, = flows(peer)
    want("flow", (got.cookie, got.todo), (7, apply(output(2))))
    peer.ok(FLOW_MOD, flow_mod(MODIFY_STRICT, fields=(f("in_port", 2),), do=apply(output(2))))
    want("flows", len(flows(peer)), 2)
    peer.ok(FLOW_MOD, flow_mod(MODIFY, fields=(f("in_port", 3),), do=apply(output(2)), cookie=7, cookie_mask=7))
    want("flows", len(flows(peer)), 2)
    peer.ok(FLOW_MOD, flow_mod(MODIFY, do=apply(output(3))))
    want("flows", [one.todo for one in flows(peer)], [apply(output(3))] * 2)


def check_add_resets_counters(peer):
    flows_13.add(peer)
    flows_13.hit(peer)
    flows_13.counted(peer, 1)
    flows_13.add(peer)
    flows_13.counted(peer, 0)


def check_removed_by_delete(peer):
    flows_13.add(peer, f("in_port", 1), cookie=0x77, priority=9, idle=50, hard=60, flags=SEND_FLOW_REM)
    flows_13.hit(peer, 3)
    peer.ok(FLOW_MOD, flow_mod(DELETE))
    body = peer.told(FLOW_REMOVED).body
    cookie, priority, reason, table, _, _, idle, pad, packets, size = struct.unpack(">QHBBIIHHQQ", body[:40])
    want("it", (cookie, priority, reason, table, idle, pad, packets, size), (0x77, 9, 2, 0, 50, 0, 3, 180))
    want("match", body[40:], match_11(in_port=1))


# ---- actions ----

def check_actions(peer):
    def act(kind, form, *values):
        return action(kind, struct.pack(">" + form, *values))

    ip, udp = dict(dl_type=0x800), dict(dl_type=0x800, nw_proto=17)
    tag = dict(dl_vlan=VLAN_ANY)
    for fields, todo, before, after in (
            (tag, act(1, "H", 7), frames.udp(tag=0x6005), frames.udp(tag=0x6007)),
            (tag, act(2, "B", 3), frames.udp(tag=5), frames.udp(tag=0x6005)),
            ({}, act(3, "6s6x", b"\2aaaaa"), frames.udp(), frames.udp(src=b"\2aaaaa")),
            ({}, act(4, "6s6x", b"\2aaaaa"), frames.udp(), frames.udp(dst=b"\2aaaaa")),
            (ip, act(5, "I", 0x01020304), frames.ipv4(1), frames.ipv4(1, src="1.2.3.4")),
            (ip, act(6, "I", 0x01020304), frames.ipv4(1), frames.ipv4(1, dst="1.2.3.4")),
            (ip, act(7, "B", 0x20), frames.udp(tos=3), frames.udp(tos=0x23)),
            (ip, act(8, "B", 2), frames.udp(tos=0x20), frames.udp(tos=0x22)),
            (udp, act(9, "H", 777), frames.udp(), frames.udp(src=777)),
            (udp, act(10, "H", 777), frames.udp(), frames.udp(dst=777)),
            ({}, act(17, "H", 0x8100), frames.udp(size=64), frames.udp(tag=0, size=68)),
            (tag, action(18), frames.udp(tag=5, size=68), frames.udp(size=64)),
            (ip, act(23, "B", 9), frames.udp(), frames.udp(ttl=9)),
            (ip, action(24), frames.udp(), frames.udp(ttl=63))):
        for do in (apply(todo, output(2)), write(todo, output(2))):
            clean(peer)
            flow(peer, match_11(in_port=1, **fields), do)
            port, other = frames.Port("p1"), frames.Port("p2")
            port.send(before)
            want(f"action {todo.hex()}", other.take(), after)


# ---- packets to controllers ----

def heard(peer):
    message = peer.told(PACKET_IN)
    want("a packet-in", message is not None, True)
    return struct.unpack(">IIIHBB", message.body[:16]) + (message.body[16:],)


def check_packet_in(peer):
    peer.ok(SET_CONFIG, struct.pack(">HH", 0, 0xFFFF))
    frame, third = frames.udp(data=b"x" * 100), frames.Port("p3")
    third.send(frame)
    want("by no flow", heard(peer), (NO_BUFFER, 3, 3, 142, MISS, 0, frame))
    flow(peer, match_11(), goto(4))
    flow(peer, match_11(), apply(output(CONTROLLER)), table=4)
    third.send(frame)
    want("by action", heard(peer), (NO_BUFFER, 3, 3, 142, ACTION, 4, frame))
    peer.ok(PACKET_OUT, packet_out(frame, output(CONTROLLER), port=2))
    want("packet-out", heard(peer)[1:5], (2, 2, 142, ACTION))


# ---- errors ----

def refused_flow(peer, *codes, **mod):
    peer.refused(FLOW_MOD, flow_mod(matching=mod.pop("matching", match_11()), **mod), *codes)
    want("flows", len(flows(peer)), 0)


def check_bad_requests(peer):
    for kind in (24, 25, 26, 99, 255):
        peer.refused(kind, b"", (1, 1))
    for kind in (8, 9, 99):
        peer.multipart_refused(kind, b"", (1, 2))
    peer.refused(EXPERIMENTER, struct.pack(">II", 0x00ABCDEF, 1), (1, 3))
    peer.multipart_refused(0xFFFF, struct.pack(">II", 0x00ABCDEF, 1), (1, 3))
    for kind, body in ((FEATURES_REQUEST, bytes(4)), (SET_CONFIG, bytes(3)), (PORT_MOD, bytes(16)), (TABLE_MOD, bytes(4)),
                       (MULTIPART_REQUEST, bytes(4)), (BARRIER_REQUEST, bytes(8)), (QUEUE_CONFIG_REQUEST, bytes(4)),
                       (FLOW_MOD, bytes(8))):
        peer.refused(kind, body, (1, 6))


def check_bad_actions(peer):
    for one, code in ((action(25, bytes(12)), (2, 0)), (action(99), (2, 0)), (action(0, bytes(4)), (2, 1)),
                      (action(1, bytes(12)), (2, 1)), (action(4), (2, 1)), (action(0xFFFF, struct.pack(">I", 0xABCDEF)), (2, 2)),
                      (output(ANY), (2, 4)), (action(17, struct.pack(">H", 0x1234)), (2, 5)), (group(4711), (2, 9))):
        peer.raw(data := header(VERSION, FLOW_MOD, 8 + len(body := flow_mod(matching=match_11(), do=apply(one))), 4711) + body)
        peer.is_error(data, peer.until_barrier(), code)
    for todo in (action(1, struct.pack(">H", 4096)), action(2, b"\x08")):
        refused_flow(peer, (2, 5), matching=match_11(dl_vlan=VLAN_ANY), do=apply(todo))
    refused_flow(peer, (2, 5), matching=match_11(dl_type=0x800), do=apply(action(7, b"\x21")))


def check_bad_instructions(peer):
    for kind in (0, 6, 99):
        refused_flow(peer, (3, 0), (3, 1), do=instruction(kind, bytes(4)))
    for table, to in ((5, 4), (5, 5), (0, 255)):
        refused_flow(peer, (3, 2), table=table, do=goto(to))
    refused_flow(peer, (3, 5), do=instruction(0xFFFF, struct.pack(">I", 0x00ABCDEF)))


def check_bad_matches(peer):
    standard = match_11()
    refused_flow(peer, (4, 0), matching=struct.pack(">HH", 7, 88) + standard[4:])
    refused_flow(peer, (4, 1), matching=struct.pack(">HH", 0, 80) + standard[4:])
    refused_flow(peer, (4, 7), matching=match_11(dl_vlan=0x1001))
    refused_flow(peer, (4, 7), matching=match_11(dl_vlan=7, dl_vlan_pcp=8))
    refused_flow(peer, (4, 7), matching=match_11(dl_type=0x800, nw_tos=0x21))
    refused_flow(peer, (4, 7), matching=match_11(in_port=0xFF01))
    refused_flow(peer, (4, 6), (4, 7), matching=match_11(dl_type=0x800, nw_proto=1, tp_src=256))


def check_bad_flow_mods(peer):
    refused_flow(peer, (5, 2), table=255)
    refused_flow(peer, (5, 6), command=5)
    flow(peer, match_11(in_port=1), apply(output(2)))
    peer.refused(FLOW_MOD, flow_mod(matching=match_11(), flags=CHECK_OVERLAP), (5, 3))


def check_bad_others(peer):
    peer.ok(GROUP_MOD, group_mod(0, 0, 1))
    for mod, code in ((group_mod(0, 0, 1), 0), (group_mod(0, 0, 0xFFFFFF01), 1), (group_mod(0, 2, 2), 1),
                      (group_mod(1, 0, 4711), 8), (group_mod(1, 0, 1, bucket(group(1))), 7)):
        peer.refused(GROUP_MOD, mod, (6, code))
    peer.refused(TABLE_MOD, struct.pack(">BxxxI", 0, 4), (8, 1))
    peer.refused(TABLE_MOD, struct.pack(">BxxxI", 0, 3), (8, 1))
    peer.refused(SET_CONFIG, struct.pack(">HH", 0x8000, 128), (10, 0))
    peer.refused(PORT_MOD, struct.pack(">I4x6s2xIII4x", 4711, bytes(6), 0, 0, 0), (7, 0))
    peer.refused(QUEUE_CONFIG_REQUEST, struct.pack(">I4x", 4711), (9, 0))
    for number, code in ((4711, 0), (1, 1)):
        peer.multipart_refused(5, struct.pack(">II", number, 77), (9, code))


# ---- statistics ----

def check_table_statistics(peer):
    """88 bytes a table."""
    flow(peer, match_11(), b"", table=3)
    data = peer.multipart(3)
    want("length", len(data) % 88, 0)
    want("tables", list(data[::88]), list(range(len(data) // 88)))
    wildcards, matches, instructions_, written, applied, config, most, active = struct.unpack(
        ">IIIIIIII", data[3 * 88 + 40:3 * 88 + 72])
    want("fields", (wildcards & ALL_WILD, matches & ALL_WILD), (ALL_WILD, ALL_WILD))
    want("goto and write", instructions_ >> 1 & 5, 5)
    want("output", (written & 1, applied & 1), (1, 1))
    want("configuration, flows", (config, active, most > 0), (0, 1, True))
