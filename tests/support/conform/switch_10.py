"""OpenFlow 1.0 at work: sections 3, 5.2 and 5.3 of the specification."""
import struct
import time

import frames
from errors_10 import port_mod
from wire_10 import *

VERSION = OF10


def add(peer, fields=None, **mod):
    mod.setdefault("do", output_10(2))
    peer.ok(FLOW_MOD, flow_mod_10(fields=fields, **mod))


def goes(frame, by, to, never=3):
    port, other, third = frames.Port(f"p{by}"), frames.Port(f"p{to}"), frames.Port(f"p{never}")
    port.send(frame)
    got = other.take()
    if got is None:
        raise Wrong(f"not by port {to}: {frame.hex()}, by {never}: {third.take(0.01)}")
    return got


def takes(peer, fields, yes, no):
    clean(peer)
    add(peer, fields)
    add(peer, priority=0, do=output_10(3))
    goes(yes, 1, 2, 3)
    goes(no, 1, 3, 2)


def check_features(peer):
    body = peer.one(FEATURES_REQUEST, b"", FEATURES_REPLY)
    datapath, _, tables, can, actions = struct.unpack(">QIB3xII", body[:24])
    want("datapath", datapath, 0xAB)
    want("statistics of flows, tables, ports, queues", can & 0x47, 0x47)
    want("actions that every switch has", actions & 1, 1)
    want("what 1.0 has no bits for", (can & ~0xFF, actions & ~0xFFF), (0, 0))
    if not tables:
        raise Wrong("no tables")
    names = [struct.unpack(">H6x16s", body[at:at + 24]) for at in range(24, len(body), 48)]
    want("ports", sorted(n for n, _ in names), [1, 2, 3, 4, LOCAL_10])


def check_config(peer):
    for flags, length in ((1, 0), (0, 0xFFFF), (0, 128)):
        peer.ok(SET_CONFIG, struct.pack(">HH", flags, length))
        want("configuration", peer.one(GET_CONFIG_REQUEST, b"", GET_CONFIG_REPLY), struct.pack(">HH", flags, length))


def check_echo(peer):
    want("data", peer.one(ECHO_REQUEST, b"abc", ECHO_REPLY), b"abc")


def check_match_fields(peer):
    one = frames.udp(src="10.1.2.3", dst="10.9.8.7", tos=0x20)
    ip, udp = dict(dl_type=0x0800), dict(dl_type=0x0800, nw_proto=17)
    for fields, frame, other in (
            (dict(dl_src=frames.A), one, frames.eth(0x800, src=frames.B)),
            (dict(dl_dst=frames.B), one, frames.eth(0x800, dst=frames.A)),
            (ip, one, frames.arp()),
            (dict(nw_proto=17, **ip), one, frames.tcp()),
            (dict(nw_tos=0x20, **ip), one, frames.udp(tos=0x40)),
            (dict(nw_src=0x0A010203, **ip), one, frames.udp(src="10.1.2.4")),
            (dict(nw_dst=0x0A090807, **ip), one, frames.udp(dst="10.9.8.8")),
            (dict(tp_dst=2000, **udp), one, frames.ipv4(17, struct.pack(">HHHH", 1000, 2001, 8, 0))),
            (dict(tp_src=1000, **udp), one, frames.ipv4(17, struct.pack(">HHHH", 1001, 2000, 8, 0))),
            (dict(tp_src=8, dl_type=0x800, nw_proto=1), frames.icmp(), frames.icmp(kind=0)),
            (dict(tp_dst=3, dl_type=0x800, nw_proto=1), frames.icmp(kind=3, code=3), frames.icmp(kind=3, code=1)),
            (dict(nw_proto=2, dl_type=0x806), frames.arp(op=2), frames.arp()),
            (dict(nw_src=0x0A000001, dl_type=0x806), frames.arp(), frames.arp(spa="10.0.0.9")),
            (dict(nw_dst=0x0A000002, dl_type=0x806), frames.arp(), frames.arp(tpa="10.0.0.9")),
            (dict(dl_vlan=7), frames.udp(tag=0x6007), frames.udp(tag=8)),
            (dict(dl_vlan=0xFFFF), frames.udp(), frames.udp(tag=8)),
            (dict(dl_vlan=7, dl_vlan_pcp=3), frames.udp(tag=0x6007), frames.udp(tag=7))):
        takes(peer, match_10(**fields), frame, other)


