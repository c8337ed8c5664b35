"""What is refused in OpenFlow 1.3, and how: every type of error, by section 7.4.4 of the specification."""
import struct

from wire import *

VERSION = OF13
ETH_IP = f("eth_type", 0x0800)


def refused_flow(peer, *codes, **mod):
    """A flow mod is refused, and leaves nothing behind."""
    peer.refused(FLOW_MOD, flow_mod(**mod), *codes)
    want("flows", len(flows(peer)), 0)


# ---- BAD_REQUEST ----

def check_bad_version(peer):
    request = header(9, ECHO_REQUEST, 8, 77)
    peer.raw(request)
    peer.is_error(request, peer.until_barrier(), (1, 0))


def check_bad_type(peer):
    for kind in (35, 99, 255):
        peer.refused(kind, b"", (1, 1))
    # what only a switch says
    peer.refused(FEATURES_REPLY, bytes(24), (1, 1))
    peer.refused(PACKET_IN, bytes(40), (1, 1))
    peer.refused(BARRIER_REPLY, b"", (1, 1))


def check_bad_multipart(peer):
    for kind in (14, 99, 0xFFFE):
        peer.multipart_refused(kind, b"", (1, 2))


def check_bad_experimenter(peer):
    peer.refused(EXPERIMENTER, struct.pack(">II", 0x00ABCDEF, 1), (1, 3))
    peer.multipart_refused(0xFFFF, struct.pack(">II", 0x00ABCDEF, 1), (1, 3))


def check_bad_experimenter_type(peer):
    peer.refused(EXPERIMENTER, struct.pack(">II", 0x2320, 9999), (1, 4))
    peer.multipart_refused(0xFFFF, struct.pack(">II", 0x2320, 9999), (1, 4))


def check_bad_length(peer):
    for kind, body in ((FEATURES_REQUEST, b"\0" * 4), (GET_CONFIG_REQUEST, b"\0" * 8), (SET_CONFIG, b"\0" * 3),
                       (SET_CONFIG, b"\0" * 8), (PACKET_OUT, b"\0" * 8), (FLOW_MOD, b"\0" * 8), (GROUP_MOD, b"\0" * 4),
                       (PORT_MOD, b"\0" * 16), (PORT_MOD, b"\0" * 40), (TABLE_MOD, b"\0" * 4),
                       (MULTIPART_REQUEST, b"\0" * 4), (BARRIER_REQUEST, b"\0" * 8), (ROLE_REQUEST, b"\0" * 8),
                       (GET_ASYNC_REQUEST, b"\0" * 8), (SET_ASYNC, b"\0" * 16), (METER_MOD, b"\0" * 4),
                       (QUEUE_CONFIG_REQUEST, b"\0" * 4), (EXPERIMENTER, b"\0" * 2)):
        peer.refused(kind, body, (1, 6))
    for kind, body in ((0, bytes(8)), (1, bytes(16)), (2, bytes(8)), (3, bytes(4)), (4, bytes(4)), (6, bytes(4)),
                       (7, bytes(8)), (8, bytes(8)), (9, bytes(4)), (10, bytes(4)), (11, bytes(8)), (13, bytes(8))):
        peer.multipart_refused(kind, body, (1, 6))


def check_shorter_than_its_header(peer):
    request = header(4, ECHO_REQUEST, 7, 5)
    peer.raw(request)
    answer = peer.read()
    want("an error", answer and answer.kind, ERROR)
    want("its code", answer.error(), (1, 6))
    want("then", peer.read(), None)


def check_buffer_unknown(peer):
    peer.refused(PACKET_OUT, packet_out(b"", output(1), buffer=4711), (1, 8), (1, 7))
    refused_flow(peer, (1, 8), (1, 7), buffer=4711, do=apply(output(1)))
    peer.refused(FLOW_MOD, flow_mod(MODIFY, buffer=4711, do=apply(output(1))), (1, 8), (1, 7))


def check_packet_out_port(peer):
    for port in (0, 0xFFFFFFF8, 0xFFFFFFFB, 0xFFFFFF01):
        peer.refused(PACKET_OUT, packet_out(bytes(60), output(1), port=port), (1, 11))


def check_packet_out_packet(peer):
    peer.refused(PACKET_OUT, packet_out(b"", output(1)), (1, 12))
    peer.refused(PACKET_OUT, packet_out(bytes(10), output(1)), (1, 12))


