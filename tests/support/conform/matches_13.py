"""Every match field of OpenFlow 1.3, with masks where they are allowed: section 7.2.3."""
import struct

import frames
from wire import *

VERSION = OF13
IP4, IP6, ARP = f("eth_type", 0x0800), f("eth_type", 0x86DD), f("eth_type", 0x0806)


def proto(number, first=IP4):
    return (first, f("ip_proto", number))


class Wires:
    def __init__(self, peer):
        self.peer = peer
        self.port = {n: frames.Port(f"p{n}") for n in range(1, 5)}

    def takes(self, fields, yes, no, by=1):
        """Frames that match, and that do not: by port 2, or by port 3."""
        clean(self.peer)
        self.peer.ok(FLOW_MOD, flow_mod(fields=fields, do=apply(output(2))))
        self.peer.ok(FLOW_MOD, flow_mod(priority=0, do=apply(output(3))))
        flow = flows(self.peer, out_port=2)[0]
        want("the match", padded(flow.match), match(*fields))
        for frame in yes:
            self.goes(frame, by, 2, 3)
        for frame in no:
            self.goes(frame, by, 3, 2)

    def goes(self, frame, by, to, never):
        self.port[by].send(frame)
        if self.port[to].take() is None:
            raise Wrong(f"not by port {to}: {frame.hex()}, {self.port[never].take(0.01)}")


def exact(peer, name, fields, value, good, bad):
    Wires(peer).takes(fields + (f(name, value),), [good], [bad])


def masked(peer, name, fields, value, mask, good, bad):
    Wires(peer).takes(fields + (f(name, value, mask),), [good], [bad])


def check_ethernet(peer):
    one, other = frames.udp(dst=b"\2bcdef"), frames.udp(dst=b"\2bcdeg")
    exact(peer, "eth_dst", (), b"\2bcdef", one, other)
    masked(peer, "eth_dst", (), bytes(5) + b"\6", bytes(5) + b"\7", one, other)
    masked(peer, "eth_dst", (), b"\1" + bytes(5), b"\1" + bytes(5), frames.udp(dst=frames.EVERY), one)
    one, other = frames.udp(src=b"\2bcdef"), frames.udp(src=b"\4bcdef")
    exact(peer, "eth_src", (), b"\2bcdef", one, other)
    masked(peer, "eth_src", (), b"\2" + bytes(5), b"\xff" + bytes(5), one, other)
    exact(peer, "eth_type", (), 0x88B5, frames.eth(0x88B5), frames.eth(0x88B6))


def check_port_and_metadata(peer):
    wires = Wires(peer)
    wires.takes((f("in_port", 1),), [frames.udp()], [])
    wires.takes((f("in_port", 4),), [], [frames.udp()])
    wires.takes((f("in_port", 1), f("in_phy_port", 1)), [frames.udp()], [])
    wires.takes((f("metadata", 0, 0xFF),), [frames.udp()], [])
    wires.takes((f("metadata", 1),), [], [frames.udp()])
    wires.takes((f("tunnel_id", 0),), [frames.udp()], [])
    wires.takes((f("tunnel_id", 5, 0xFF),), [], [frames.udp()])


def check_vlan(peer):
    plain, seven, eight, priority = (frames.udp(size=64), frames.udp(tag=7), frames.udp(tag=8),
                                     frames.udp(tag=0xA000))
    wires = Wires(peer)
    wires.takes((f("vlan_vid", 0),), [plain], [seven, priority])
    wires.takes((f("vlan_vid", 0x1000, 0x1000),), [seven, eight, priority], [plain])
    wires.takes((f("vlan_vid", 0x1007),), [seven], [eight, plain])
    wires.takes((f("vlan_vid", 0x1008, 0x1008),), [eight], [seven, plain])
    wires.takes((f("vlan_vid", 0x1000), f("vlan_pcp", 5)), [priority], [seven])
    wires.takes((f("vlan_vid", 0x1000, 0x1000), f("vlan_pcp", 5)), [priority, frames.udp(tag=0xA007)], [seven])
    # the type behind the tag is the one that counts
    wires.takes((IP4,), [seven, plain], [frames.arp(tag=7)])


