"""Instructions and actions on packets in OpenFlow 1.3: sections 5.9 to 5.12."""
import struct

import frames
from wire import *

VERSION = OF13
ETH_IP = f("eth_type", 0x0800)
PUSH_VLAN, POP_VLAN, PUSH_MPLS, POP_MPLS = 17, 18, 19, 20
SET_MPLS_TTL, DEC_MPLS_TTL, SET_NW_TTL, DEC_NW_TTL, COPY_TTL_OUT, COPY_TTL_IN = 15, 16, 23, 24, 11, 12


def pushes(kind, ethertype):
    return action(kind, struct.pack(">H", ethertype))


class Wires:
    def __init__(self, peer):
        self.peer = peer
        self.port = {n: frames.Port(f"p{n}") for n in range(1, 5)}

    def flow(self, *fields, do, table=0, priority=0x8000):
        self.peer.ok(FLOW_MOD, flow_mod(fields=fields, do=do, table=table, priority=priority))

    def sends(self, frame, **wanted):
        """What comes out: p2=frame, p3=[frame, frame]; nothing of others."""
        for port in self.port.values():
            port.drain()
        self.port[1].send(frame)
        for n, port in self.port.items():
            frames_wanted = wanted.get(f"p{n}", [])
            frames_wanted = frames_wanted if isinstance(frames_wanted, list) else [frames_wanted]
            got = []
            while len(got) < len(frames_wanted):
                one = port.take()
                if one is None:
                    raise Wrong(f"port {n}: no frame {len(got) + 1}")
                got.append(one)
            for one, other in zip(got, frames_wanted):
                if one != other:
                    raise Wrong(f"port {n}: {one.hex()} instead of {other.hex()}")
        if more := frames.more_at(self.port):
            raise Wrong(f"port {more[0]}: {more[1].hex()}, which nobody wanted")


def changed(peer, before, after, *actions, fields=()):
    """What apply_actions and write_actions make of a frame."""
    wires = Wires(peer)
    wires.flow(*fields, do=apply(*actions, output(2)))
    wires.sends(before, p2=after)
    wires.flow(*fields, do=write(*actions, output(2)))
    wires.sends(before, p2=after)


def check_goto(peer):
    wires = Wires(peer)
    wires.flow(do=goto(10))
    wires.sends(frames.udp())
    wires.flow(do=apply(output(2)), table=10)
    wires.sends(frames.udp(), p2=frames.udp())
    wires.flow(do=apply(output(3)) + goto(254))
    wires.flow(do=apply(output(4)), table=254)
    wires.sends(frames.udp(), p3=frames.udp(), p4=frames.udp())


def check_metadata(peer):
    wires = Wires(peer)
    wires.flow(do=metadata(0x1234, 0xFFFF) + goto(1))
    wires.flow(do=metadata(0xFF00, 0xFF00) + goto(2), table=1)
    wires.flow(f("metadata", 0xFF34), do=apply(output(2)), table=2)
    wires.flow(f("metadata", 0x34, 0xFF), do=apply(output(3)), table=2, priority=1)
    wires.sends(frames.udp(), p2=frames.udp())
    wires.flow(do=goto(2), table=1)
    wires.sends(frames.udp(), p3=frames.udp())


def check_action_set(peer):
    """Written actions wait for the end of the pipeline; of one type the last counts; output comes last."""
    wires = Wires(peer)
    wires.flow(do=write(output(3), set_field(f("eth_dst", 1))) + goto(1))
    wires.flow(do=write(output(2), set_field(f("eth_dst", 2))) + goto(2), table=1)
    wires.flow(do=apply(output(4)), table=2)
    wires.sends(frames.udp(), p4=frames.udp(), p2=frames.udp(dst=bytes(5) + b"\2"))


def check_clear(peer):
    wires = Wires(peer)
    wires.flow(do=write(output(3)) + goto(1))
    wires.flow(do=clear(), table=1)
    wires.sends(frames.udp())
    # in one flow it clears what was written before it, not what it writes itself
    wires.flow(do=write(output(2)) + clear(), table=1)
    wires.sends(frames.udp(), p2=frames.udp())


def check_order_of_instructions(peer):
    """They are carried out in the order of the specification, however they stand in the message."""
    wires = Wires(peer)
    wires.flow(do=goto(1) + write(output(3)) + apply(set_field(f("eth_dst", 5)), output(2)))
    wires.flow(do=b"", table=1)
    frame = frames.udp(dst=bytes(5) + b"\5")
    wires.sends(frames.udp(), p2=frame, p3=frame)


def check_set_without_output(peer):
    wires = Wires(peer)
    wires.flow(do=write(set_field(f("eth_dst", 5))))
    wires.sends(frames.udp())