def check_packet_out_actions(peer):
    peer.refused(PACKET_OUT, packet_out(b"", output(1), actions_len=100), (1, 6), (2, 1))
    peer.refused(PACKET_OUT, packet_out(bytes(60), output(ANY)), (2, 4))
    peer.refused(PACKET_OUT, packet_out(bytes(60), action(99)), (2, 0))
    peer.refused(PACKET_OUT, packet_out(bytes(60), group(4711)), (2, 9))


# ---- BAD_ACTION ----

def bad_actions(peer, code, *actions, fields=()):
    for one in actions:
        for do in (apply(one), write(one)):
            refused_flow(peer, code, fields=fields, do=do)
        peer.refused(PACKET_OUT, packet_out(bytes(60), one), code, (2, 10))
        peer.refused(GROUP_MOD, group_mod(0, 0, 1, bucket(one)), code, (2, 10))


def check_action_type(peer):
    bad_actions(peer, (2, 0), action(1), action(10), action(28), action(99), action(0xFFFE))


def check_action_length(peer):
    bad_actions(peer, (2, 1), action(0, bytes(4)), action(0, bytes(20)), action(22, bytes(12)), action(18, bytes(12)))
    for length in (0, 4, 12, 32):
        bad_actions(peer, (2, 1), action(0, struct.pack(">IH6x", 1, 0), length))


def check_action_experimenter(peer):
    bad_actions(peer, (2, 2), action(0xFFFF, struct.pack(">I", 0x00ABCDEF)))
    bad_actions(peer, (2, 3), action(0xFFFF, struct.pack(">IHxxxxxx", 0x2320, 9999)))


def check_action_port(peer):
    bad_actions(peer, (2, 4), output(ANY), output(0xFFFFFF01), output(0xFF01), output(0x12345678))


def check_action_queue(peer):
    """Of numbers that no queue can have."""
    bad_actions(peer, (2, 8), action(21, struct.pack(">I", 0xFFFFFFFF)), action(21, struct.pack(">I", 0xFFFFFFFA)))
    peer.ok(FLOW_MOD, flow_mod(do=apply(action(21, struct.pack(">I", 77)), output(1))))


def check_action_argument(peer):
    bad_actions(peer, (2, 5), action(17, struct.pack(">H", 0x1234)), action(19, struct.pack(">H", 0x0800)),
                action(26, struct.pack(">H", 0x8100)))


def check_action_group(peer):
    bad_actions(peer, (2, 9), group(4711))


def check_action_inconsistent(peer):
    tcp = (ETH_IP, f("ip_proto", 6))
    for field, fields in ((f("ipv4_src", 1), ()), (f("tcp_src", 1), ()), (f("tcp_src", 1), (ETH_IP,)),
                          (f("udp_dst", 1), tcp), (f("arp_op", 1), (ETH_IP,)), (f("ipv6_src", 1), (ETH_IP,)),
                          (f("vlan_pcp", 1), ()), (f("vlan_vid", 0x1001), ()), (f("mpls_label", 1), ()),
                          (f("icmpv4_type", 1), tcp), (f("ip_dscp", 1), ())):
        for do in (apply(set_field(field)), write(set_field(field))):
            refused_flow(peer, (2, 10), fields=fields, do=do)
    # but so they go together
    peer.ok(FLOW_MOD, flow_mod(fields=tcp, do=apply(set_field(f("tcp_src", 1)))))
    peer.ok(FLOW_MOD, flow_mod(do=apply(action(17, struct.pack(">H", 0x8100)), set_field(f("vlan_vid", 0x1001)))))


def check_action_set(peer):
    for field in (oxm(100, 4, 0), oxm(3, 6, 0, oxm_class=0x7777), f("eth_type", 0x800), f("ip_proto", 6),
                  f("eth_dst", 0, 0)):
        bad_actions(peer, (2, 13), set_field(field))
    for field in (oxm(3, 4, 0), oxm(0, 2, 1), oxm(10, 2, 1)):
        bad_actions(peer, (2, 14), set_field(field))
    tagged = (f("vlan_vid", 0x1000, 0x1000),)
    for field, fields in ((f("vlan_vid", 0x2001), tagged), (f("vlan_vid", 1), tagged), (f("vlan_pcp", 8), tagged),
                          (f("ip_dscp", 64), (ETH_IP,)), (f("ip_ecn", 4), (ETH_IP,)),
                          (f("mpls_label", 1 << 20), (f("eth_type", 0x8847),)),
                          (f("ipv6_flabel", 1 << 20), (f("eth_type", 0x86DD),))):
        refused_flow(peer, (2, 15), fields=fields, do=apply(set_field(field)))