def check_ip(peer):
    one, other = frames.udp(tos=0xB9), frames.udp(tos=0x02)
    exact(peer, "ip_dscp", (IP4,), 46, one, other)
    exact(peer, "ip_ecn", (IP4,), 1, one, other)
    six, more = frames.ipv6(59, tos=0xB9), frames.ipv6(59, tos=0x02)
    exact(peer, "ip_dscp", (IP6,), 46, six, more)
    exact(peer, "ip_ecn", (IP6,), 1, six, more)
    exact(peer, "ip_proto", (IP4,), 17, frames.udp(), frames.tcp())
    exact(peer, "ip_proto", (IP6,), 58, frames.icmp6(128), frames.ipv6(59))
    exact(peer, "ip_proto", (IP4,), 0, frames.ipv4(0), frames.udp())


def check_ipv4(peer):
    one, other = frames.udp(src="10.1.2.3", dst="10.9.8.7"), frames.udp(src="10.1.3.3", dst="11.9.8.7")
    exact(peer, "ipv4_src", (IP4,), 0x0A010203, one, other)
    exact(peer, "ipv4_dst", (IP4,), 0x0A090807, one, other)
    masked(peer, "ipv4_src", (IP4,), 0x0A010200, 0xFFFFFF00, one, other)
    masked(peer, "ipv4_dst", (IP4,), 0x0A000000, 0xFF000000, one, other)
    masked(peer, "ipv4_src", (IP4,), 0x00000200, 0x0000FF00, one, other)
    masked(peer, "ipv4_dst", (IP4,), 0x00090007, 0x01FF00FF, one, other)


def check_transport(peer):
    for number, name, make in ((6, "tcp", frames.tcp), (17, "udp", frames.udp), (132, "sctp", frames.sctp)):
        exact(peer, name + "_src", proto(number), 1000, make(), make(src=1001))
        exact(peer, name + "_dst", proto(number), 2000, make(), make(dst=2001))
    one = frames.ipv6(17, struct.pack(">HHHH", 5, 6, 8, 0))
    other = frames.ipv6(17, struct.pack(">HHHH", 7, 8, 8, 0))
    exact(peer, "udp_src", proto(17, IP6), 5, one, other)
    exact(peer, "udp_dst", proto(17, IP6), 6, one, other)


def check_icmp(peer):
    exact(peer, "icmpv4_type", proto(1), 8, frames.icmp(), frames.icmp(kind=0))
    exact(peer, "icmpv4_code", proto(1), 3, frames.icmp(kind=3, code=3), frames.icmp(kind=3, code=1))
    exact(peer, "icmpv6_type", proto(58, IP6), 128, frames.icmp6(128), frames.icmp6(129))
    exact(peer, "icmpv6_code", proto(58, IP6), 4, frames.icmp6(1, 4), frames.icmp6(1, 3))


def check_arp(peer):
    arp = (ARP,)
    one, other = frames.arp(), frames.arp(op=2, sha=frames.B, tha=b"abcdef", spa="10.7.0.1", tpa="11.0.0.2")
    exact(peer, "arp_op", arp, 1, one, other)
    exact(peer, "arp_spa", arp, 0x0A000001, one, other)
    exact(peer, "arp_tpa", arp, 0x0A000002, one, other)
    exact(peer, "arp_sha", arp, frames.A, one, other)
    exact(peer, "arp_tha", arp, b"abcdef", other, one)
    masked(peer, "arp_spa", arp, 0x0A000000, 0xFFFF0000, one, other)
    masked(peer, "arp_tpa", arp, 0x0A000000, 0xFF000000, one, other)
    masked(peer, "arp_sha", arp, bytes(5) + b"\x0a", bytes(5) + b"\xff", one, other)
    masked(peer, "arp_tha", arp, bytes(6), b"\xff" + bytes(5), one, other)


def check_ipv6(peer):
    six = (IP6,)
    one = frames.ipv6(59, src="fd00:1::1", dst="fd00:2::1", label=0x12345)
    other = frames.ipv6(59, src="fd00:3::2", dst="fd00:4::2", label=0x54321)
    exact(peer, "ipv6_src", six, 0xFD000001 << 96 | 1, one, other)
    exact(peer, "ipv6_dst", six, 0xFD000002 << 96 | 1, one, other)
    masked(peer, "ipv6_src", six, 0xFD000001 << 96, 0xFFFFFFFF << 96, one, other)
    masked(peer, "ipv6_dst", six, 1, 0xFF, one, other)
    exact(peer, "ipv6_flabel", six, 0x12345, one, other)
    masked(peer, "ipv6_flabel", six, 0x10000, 0xF0000, one, other)


