"""OpenFlow 1.2 at work: what 1.3 has, too, by the same checks, and what had another form before 1.3."""
import struct
import time

import flows_13
import frames
import groups_13
import instructions_13
import matches_13
import packets_13
import sessions
import stats_13
from errors_13 import a_port, port_mod, role
from instructions_13 import DEC_NW_TTL, Wires
from wire import *

VERSION = OF12
ETH_IP = f("eth_type", 0x0800)
MISS, ACTION, INVALID_TTL = range(3)
# What came with 1.3, or had another form. (PACKET_IN had no cookie, and a packet that missed came without a flow.)
LATER = {
    flows_13: "fields_come_back flags_come_back removed_with_its_meter counters_not_wanted",
    groups_13: "statistics delete",
    instructions_13: "",
    matches_13: "port_and_metadata ipv6_extensions mpls pbb",
    packets_13: "by_action by_table_miss metadata no_flow by_written_action length ttl async two_controllers"
                " out_to_controller out_by_table_miss meter_of_the_controllers",
    sessions: "versions no_version our_hello something_else_first slave async slave_is_told"
              " messages_in_one_piece_or_many",
    stats_13: "features port_configuration port_statistics table_statistics table_features table_names_are_set"
              " table_features_lost table_features_of_slaves table_features_twice meter_features meters",
}


def checks_of(later):
    """Those of other suites by the names that they have here."""
    for suite, names in later.items():
        for name, check in vars(suite).items():
            if name.startswith("check_") and name[6:] not in names.split():
                yield f"check_{suite.__name__}_{name[6:]}", check


globals().update(checks_of(LATER))


def check_features(peer):
    """With the ports, as in 1.0."""
    body = peer.one(FEATURES_REQUEST, b"", FEATURES_REPLY)
    datapath, _, tables, can, reserved = struct.unpack(">QIB3xII", body[:24])
    want("datapath", datapath, 0xAB)
    want("tables, reserved", (tables > 1, reserved), (True, 0))
    want("flows, tables, ports, groups, queues", can & 0x4F, 0x4F)
    want("bits that there are", can & ~(0x1EF if peer.version == OF11 else 0x16F), 0)
    want("ports", [struct.unpack(">I", body[at:at + 4])[0] for at in range(24, len(body), 64)], [1, 2, 3, 4, LOCAL])


def check_fields_come_back(peer):
    fields = match(f("in_port", 1), ETH_IP, f("ipv4_dst", 0x0A000000, 0xFF000000))
    do = apply(set_field(f("eth_dst", 5)), output(2, 0xFFE5)) + write(output(3)) + metadata(5, 7) + goto(9)
    peer.ok(FLOW_MOD, flow_mod(matching=fields, table=7, priority=77, cookie=0x1234567890, idle=100, hard=200, do=do))
    flow, = flows(peer)
    want("flow", (flow.table, flow.priority, flow.cookie, flow.idle, flow.hard), (7, 77, 0x1234567890, 100, 200))
    want("pad", (flow.flags, flow.importance), (0, 0))
    want("match", padded(flow.match), fields)
    want("instructions", flow.todo, do)


def check_flags_of_later(peer):
    """NO_PKT_COUNTS and NO_BYT_COUNTS came with 1.3."""
    for flags in (NO_PKT_COUNTS, NO_BYT_COUNTS):
        peer.refused(FLOW_MOD, flow_mod(flags=flags), (5, 7))


# ---- packets to controllers ----

class PacketIn:
    def __init__(self, body):
        self.buffer, self.total, self.reason, self.table = struct.unpack(">IHBB", body[:8])
        size = struct.unpack(">H", body[10:12])[0]
        self.match = body[8:8 + size]
        self.data = body[8 + size + -size % 8 + 2:]


def heard(peer):
    message = peer.told(PACKET_IN)
    want("a packet-in", message is not None, True)
    return PacketIn(message.body)


def listen(peer, flags=0):
    peer.ok(SET_CONFIG, struct.pack(">HH", flags, 0xFFFF))


def check_packet_in_by_action(peer):
    listen(peer)
    peer.ok(FLOW_MOD, flow_mod(do=metadata(0x1234) + goto(5)))
    peer.ok(FLOW_MOD, flow_mod(table=5, do=apply(output(CONTROLLER))))
    frame = frames.udp(data=b"x" * 100)
    frames.Port("p3").send(frame)
    packet = heard(peer)
    want("it", (packet.buffer, packet.total, packet.reason, packet.table, packet.data),
         (NO_BUFFER, len(frame), ACTION, 5, frame))
    want("match", padded(packet.match), match(f("in_port", 3), f("metadata", 0x1234)))


def check_packet_in_by_no_flow(peer):
    """What TABLE_MOD says of packets that miss; at first they go to the controller."""
    listen(peer)
    first = frames.Port("p1")
    peer.ok(TABLE_MOD, struct.pack(">BxxxI", 0xFF, 0))
    first.send(frames.udp())
    packet = heard(peer)
    want("it", (packet.reason, packet.table, packet.data), (MISS, 0, frames.udp()))
    try:
        peer.ok(TABLE_MOD, struct.pack(">BxxxI", 0, 2))
        first.send(frames.udp())
        peer.told_nothing(PACKET_IN)
        second = frames.Port("p2")
        peer.ok(TABLE_MOD, struct.pack(">BxxxI", 0, 1))
        peer.ok(FLOW_MOD, flow_mod(table=1, do=apply(output(2))))
        first.send(frames.udp())
        want("continued", second.take(), frames.udp())
    finally:
        peer.ok(TABLE_MOD, struct.pack(">BxxxI", 0xFF, 0))