def check_bits_of_addresses(peer):
    """How many low bits of an address do not count: 0 to 31; 32 and more: none does."""
    for side in ("src", "dst"):
        for n in (1, 7, 8, 16, 23, 31):
            value = 0x0A010203 & ~((1 << n) - 1)
            near, far = value ^ 1, value ^ 1 << n
            text = [".".join(str(address >> at & 255) for at in (24, 16, 8, 0)) for address in (near, far)]
            fields = {"dl_type": 0x800, "nw_" + side: value, side + "_bits": n}
            takes(peer, match_10(**fields), frames.ipv4(17, bytes(8), **{side: text[0]}), frames.ipv4(17, bytes(8), **{side: text[1]}))
        for n in (32, 40, 63):
            clean(peer)
            add(peer, match_10(**{"dl_type": 0x800, "nw_" + side: 0x01020304, side + "_bits": n}))
            goes(frames.udp(), 1, 2)


def check_match_comes_back(peer):
    given = match_10(in_port=1, dl_type=0x800, nw_src=0x0A000000, src_bits=8, nw_proto=6, tp_dst=80)
    add(peer, given, priority=77, cookie=5, idle=10, hard=20, do=output_10(2) + output_10(CONTROLLER_10, 99))
    flow, = flows_10(peer)
    want("flow", (flow.priority, flow.cookie, flow.idle, flow.hard), (77, 5, 10, 20))
    want("actions", flow.todo, output_10(2) + output_10(CONTROLLER_10, 99))
    want("match", flow.match[4:], given[4:])
    wild, was = struct.unpack(">I", flow.match[:4])[0], struct.unpack(">I", given[:4])[0]
    for name, bits_of in WILD.items():
        a, b = wild & bits_of, was & bits_of
        if name == "nw_dst":
            want("of nw_dst 32 or more", a >> 14 >= 32 and b >> 14 >= 32, True)
        else:
            want(name, a, b)


def check_match_without_tag_comes_back(peer):
    """Also whether the priority of the tag that is not there counted."""
    fields = dict(in_port=1, dl_src=frames.A, dl_dst=frames.B, dl_type=0x800, dl_vlan=0xFFFF, nw_tos=0, nw_proto=6,
                  nw_src=0x0A000001, nw_dst=0x0A000002, tp_src=1000, tp_dst=2000)
    for given in match_10(**fields), match_10(dl_vlan_pcp=0, **fields):
        clean(peer)
        add(peer, given, flags=1, do=output_10(2))
        want("match", flows_10(peer)[0].match.hex(), given.hex())
        goes(frames.tcp(), 1, 2)
        peer.ok(FLOW_MOD, flow_mod_10(DELETE_STRICT, fields=given))
        want("match of what was removed", peer.told(FLOW_REMOVED).body[:40].hex(), given.hex())


def check_exact_comes_first(peer):
    """A flow without wildcards is of the highest priority, whatever it says."""
    every = dict(in_port=1, dl_src=frames.A, dl_dst=frames.B, dl_type=0x800, dl_vlan=0xFFFF, dl_vlan_pcp=0, nw_tos=0,
                 nw_proto=17, nw_src=0x0A000001, nw_dst=0x0A000002, tp_src=1000, tp_dst=2000)
    add(peer, match_10(in_port=1), priority=0xFFFE, do=output_10(3))
    goes(frames.udp(), 1, 3, 2)
    add(peer, match_10(**every), priority=1, do=output_10(2))
    goes(frames.udp(), 1, 2, 3)
    want("wildcards", flows_10(peer)[-1].match, match_10(**every))
    # and is found by whatever priority it is named
    peer.ok(FLOW_MOD, flow_mod_10(DELETE_STRICT, fields=match_10(**every), priority=9))
    want("left", len(flows_10(peer)), 1)