def check_group_in_a_set(peer):
    """With a group in the set its output is not taken."""
    wires = Wires(peer)
    peer.ok(GROUP_MOD, group_mod(0, 2, 1, bucket(output(3))))
    wires.flow(do=write(output(2), group(1)))
    wires.sends(frames.udp(), p3=frames.udp())


def check_order_in_a_set(peer):
    """copy TTL in, pop, push MPLS, push VLAN, copy out, decrement, set, output: however they stand there."""
    wires = Wires(peer)
    wires.flow(do=write(output(2), set_field(f("vlan_vid", 0x1005)), pushes(PUSH_VLAN, 0x8100)))
    wires.sends(frames.udp(size=64), p2=frames.udp(tag=5, size=68))


def check_miss_in_a_later_table(peer):
    """The action set is done all the same."""
    wires = Wires(peer)
    wires.flow(do=write(output(2)) + goto(1))
    wires.sends(frames.udp(), p2=frames.udp())  # as in Open vSwitch


def check_outputs(peer):
    wires = Wires(peer)
    frame = frames.udp()
    for port, out in ((IN_PORT, dict(p1=frame)), (1, {}), (ALL, dict(p2=frame, p3=frame, p4=frame)),
                      (FLOOD, dict(p2=frame, p3=frame, p4=frame)), (NORMAL, dict(p2=frame, p3=frame, p4=frame)),
                      (4711, {}), (LOCAL, {})):
        wires.flow(do=apply(output(port)))
        wires.sends(frame, **out)
    wires.flow(do=apply(output(2), output(2)))
    wires.sends(frame, p2=[frame, frame])
    wires.flow(do=b"")
    wires.sends(frame)


def check_set_fields_of_ethernet(peer):
    changed(peer, frames.udp(), frames.udp(dst=b"abcdef"), set_field(f("eth_dst", b"abcdef")))
    changed(peer, frames.udp(), frames.udp(src=b"abcdef"), set_field(f("eth_src", b"abcdef")))


def check_set_fields_of_ip(peer):
    ip = (ETH_IP,)
    changed(peer, frames.udp(), frames.udp(src="1.2.3.4"), set_field(f("ipv4_src", 0x01020304)), fields=ip)
    changed(peer, frames.udp(), frames.udp(dst="1.2.3.4"), set_field(f("ipv4_dst", 0x01020304)), fields=ip)
    changed(peer, frames.udp(tos=3), frames.udp(tos=63), set_field(f("ip_dscp", 15)), fields=ip)
    changed(peer, frames.udp(tos=0xFC), frames.udp(tos=0xFE), set_field(f("ip_ecn", 2)), fields=ip)
    changed(peer, frames.udp(), frames.udp(ttl=9), action(SET_NW_TTL, b"\x09"), fields=ip)
    changed(peer, frames.udp(), frames.udp(ttl=63), action(DEC_NW_TTL), fields=ip)


def check_set_fields_of_transport(peer):
    for proto, make, src, dst in ((17, frames.udp, "udp_src", "udp_dst"), (6, frames.tcp, "tcp_src", "tcp_dst"),
                                  (132, frames.sctp, "sctp_src", "sctp_dst")):
        fields = (ETH_IP, f("ip_proto", proto))
        wires = Wires(peer)
        for name, at, value in ((src, 0, 777), (dst, 2, 888)):
            wires.flow(*fields, do=apply(set_field(f(name, value)), output(2)))
            wires.port[2].drain()
            wires.port[1].send(make())
            got = wires.port[2].take()
            if got is None:
                raise Wrong(f"{name}: nothing came")
            want(name, struct.unpack(">H", got[34 + at:36 + at])[0], value)


def check_set_fields_of_arp(peer):
    arp = (f("eth_type", 0x0806),)
    changed(peer, frames.arp(), frames.arp(op=2), set_field(f("arp_op", 2)), fields=arp)
    changed(peer, frames.arp(), frames.arp(spa="1.2.3.4"), set_field(f("arp_spa", 0x01020304)), fields=arp)
    changed(peer, frames.arp(), frames.arp(tpa="1.2.3.4"), set_field(f("arp_tpa", 0x01020304)), fields=arp)
    changed(peer, frames.arp(), frames.arp(sha=b"abcdef"), set_field(f("arp_sha", b"abcdef")), fields=arp)
    changed(peer, frames.arp(), frames.arp(tha=b"abcdef"), set_field(f("arp_tha", b"abcdef")), fields=arp)