def check_ipv6_extensions(peer):
    six = (IP6,)
    hop = frames.ipv6(0, struct.pack(">BB6s", 59, 0, b"\1\4\0\0\0\0"))
    fragment = frames.ipv6(44, struct.pack(">BBHI", 17, 0, 1, 7) + bytes(8))
    none = frames.ipv6(17, bytes(8))
    masked(peer, "ipv6_exthdr", six, 1 << 6, 1 << 6, hop, none)
    masked(peer, "ipv6_exthdr", six, 1 << 4, 1 << 4, fragment, hop)
    masked(peer, "ipv6_exthdr", six, 1 << 0, 1 << 0, hop, none)


def check_neighbours(peer):
    target = bytes.fromhex("fd000000000000000000000000000009")
    other = bytes.fromhex("fd000000000000000000000000000008")
    solicit = [frames.icmp6(135, 0, bytes(4) + one + b"\1\1" + address)
               for one, address in ((target, b"abcdef"), (other, b"ghijkl"))]
    advert = [frames.icmp6(136, 0, bytes(4) + one + b"\2\1" + address)
              for one, address in ((target, b"abcdef"), (other, b"ghijkl"))]
    for kind, pair in ((135, solicit), (136, advert)):
        fields = proto(58, IP6) + (f("icmpv6_type", kind),)
        exact(peer, "nd_target", fields, target, *pair)
    exact(peer, "nd_sll", proto(58, IP6) + (f("icmpv6_type", 135),), b"abcdef", *solicit)
    exact(peer, "nd_tll", proto(58, IP6) + (f("icmpv6_type", 136),), b"abcdef", *advert)


def check_mpls(peer):
    def mpls(label, tc, bottom):
        return frames.eth(0x8847, struct.pack(">I", label << 12 | tc << 9 | bottom << 8 | 64) + bytes(20))

    fields = (f("eth_type", 0x8847),)
    exact(peer, "mpls_label", fields, 0xABCDE, mpls(0xABCDE, 1, 1), mpls(0xABCDD, 1, 1))
    exact(peer, "mpls_tc", fields, 1, mpls(5, 1, 1), mpls(5, 2, 1))
    exact(peer, "mpls_bos", fields, 1, mpls(5, 1, 1), mpls(5, 1, 0))


def check_pbb(peer):
    def pbb(isid):
        return frames.eth(0x88E7, struct.pack(">I", isid) + frames.udp())

    fields = (f("eth_type", 0x88E7),)
    exact(peer, "pbb_isid", fields, 0x123456, pbb(0x123456), pbb(0x123457))
    masked(peer, "pbb_isid", fields, 0x120000, 0xFF0000, pbb(0x123456), pbb(0x133456))


def check_masks_of_all_and_of_nothing(peer):
    """A mask of ones is none; a mask of zeros leaves the field out."""
    peer.ok(FLOW_MOD, flow_mod(fields=(f("eth_dst", b"\2bcdef", b"\xff" * 6), f("metadata", 0, 0)), do=apply(output(2))))
    want("match", padded(flows(peer)[0].match), match(f("eth_dst", b"\2bcdef")))


def check_all_at_once(peer):
    fields = (f("in_port", 1), f("eth_dst", frames.B), f("eth_src", frames.A), IP4, f("vlan_vid", 0x1007),
              f("vlan_pcp", 3), f("ip_dscp", 46), f("ip_ecn", 1), f("ip_proto", 6), f("ipv4_src", 0x0A000001),
              f("ipv4_dst", 0x0A000002), f("tcp_src", 1000), f("tcp_dst", 2000))
    peer.ok(FLOW_MOD, flow_mod(fields=fields, do=apply(output(2))))
    want("the match", padded(flows(peer)[0].match), match(*fields))
    first, second = frames.Port("p1"), frames.Port("p2")
    first.send(frames.tcp(tag=0x6007, tos=0xB9))
    if second.take() is None:
        raise Wrong("it does not match")
    first.send(frames.tcp(tag=0x6007, tos=0xB9, dst=b"\2\0\0\0\0\7"))
    want("another", second.take(0.3), None)