def check_packet_in_by_ttl(peer):
    peer.ok(FLOW_MOD, flow_mod(fields=(ETH_IP,), do=apply(action(DEC_NW_TTL), output(2))))
    listen(peer)
    frames.Port("p1").send(frames.udp(ttl=1))
    peer.told_nothing(PACKET_IN)
    listen(peer, 4)
    try:
        frames.Port("p1").send(frames.udp(ttl=1))
        packet = heard(peer)
        want("it", (packet.reason, packet.data), (INVALID_TTL, frames.udp(ttl=1)))
    finally:
        listen(peer)


def check_packet_out_comes_back(peer):
    listen(peer)
    peer.ok(PACKET_OUT, packet_out(frames.udp(), output(CONTROLLER), port=2))
    packet = heard(peer)
    want("it", (packet.reason, packet.data, padded(packet.match)), (ACTION, frames.udp(), match(f("in_port", 2))))


# ---- roles ----

def ask_role(peer, kind, generation=0):
    return struct.unpack(">I4xQ", peer.one(ROLE_REQUEST, role(kind, generation), ROLE_REPLY))


def check_slave(peer):
    base = ask_role(peer, 0)[1]
    want("slave", ask_role(peer, 3, 0 if base == 2**64 - 1 else base)[0], 3)
    for kind, body in ((FLOW_MOD, flow_mod(do=apply(output(1)))), (GROUP_MOD, group_mod(0, 0, 1)),
                       (PACKET_OUT, packet_out(bytes(60), output(1))), (PORT_MOD, bytes(32)), (TABLE_MOD, bytes(8))):
        peer.refused(kind, body, (1, 10))
    want("flows", flows(peer), [])
    peer.one(GET_CONFIG_REQUEST, b"", GET_CONFIG_REPLY)
    want("equal again", ask_role(peer, 1)[0], 1)
    peer.ok(FLOW_MOD, flow_mod(do=apply(output(1))))


def check_messages_of_later(peer):
    for kind, body in ((GET_ASYNC_REQUEST, b""), (SET_ASYNC, bytes(24)), (METER_MOD, meter_mod(0, 1, 1, band()))):
        peer.refused(kind, body, (1, 1))


# ---- statistics ----

def group_stats(peer, number=0xFFFFFFFC):
    """1.2 does not tell how long a group has been there."""
    data, found = peer.multipart(6, struct.pack(">I4x", number)), {}
    while data:
        size, one, refs, packets, n_bytes = struct.unpack(">H2xII4xQQ", data[:32])
        found[one] = (refs, packets, n_bytes, [struct.unpack(">QQ", data[at:at + 16]) for at in range(32, size, 16)])
        data = data[size:]
    return found


def check_groups(peer):
    wires = Wires(peer)
    peer.ok(GROUP_MOD, group_mod(0, 0, 1, bucket(output(2)), bucket(output(3))))
    peer.ok(GROUP_MOD, group_mod(0, 2, 9, bucket(output(4))))
    wires.flow(do=apply(group(1)))
    wires.sends(frames.udp(), p2=frames.udp(), p3=frames.udp())
    for _ in range(50):
        if group_stats(peer, 1)[1][1]:
            break
        time.sleep(0.1)
    want("of one", group_stats(peer, 1), {1: (1, 1, 60, [(1, 60), (1, 60)])})
    want("of all", sorted(group_stats(peer)), [1, 9])
    want("of none", group_stats(peer, 77), {})
    peer.ok(GROUP_MOD, group_mod(2, 0, 9))
    want("left", list(group_stats(peer)), [1])


def check_port_statistics(peer):
    data = peer.multipart(4, struct.pack(">I4x", 1))
    want("length", len(data), 104)
    want("number", struct.unpack(">I", data[:4])[0], 1)
    want("all", len(peer.multipart(4, struct.pack(">I4x", ANY))), 5 * 104)


def check_port_without_packet_in(peer):
    address, first = a_port(peer), frames.Port("p1")
    listen(peer)
    try:
        peer.ok(PORT_MOD, port_mod(1, address, 1 << 6, 1 << 6))
        first.send(frames.udp())
        peer.told_nothing(PACKET_IN)
        peer.ok(FLOW_MOD, flow_mod(do=apply(output(CONTROLLER))))
        first.send(frames.udp())
        want("by an action", heard(peer).reason, ACTION)
    finally:
        peer.ok(PORT_MOD, port_mod(1, address, 0, 1 << 6))


def check_table_statistics(peer):
    """128 bytes a table: what it matches and does stands there, too."""
    peer.ok(FLOW_MOD, flow_mod(table=3))
    data = peer.multipart(3)
    want("length", len(data) % 128, 0)
    want("tables", list(data[::128]), list(range(len(data) // 128)))
    matches, wildcards, written, applied, sets, more_sets = struct.unpack(">QQIIQQ", data[40:80])
    fields = sum(1 << number for number in (0, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16, 26, 27))
    want("fields that every switch has", (matches & fields, wildcards & fields), (fields, fields))
    want("output", (written & 1, applied & 1), (1, 1))
    want("fields to set", (sets & 1 << 3, more_sets & 1 << 3), (8, 8))
    instructions, config, _, active = struct.unpack(">IIII", data[3 * 128 + 96:3 * 128 + 112])
    want("instructions goto and write", instructions >> 1 & 5, 5)
    want("configuration, flows", (config, active), (0, 1))