def check_action_in_no_set(peer):
    """A bucket without actions is one; a set_field may come twice."""
    peer.ok(FLOW_MOD, flow_mod(do=write()))
    peer.ok(FLOW_MOD, flow_mod(do=write(set_field(f("eth_dst", 1)), set_field(f("eth_src", 1)), output(1))))


# ---- BAD_INSTRUCTION ----

def check_instruction_type(peer):
    for kind in (0, 7, 99, 0xFFFE):
        refused_flow(peer, (3, 0), do=instruction(kind, bytes(4)))


def check_instruction_table(peer):
    for table, to in ((0, 0), (5, 4), (5, 5), (0, 255), (254, 254)):
        refused_flow(peer, (3, 2), table=table, do=goto(to))


def check_instruction_experimenter(peer):
    refused_flow(peer, (3, 5), do=instruction(0xFFFF, struct.pack(">I", 0x00ABCDEF)))


def check_instruction_length(peer):
    for do in (struct.pack(">HHI", 1, 4, 0), struct.pack(">HHI", 1, 12, 0), 
               instruction(1, bytes(12)), instruction(2, bytes(12)), instruction(6, bytes(12)),
               struct.pack(">HHI", 4, 64, 0)):
        refused_flow(peer, (3, 7), do=do)


# ---- BAD_MATCH ----

def check_match_type(peer):
    refused_flow(peer, (4, 0), matching=struct.pack(">HHI", 0, 4, 0))
    refused_flow(peer, (4, 0), matching=struct.pack(">HHI", 2, 4, 0))
    peer.multipart_refused(1, flow_request()[:32] + struct.pack(">HHI", 0, 4, 0), (4, 0))


def check_match_length(peer):
    for length in (0, 3, 100):
        refused_flow(peer, (4, 1), matching=struct.pack(">HHI", 1, length, 0))
    for field in (oxm(0, 2, 1), oxm(3, 4, 0), oxm(5, 4, 0), struct.pack(">HBB", 0x8000, 6, 6) + bytes(2)):
        refused_flow(peer, (4, 1), fields=(field,))


def check_match_field(peer):
    for field in (oxm(100, 4, 0), oxm(3, 6, 0, oxm_class=0x7777), oxm(0, 4, 0xABCDEF, oxm_class=0xFFFF)):
        refused_flow(peer, (4, 6), fields=(field,))


def check_match_value(peer):
    tagged = f("vlan_vid", 0x1001)
    for fields in ((f("in_port", 0xFF01),), (f("vlan_vid", 0x2001),),
                   (tagged, f("vlan_pcp", 8)), (ETH_IP, f("ip_dscp", 64)), (ETH_IP, f("ip_ecn", 4)),
                   (f("eth_type", 0x86DD), f("ipv6_flabel", 1 << 20)), (f("eth_type", 0x8847), f("mpls_label", 1 << 20)),
                   (f("eth_type", 0x8847), f("mpls_tc", 8)), (f("eth_type", 0x8847), f("mpls_bos", 2))):
        refused_flow(peer, (4, 7), fields=fields)


def check_match_mask(peer):
    for fields in ((f("in_port", 1, 0xFFFF),), (f("eth_type", 0x0800, 0xFF00),), (f("eth_type", 0x0800, 0xFFFF),),
                   (ETH_IP, f("ip_proto", 6, 0xFE)), (ETH_IP, f("ip_dscp", 8, 0x38)),
                   (f("vlan_vid", 0x1001), f("vlan_pcp", 4, 4)), (f("eth_type", 0x0806), f("arp_op", 1, 1))):
        refused_flow(peer, (4, 8), fields=fields)


def check_match_wildcards(peer):
    """Bits of a value that its mask leaves out."""
    for fields in ((f("eth_dst", 0xFF, 0xF0),), (f("metadata", 3, 1),), (ETH_IP, f("ipv4_src", 0x0A000001, 0xFF000000))):
        refused_flow(peer, (4, 5), fields=fields)


