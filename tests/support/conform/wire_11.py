"""OpenFlow 1.1 for who speaks as in 1.2 and 1.3: a match of 88 bytes, and an action for each field that can be set.

A Peer of this module sends what the other suites say in OXM in the form of 1.1, and tells flows in theirs.
"""
import struct

import wire
from wire import *

MATCH_SIZE = 88
(IN_PORT_WILD, VLAN_WILD, PCP_WILD, TYPE_WILD, TOS_WILD, PROTO_WILD, SRC_WILD, DST_WILD, LABEL_WILD,
 TC_WILD) = (1 << n for n in range(10))
ALL_WILD = 0x3FF
VLAN_ANY, VLAN_NONE = 0xFFFE, 0xFFFF
NAMES = {number: name for name, (number, _) in SIZES.items()}
SET = dict(vlan_vid=(1, "H"), vlan_pcp=(2, "B"), eth_src=(3, "6s6x"), eth_dst=(4, "6s6x"), ipv4_src=(5, "I"),
           ipv4_dst=(6, "I"), ip_dscp=(7, "B"), ip_ecn=(8, "B"), tcp_src=(9, "H"), udp_src=(9, "H"), sctp_src=(9, "H"),
           tcp_dst=(10, "H"), udp_dst=(10, "H"), sctp_dst=(10, "H"), mpls_label=(13, "I"), mpls_tc=(14, "B"))


def match_11(wildcards=None, **fields):
    """Fields that are given count; NAME_mask has the bits that do not."""
    get, wild = fields.get, ALL_WILD
    for name, bit in dict(in_port=IN_PORT_WILD, dl_vlan=VLAN_WILD, dl_vlan_pcp=PCP_WILD, dl_type=TYPE_WILD,
                          nw_tos=TOS_WILD, nw_proto=PROTO_WILD, tp_src=SRC_WILD, tp_dst=DST_WILD,
                          mpls_label=LABEL_WILD, mpls_tc=TC_WILD).items():
        wild &= ~bit if name in fields else ALL_WILD
    every = {name: 0 if name in fields else 2**64 - 1 for name in ("nw_src", "nw_dst", "metadata")}
    address = {name: bytes(6) if name in fields else b"\xff" * 6 for name in ("dl_src", "dl_dst")}
    return struct.pack(">HHII6s6s6s6sHBxHBBIIIIHHIB3xQQ", 0, MATCH_SIZE, get("in_port", 0),
                       wild if wildcards is None else wildcards, get("dl_src", bytes(6)),
                       get("dl_src_mask", address["dl_src"]), get("dl_dst", bytes(6)),
                       get("dl_dst_mask", address["dl_dst"]), get("dl_vlan", 0), get("dl_vlan_pcp", 0),
                       get("dl_type", 0), get("nw_tos", 0), get("nw_proto", 0), get("nw_src", 0),
                       get("nw_src_mask", every["nw_src"] & 0xFFFFFFFF), get("nw_dst", 0),
                       get("nw_dst_mask", every["nw_dst"] & 0xFFFFFFFF), get("tp_src", 0), get("tp_dst", 0),
                       get("mpls_label", 0), get("mpls_tc", 0), get("metadata", 0),
                       get("metadata_mask", every["metadata"]))


# ---- from OXM ----

PLAIN = dict(in_port="in_port", eth_type="dl_type", vlan_pcp="dl_vlan_pcp", ip_proto="nw_proto", arp_op="nw_proto",
             tcp_src="tp_src", udp_src="tp_src", sctp_src="tp_src", icmpv4_type="tp_src", tcp_dst="tp_dst",
             udp_dst="tp_dst", sctp_dst="tp_dst", icmpv4_code="tp_dst", mpls_label="mpls_label", mpls_tc="mpls_tc")
MASKED = dict(ipv4_src="nw_src", ipv4_dst="nw_dst", arp_spa="nw_src", arp_tpa="nw_dst", metadata="metadata")