def check_modify_adds(peer):
    """MODIFY of what is not there adds it."""
    peer.ok(FLOW_MOD, flow_mod_10(MODIFY, fields=match_10(in_port=1), do=output_10(2), cookie=7))
    flow, = flows_10(peer)
    want("flow", (flow.cookie, flow.todo), (7, output_10(2)))
    peer.ok(FLOW_MOD, flow_mod_10(MODIFY_STRICT, fields=match_10(in_port=2), do=output_10(2)))
    want("flows", len(flows_10(peer)), 2)
    peer.ok(FLOW_MOD, flow_mod_10(MODIFY, do=output_10(3)))
    want("flows", [flow.todo for flow in flows_10(peer)], [output_10(3)] * 2)


def check_add_resets_counters(peer):
    add(peer)
    goes(frames.udp(), 1, 2)
    for _ in range(50):
        if aggregate_10(peer)[0]:
            break
        time.sleep(0.1)
    want("counted", aggregate_10(peer), (1, 60, 1))
    add(peer)
    want("again", aggregate_10(peer), (0, 0, 1))


def check_delete(peer):
    add(peer, match_10(in_port=1), do=output_10(2))
    add(peer, match_10(in_port=2), do=output_10(3))
    add(peer, match_10(in_port=1, dl_type=0x800), do=output_10(3))
    want("by out_port", len(flows_10(peer, out_port=3)), 2)
    want("by out_port", aggregate_10(peer, out_port=2)[2], 1)
    peer.ok(FLOW_MOD, flow_mod_10(DELETE, fields=match_10(in_port=1), out_port=3))
    want("left", len(flows_10(peer)), 2)
    peer.ok(FLOW_MOD, flow_mod_10(DELETE_STRICT, fields=match_10(in_port=1), priority=7))
    want("left", len(flows_10(peer)), 2)
    peer.ok(FLOW_MOD, flow_mod_10(DELETE_STRICT, fields=match_10(in_port=1)))
    want("left", len(flows_10(peer)), 1)


def check_removed(peer):
    fields = match_10(in_port=1, dl_type=0x800)
    add(peer, fields, flags=1, cookie=7, idle=1, priority=5)
    message = peer.told(FLOW_REMOVED)
    want("told", message is not None, True)
    want("match", message.body[4:40], fields[4:])
    cookie, priority, reason, _, _, idle, packets, _ = struct.unpack(">QHBxIIH2xQQ", message.body[40:])
    want("it", (cookie, priority, reason, idle, packets), (7, 5, 0, 1, 0))
    add(peer, fields, flags=1, hard=1)
    want("reason", peer.told(FLOW_REMOVED).body[50], 1)
    add(peer, fields, flags=1)
    peer.ok(FLOW_MOD, flow_mod_10(DELETE))
    want("reason", peer.told(FLOW_REMOVED).body[50], 2)


def check_actions(peer):
    def act(kind, form, *values):
        return action(kind, struct.pack(">" + form, *values))

    fields = match_10(in_port=1)
    for todo, before, after in (
            (act(1, "H", 7), frames.udp(size=64), frames.udp(tag=7, size=68)),
            (act(1, "H", 7), frames.udp(tag=0x6005), frames.udp(tag=0x6007)),
            (act(2, "B", 3), frames.udp(tag=5), frames.udp(tag=0x6005)),
            (act(2, "B", 3), frames.udp(size=64), frames.udp(tag=0x6000, size=68)),
            (action(3), frames.udp(tag=5, size=68), frames.udp(size=64)),
            (act(4, "6s6x", b"\2aaaaa"), frames.udp(), frames.eth(0x800, frames.udp()[14:], src=b"\2aaaaa")),
            (act(5, "6s6x", b"\2aaaaa"), frames.udp(), frames.eth(0x800, frames.udp()[14:], dst=b"\2aaaaa")),
            (act(6, "I", 0x01020304), frames.ipv4(1), frames.ipv4(1, src="1.2.3.4")),
            (act(7, "I", 0x01020304), frames.ipv4(1), frames.ipv4(1, dst="1.2.3.4")),
            (act(8, "B", 0x20), frames.udp(tos=3), frames.udp(tos=0x23))):
        clean(peer)
        add(peer, fields, do=todo + output_10(2))
        got = goes(before, 1, 2)
        if got != after:
            raise Wrong(f"action {todo.hex()}: {got.hex()} instead of {after.hex()}")
    for kind, at in ((9, 34), (10, 36)):
        clean(peer)
        add(peer, match_10(dl_type=0x800, nw_proto=6), do=act(kind, "H", 777) + output_10(2))
        want("port", struct.unpack(">H", goes(frames.tcp(), 1, 2)[at:at + 2])[0], 777)