def check_match_prerequisite(peer):
    ip6, tcp, udp = f("eth_type", 0x86DD), f("ip_proto", 6), f("ip_proto", 17)
    arp, mpls = f("eth_type", 0x0806), f("eth_type", 0x8847)
    for fields in ((f("in_phy_port", 1),), (f("vlan_pcp", 1),), (f("vlan_vid", 0), f("vlan_pcp", 1)), (f("ip_dscp", 1),),
                   (f("ip_ecn", 1),), (f("ip_proto", 6),), (arp, f("ip_proto", 6)), (f("ipv4_src", 1),),
                   (ip6, f("ipv4_dst", 1)), (f("tcp_src", 1),), (ETH_IP, f("tcp_src", 1)), (ETH_IP, udp, f("tcp_dst", 1)),
                   (ETH_IP, tcp, f("udp_src", 1)), (ETH_IP, tcp, f("udp_dst", 1)), (ETH_IP, tcp, f("sctp_src", 1)),
                   (ETH_IP, tcp, f("sctp_dst", 1)), (ETH_IP, tcp, f("icmpv4_type", 1)), (ETH_IP, f("icmpv4_code", 1)),
                   (f("arp_op", 1),), (ETH_IP, f("arp_spa", 1)), (f("arp_tpa", 1),), (f("arp_sha", 1),), (f("arp_tha", 1),),
                   (ETH_IP, f("ipv6_src", 1)), (f("ipv6_dst", 1),), (ETH_IP, f("ipv6_flabel", 1)),
                   (ETH_IP, f("ip_proto", 58), f("icmpv6_type", 1)), (ip6, f("icmpv6_code", 1)),
                   (ip6, f("ip_proto", 58), f("nd_target", 1)),
                   (ip6, f("ip_proto", 58), f("icmpv6_type", 136), f("nd_sll", 1)),
                   (ip6, f("ip_proto", 58), f("icmpv6_type", 135), f("nd_tll", 1)), (f("mpls_label", 1),),
                   (ETH_IP, f("mpls_tc", 1)), (f("mpls_bos", 1),), (f("pbb_isid", 1),), (mpls, f("pbb_isid", 1)),
                   (f("ipv6_exthdr", 1),), (f("ipv4_src", 1), ETH_IP), (tcp, ETH_IP)):
        refused_flow(peer, (4, 9), fields=fields)


def check_match_twice(peer):
    for fields in ((f("in_port", 1), f("in_port", 1)), (f("eth_dst", 1), f("eth_dst", 2)), (ETH_IP, ETH_IP),
                   (f("metadata", 1, 1), f("metadata", 2, 2))):
        refused_flow(peer, (4, 10), fields=fields)
        peer.multipart_refused(1, flow_request(fields=fields), (4, 10))
        peer.multipart_refused(2, flow_request(fields=fields), (4, 10))


# ---- FLOW_MOD_FAILED ----

def check_flow_table(peer):
    for command in (ADD, MODIFY, MODIFY_STRICT):
        refused_flow(peer, (5, 2), command=command, table=255)


def check_flow_command(peer):
    refused_flow(peer, (5, 6), command=5)
    refused_flow(peer, (5, 6), command=255)


def check_flow_flags(peer):
    refused_flow(peer, (5, 7), flags=0x20)
    refused_flow(peer, (5, 7), flags=0x8000)


def check_flow_overlap(peer):
    peer.ok(FLOW_MOD, flow_mod(fields=(f("in_port", 1),), do=apply(output(2))))
    peer.refused(FLOW_MOD, flow_mod(fields=(f("eth_dst", 5),), flags=CHECK_OVERLAP), (5, 3))
    peer.refused(FLOW_MOD, flow_mod(fields=(f("in_port", 1), f("eth_dst", 5)), flags=CHECK_OVERLAP), (5, 3))
    peer.refused(FLOW_MOD, flow_mod(flags=CHECK_OVERLAP), (5, 3))
    # others do not overlap: of another priority, another table, other packets
    peer.ok(FLOW_MOD, flow_mod(fields=(f("eth_dst", 5),), flags=CHECK_OVERLAP, priority=1))
    peer.ok(FLOW_MOD, flow_mod(fields=(f("eth_dst", 5),), flags=CHECK_OVERLAP, table=1))
    peer.ok(FLOW_MOD, flow_mod(fields=(f("in_port", 2),), flags=CHECK_OVERLAP))
    want("flows", len(flows(peer)), 4)