def of_oxm(data):
    """Name, value, mask (None: there is none) and size of each field."""
    while data:
        number, size = data[2] >> 1, data[3]
        payload, mask = data[4:4 + size], None
        if data[2] & 1:
            payload, mask = payload[:size // 2], payload[size // 2:]
        yield NAMES[number], payload, mask
        data = data[4 + size:]


def fixed(data):
    """The match of 1.1 for a list of OXMs."""
    fields = {}
    for name, payload, mask in of_oxm(data):
        value = int.from_bytes(payload, "big")
        if name in ("eth_src", "eth_dst"):
            key = "dl" + name[3:]
            fields[key] = payload
            if mask:
                fields[key + "_mask"] = bytes(255 ^ byte for byte in mask)
        elif name == "vlan_vid":
            fields["dl_vlan"] = VLAN_ANY if mask else value & 0xFFF if value else VLAN_NONE
        elif name == "ip_dscp":
            fields["nw_tos"] = value << 2
        elif name in MASKED:
            fields[MASKED[name]] = value
            if mask:
                fields[MASKED[name] + "_mask"] = int.from_bytes(bytes(255 ^ byte for byte in mask), "big")
        else:
            fields[PLAIN[name]] = value
    return match_11(**fields)


def match_size(data):
    size = struct.unpack(">H", data[2:4])[0]
    return size, size + -size % 8


def old_actions(data):
    """With an action for each set_field."""
    out = b""
    while data:
        kind, size = struct.unpack(">HH", data[:4])
        one = data[:size]
        if kind == 25:
            name, payload, _ = next(of_oxm(data[4:8 + data[7]]))
            number, form = SET[name]
            value = payload if form[0] == "6" else int.from_bytes(payload, "big")
            value = value & 0xFFF if name == "vlan_vid" else value << 2 if name == "ip_dscp" else value
            one = action(number, struct.pack(">" + form, value))
        out += one
        data = data[size:]
    return out


def new_actions(data):
    """With set_field for the addresses of Ethernet."""
    out = b""
    while data:
        kind, size = struct.unpack(">HH", data[:4])
        out += set_field(f("eth_src" if kind == 3 else "eth_dst", data[4:10])) if kind in (3, 4) else data[:size]
        data = data[size:]
    return out


def instructions(data, actions):
    out = b""
    while data:
        kind, size = struct.unpack(">HH", data[:4])
        out += instruction(kind, bytes(4) + actions(data[8:size])) if kind in (3, 4) else data[:size]
        data = data[size:]
    return out


def buckets(data):
    out = b""
    while data:
        size = struct.unpack(">H", data[:2])[0]
        todo = old_actions(data[16:size])
        out += struct.pack(">H", 16 + len(todo)) + data[2:16] + todo
        data = data[size:]
    return out


def old(kind, body):
    """The body of a message as 1.1 has it."""
    if kind == MULTIPART_REQUEST and body[:2] in (b"\0\1", b"\0\2"):
        if body[40:42] == b"\0\1":
            size, _ = match_size(body[40:])
            return body[:40] + fixed(body[44:40 + size])
    elif kind == FLOW_MOD and body[40:42] == b"\0\1":
        size, whole = match_size(body[40:])
        return body[:40] + fixed(body[44:40 + size]) + instructions(body[40 + whole:], old_actions)
    elif kind == GROUP_MOD:
        return body[:8] + buckets(body[8:])
    elif kind == PACKET_OUT:
        size = struct.unpack(">H", body[8:10])[0]
        todo = old_actions(body[16:16 + size])
        return body[:8] + struct.pack(">H6x", len(todo)) + todo + body[16 + size:]
    return body


# ---- to OXM ----

def oxms(data):
    """The fields of a match of 1.1, in the order of their numbers."""
    (_, _, in_port, wild, dl_src, dl_src_mask, dl_dst, dl_dst_mask, vlan, pcp, dl_type, tos, proto, nw_src, nw_src_mask,
     nw_dst, nw_dst_mask, tp_src, tp_dst, label, tc, metadata, metadata_mask) = struct.unpack(
         ">HHII6s6s6s6sHBxHBBIIIIHHIB3xQQ", data)
    arp = dl_type == 0x806
    transport = {1: "icmpv4_type icmpv4_code", 6: "tcp_src tcp_dst", 17: "udp_src udp_dst", 132: "sctp_src sctp_dst"}
    src, dst = transport.get(proto, "tcp_src tcp_dst").split()
    found = {}
    for name, bit, value in (("in_port", IN_PORT_WILD, in_port), ("eth_type", TYPE_WILD, dl_type),
                             ("vlan_pcp", PCP_WILD, pcp), ("ip_dscp", TOS_WILD, tos >> 2),
                             ("arp_op" if arp else "ip_proto", PROTO_WILD, proto), (src, SRC_WILD, tp_src),
                             (dst, DST_WILD, tp_dst), ("mpls_label", LABEL_WILD, label), ("mpls_tc", TC_WILD, tc)):
        if not wild & bit:
            found[name] = (value, None)
    if not wild & VLAN_WILD:
        found["vlan_vid"] = (0x1000, 0x1000) if vlan == VLAN_ANY else (0 if vlan == VLAN_NONE else vlan | 0x1000, None)
    for name, value, mask, size in (("metadata", metadata, metadata_mask, 8), ("eth_src", dl_src, dl_src_mask, 6),
                                    ("eth_dst", dl_dst, dl_dst_mask, 6), ("arp_spa" if arp else "ipv4_src", nw_src, nw_src_mask, 4),
                                    ("arp_tpa" if arp else "ipv4_dst", nw_dst, nw_dst_mask, 4)):
        ones = 2**(8 * size) - 1
        value, mask = (int.from_bytes(one, "big") if isinstance(one, bytes) else one for one in (value, mask))
        if mask != ones:
            found[name] = (value, None if not mask else ones ^ mask)
    return match(*(f(name, *found[name]) for name in SIZES if name in found))


class Peer(wire.Peer):
    def send(self, kind, body=b"", xid=None):
        return super().send(kind, old(kind, body), xid)

    def multipart(self, kind, body=b""):
        data, out = super().multipart(kind, body), b""
        if kind != 1:
            return data
        while data:
            size = struct.unpack(">H", data[:2])[0]
            entry = data[2:48] + oxms(data[48:48 + MATCH_SIZE]) + instructions(data[48 + MATCH_SIZE:size], new_actions)
            out += struct.pack(">H", 2 + len(entry)) + entry
            data = data[size:]
        return out