def check_set_fields_of_icmp(peer):
    icmp = (ETH_IP, f("ip_proto", 1))
    changed(peer, frames.icmp(), frames.icmp(kind=0), set_field(f("icmpv4_type", 0)), fields=icmp)
    changed(peer, frames.icmp(), frames.icmp(code=7), set_field(f("icmpv4_code", 7)), fields=icmp)


def check_set_fields_of_ipv6(peer):
    ip6 = (f("eth_type", 0x86DD),)
    before = frames.ipv6(59, size=80)
    changed(peer, before, frames.ipv6(59, src="fd00::9", size=80), set_field(f("ipv6_src", 0xFD00 << 112 | 9)), fields=ip6)
    changed(peer, before, frames.ipv6(59, dst="fd00::9", size=80), set_field(f("ipv6_dst", 0xFD00 << 112 | 9)), fields=ip6)
    changed(peer, before, frames.ipv6(59, label=0x12345, size=80), set_field(f("ipv6_flabel", 0x12345)), fields=ip6)
    changed(peer, before, frames.ipv6(59, tos=60, size=80), set_field(f("ip_dscp", 15)), fields=ip6)
    changed(peer, before, frames.ipv6(59, hops=63, size=80), action(DEC_NW_TTL), fields=ip6)


def check_vlan(peer):
    plain, tagged = frames.udp(size=64), frames.udp(tag=0x6005, size=68)
    wires = Wires(peer)
    changed(peer, plain, frames.udp(tag=0, size=68), pushes(PUSH_VLAN, 0x8100))
    changed(peer, tagged, plain, action(POP_VLAN))
    vid = (f("vlan_vid", 0x1000, 0x1000),)
    clean(peer)
    changed(peer, tagged, frames.udp(tag=0x6007, size=68), set_field(f("vlan_vid", 0x1007)), fields=vid)
    changed(peer, tagged, frames.udp(tag=0x2005, size=68), set_field(f("vlan_pcp", 1)), fields=vid)
    # a second tag takes the numbers of the first
    want_frame = tagged[:12] + struct.pack(">HH", 0x88A8, 0x6005) + tagged[12:]
    clean(peer)
    changed(peer, tagged, want_frame, pushes(PUSH_VLAN, 0x88A8))


def mpls(label, ttl, payload, tc=0, bos=1):
    return frames.eth(0x8847, struct.pack(">I", label << 12 | tc << 9 | bos << 8 | ttl) + payload)


def check_mpls(peer):
    packet = frames.udp(data=b"x" * 40)
    inside = packet[14:]
    changed(peer, packet, mpls(0, 64, inside), pushes(PUSH_MPLS, 0x8847), fields=(ETH_IP,))
    labels = (f("eth_type", 0x8847),)
    clean(peer)
    before = mpls(5, 9, inside)
    changed(peer, before, mpls(7, 9, inside), set_field(f("mpls_label", 7)), fields=labels)
    changed(peer, before, mpls(5, 9, inside, tc=3), set_field(f("mpls_tc", 3)), fields=labels)
    changed(peer, before, mpls(5, 8, inside), action(DEC_MPLS_TTL), fields=labels)
    changed(peer, before, mpls(5, 33, inside), action(SET_MPLS_TTL, b"\x21"), fields=labels)
    changed(peer, before, packet, pushes(POP_MPLS, 0x0800), fields=labels)
    clean(peer)
    two = mpls(5, 9, struct.pack(">I", 6 << 12 | 1 << 8 | 77) + inside, bos=0)
    changed(peer, two, mpls(5, 77, struct.pack(">I", 6 << 12 | 1 << 8 | 77) + inside, bos=0), action(COPY_TTL_OUT),
            fields=labels)
    changed(peer, two, mpls(5, 9, struct.pack(">I", 6 << 12 | 1 << 8 | 9) + inside, bos=0), action(COPY_TTL_IN),
            fields=labels)


def check_ttl_too_low(peer):
    """A TTL that would be zero: the packet is not forwarded."""
    wires = Wires(peer)
    wires.flow(ETH_IP, do=apply(action(DEC_NW_TTL), output(2)))
    wires.sends(frames.udp(ttl=1))
    wires.sends(frames.udp(ttl=0))
    wires.sends(frames.udp(ttl=2), p2=frames.udp(ttl=1))


def check_list_goes_on(peer):
    """Apply-actions: each output sees what the actions before it made of the packet."""
    wires = Wires(peer)
    a, b = f("eth_dst", b"aaaaaa"), f("eth_dst", b"bbbbbb")
    wires.flow(do=apply(output(2), set_field(a), output(3), set_field(b), output(4)))
    wires.sends(frames.udp(), p2=frames.udp(), p3=frames.udp(dst=b"aaaaaa"), p4=frames.udp(dst=b"bbbbbb"))