# ---- GROUP_MOD_FAILED ----

def check_group_exists(peer):
    peer.ok(GROUP_MOD, group_mod(0, 0, 1))
    peer.refused(GROUP_MOD, group_mod(0, 0, 1), (6, 0))


def check_group_invalid(peer):
    for number in (0xFFFFFF01, 0xFFFFFFFC, 0xFFFFFFFF):
        peer.refused(GROUP_MOD, group_mod(0, 0, number), (6, 1))
    # indirect groups have one bucket; what is said of a bucket must be of its kind of group
    peer.refused(GROUP_MOD, group_mod(0, 2, 1), (6, 1))
    peer.refused(GROUP_MOD, group_mod(0, 2, 1, bucket(output(1)), bucket(output(2))), (6, 1))
    peer.refused(GROUP_MOD, group_mod(0, 0, 1, bucket(output(1), weight=5)), (6, 1))


def check_group_loop(peer):
    peer.ok(GROUP_MOD, group_mod(0, 0, 1))
    peer.ok(GROUP_MOD, group_mod(0, 0, 2, bucket(group(1))))
    peer.refused(GROUP_MOD, group_mod(1, 0, 1, bucket(group(2))), (6, 7))
    peer.refused(GROUP_MOD, group_mod(1, 0, 1, bucket(group(1))), (6, 7))
    peer.refused(GROUP_MOD, group_mod(0, 0, 3, bucket(group(3))), (6, 7), (2, 9))


def check_group_unknown(peer):
    peer.refused(GROUP_MOD, group_mod(1, 0, 4711), (6, 8))
    peer.ok(GROUP_MOD, group_mod(2, 0, 4711))


def check_group_chained(peer):
    peer.ok(GROUP_MOD, group_mod(0, 0, 1))
    peer.ok(GROUP_MOD, group_mod(0, 0, 2, bucket(group(1))))
    peer.refused(GROUP_MOD, group_mod(2, 0, 1), (6, 9))


def check_group_type(peer):
    peer.refused(GROUP_MOD, group_mod(0, 4, 1), (6, 10))
    peer.refused(GROUP_MOD, group_mod(0, 255, 1), (6, 10))


def check_group_command(peer):
    for command in (3, 5, 99, 0xFFFF):
        peer.refused(GROUP_MOD, group_mod(command, 0, 1), (6, 11))


def check_group_bucket(peer):
    for length in (0, 8, 15, 20, 64):
        peer.refused(GROUP_MOD, group_mod(0, 0, 1, bucket(length=length)), (6, 12))


def check_group_watch(peer):
    peer.refused(GROUP_MOD, group_mod(0, 3, 1, bucket(output(1))), (6, 13), (6, 1))
    peer.refused(GROUP_MOD, group_mod(0, 3, 1, bucket(output(1), watch_port=0xFFFFFF01)), (6, 13))
    peer.refused(GROUP_MOD, group_mod(0, 3, 1, bucket(output(1), watch_group=4711)), (6, 13))
    peer.ok(GROUP_MOD, group_mod(0, 3, 1, bucket(output(1), watch_port=1)))


def check_group_bad_mods_change_nothing(peer):
    peer.ok(GROUP_MOD, group_mod(0, 0, 1, bucket(output(1))))
    peer.refused(GROUP_MOD, group_mod(1, 0, 1, bucket(output(ANY))), (2, 4))
    want("buckets", len(peer.multipart(7)), 8 + 32)


# ---- PORT_MOD_FAILED, TABLE_MOD_FAILED, SWITCH_CONFIG_FAILED ----

def port_mod(port, address, config=0, mask=0, advertise=0):
    return struct.pack(">I4x6s2xIII4x", port, address, config, mask, advertise)


def a_port(peer):
    """The address of port 1."""
    data = peer.multipart(13)
    while struct.unpack(">I", data[:4])[0] != 1:
        data = data[64:]
    return data[8:14]