def check_packet_in(peer):
    peer.ok(SET_CONFIG, struct.pack(">HH", 0, 0xFFFF))
    frames.Port("p3").send(frames.udp(data=b"x" * 100))
    message = peer.told(PACKET_IN)
    want("told", message is not None, True)
    buffer, total, port, reason = struct.unpack(">IHHBx", message.body[:10])
    want("by no match", (buffer, total, port, reason, message.body[10:]),
         (NO_BUFFER, 142, 3, 0, frames.udp(data=b"x" * 100)))
    add(peer, do=output_10(CONTROLLER_10))
    frames.Port("p1").send(frames.udp())
    message = peer.told(PACKET_IN)
    want("by action", struct.unpack(">HBx", message.body[6:10]), (1, 1))


def check_packet_out(peer):
    ports = {n: frames.Port(f"p{n}") for n in range(1, 5)}
    add(peer, match_10(in_port=4), do=output_10(1))

    def comes(todo, wanted, port=NONE):
        peer.ok(PACKET_OUT, packet_out_10(frames.udp(), *todo, port=port))
        for n, one in ports.items():
            want(f"{todo}: port {n}", one.take(20 if n in wanted else 0.05), frames.udp() if n in wanted else None)

    comes([output_10(2)], [2])
    comes([output_10(2)], [2], port=CONTROLLER_10)
    comes([output_10(ALL_10)], [1, 2, 3, 4])
    comes([output_10(FLOOD_10)], [1, 3, 4], port=2)
    comes([output_10(IN_PORT_10)], [2], port=2)
    comes([output_10(2)], [], port=2)
    comes([output_10(TABLE_10)], [1], port=4)
    comes([output_10(NORMAL_10)], [2, 3, 4], port=1)
    comes([], [])


def check_port_mod(peer):
    port, other = frames.Port("p1"), frames.Port("p2")
    address = peer.one(FEATURES_REQUEST, b"", FEATURES_REPLY)[24:]
    while struct.unpack(">H", address[:2])[0] != 2:
        address = address[48:]
    address = address[2:8]
    add(peer, do=output_10(FLOOD_10))
    try:
        peer.ok(PORT_MOD_10, port_mod(2, address, 1 << 4, 1 << 4))
        port.send(frames.udp())
        want("NO_FLOOD", other.take(0.3), None)
        add(peer, do=output_10(ALL_10))
        port.send(frames.udp())
        want("ALL", other.take(), frames.udp())
    finally:
        peer.ok(PORT_MOD_10, port_mod(2, address, 0, 0x7D))


def check_statistics(peer):
    want("description", len(peer.multipart(0)), 1056)
    tables = peer.multipart(3)
    want("tables", len(tables) % 64, 0)
    ports = peer.multipart(4, struct.pack(">H6x", NONE))
    want("ports", len(ports), 5 * 104)
    want("a port", peer.multipart(4, struct.pack(">H6x", 3))[:2], struct.pack(">H", 3))


def check_flags_of_statistics(peer):
    """None is defined."""
    for flags in (1, 0xFFFF):
        body = peer.one(STATS_REQUEST, struct.pack(">HH", 0, flags), STATS_REPLY)
        want("description", (len(body), body[:4]), (4 + 1056, bytes(4)))


def check_table_numbers(peer):
    """Of statistics: a table, or 0xff: all; 0xfe: that of emergency flows, where there are none."""
    add(peer)
    want("all", len(flows_10(peer)), 1)
    want("table 0", len(flows_10(peer, table=0)), 1)
    want("table 1", len(flows_10(peer, table=1)), 0)
    want("emergency", len(flows_10(peer, table=0xFE)), 0)