def check_port_mod(peer):
    address = a_port(peer)
    for port in (0, 4711, ALL, CONTROLLER, ANY):
        peer.refused(PORT_MOD, port_mod(port, address), (7, 0))
    peer.refused(PORT_MOD, port_mod(1, b"\x02abcde"), (7, 1))
    peer.refused(PORT_MOD, port_mod(1, address, 1 << 1, 1 << 1), (7, 2))
    peer.refused(PORT_MOD, port_mod(1, address, 1 << 31, 1 << 31), (7, 2))
    peer.refused(PORT_MOD, port_mod(1, address, advertise=1 << 31), (7, 3))
    peer.ok(PORT_MOD, port_mod(1, address))


def check_table_mod(peer):
    peer.ok(TABLE_MOD, struct.pack(">BxxxI", 0, 0))
    peer.ok(TABLE_MOD, struct.pack(">BxxxI", 255, 3))
    peer.refused(TABLE_MOD, struct.pack(">BxxxI", 0, 4), (8, 1))


def check_set_config(peer):
    for flags in (2, 4, 0x8000):
        peer.refused(SET_CONFIG, struct.pack(">HH", flags, 128), (10, 0))
    want("flags", peer.one(GET_CONFIG_REQUEST, b"", GET_CONFIG_REPLY), struct.pack(">HH", 0, 128))


# ---- ROLE_REQUEST_FAILED ----

def role(kind, generation=0):
    return struct.pack(">I4xQ", kind, generation)


def check_role(peer):
    peer.refused(ROLE_REQUEST, role(4), (11, 2))
    peer.refused(ROLE_REQUEST, role(0xFFFFFFFF), (11, 2))


# ---- METER_MOD_FAILED ----

def check_meter(peer):
    peer.ok(METER_MOD, meter_mod(0, 1, 1, band()))
    peer.refused(METER_MOD, meter_mod(0, 1, 1, band()), (12, 1))
    for number in (0, 0xFFFF0001, 0xFFFFFFFF):
        peer.refused(METER_MOD, meter_mod(0, 1, number, band()), (12, 2))
    peer.refused(METER_MOD, meter_mod(1, 1, 4711, band()), (12, 3))
    peer.ok(METER_MOD, meter_mod(2, 1, 4711))
    peer.refused(METER_MOD, meter_mod(3, 1, 2, band()), (12, 4))
    peer.refused(METER_MOD, meter_mod(0, 0x10, 2, band()), (12, 5))
    peer.refused(METER_MOD, meter_mod(0, 3, 2, band()), (12, 5))
    peer.refused(METER_MOD, meter_mod(0, 1, 2, band(rate=0)), (12, 6))
    peer.refused(METER_MOD, meter_mod(0, 1, 2, band(kind=3)), (12, 8))
    peer.refused(METER_MOD, meter_mod(0, 1, 2, *[band()] * 200), (12, 11))
    refused_flow(peer, (12, 2), (12, 3), do=meter(4711))
    for kind in (9, 10):
        peer.multipart_refused(kind, struct.pack(">I4x", 4711), (12, 3))


def check_meter_band_length(peer):
    peer.refused(METER_MOD, meter_mod(0, 1, 2, band(rest=bytes(12))), (1, 6), (12, 8))
    peer.refused(METER_MOD, meter_mod(0, 1, 2, band()[:8]), (1, 6), (12, 8))


# ---- TABLE_FEATURES_FAILED ----

def table_features(table=0, length=None, properties=b""):
    size = 64 + len(properties) if length is None else length
    return struct.pack(">HB5x32sQQII", size, table, b"t", 2**64 - 1, 2**64 - 1, 0, 1000) + properties


def check_table_features(peer):
    peer.multipart_refused(12, table_features(), (13, 5))
    peer.multipart_refused(12, table_features(table=255), (13, 0))
    peer.multipart_refused(12, table_features(length=32), (13, 3))
    peer.multipart_refused(12, table_features(length=128), (13, 3))
    peer.multipart_refused(12, table_features(properties=struct.pack(">HHI", 99, 4, 0)), (13, 2))
    peer.multipart_refused(12, table_features(properties=struct.pack(">HHI", 0, 2, 0)), (13, 3))
    peer.multipart_refused(12, table_features(properties=struct.pack(">HHI", 0, 200, 0)), (13, 3))


# ---- what is read of messages in wrong order ----

def check_hello_again(peer):
    peer.ok(HELLO)


def check_error_is_heard(peer):
    peer.ok(ERROR, struct.pack(">HH", 1, 1) + bytes(8))
