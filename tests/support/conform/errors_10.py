"""What is refused in OpenFlow 1.0, and how: section 5.4.4 of the specification."""
import struct

from wire_10 import *

VERSION = OF10


def refused_flow(peer, *codes, **mod):
    peer.refused(FLOW_MOD, flow_mod_10(**mod), *codes)
    want("flows", len(flows_10(peer)), 0)


def check_bad_version(peer):
    request = header(4, ECHO_REQUEST, 8, 77)
    peer.raw(request)
    peer.is_error(request, peer.until_barrier(), (1, 0))


def check_bad_type(peer):
    for kind in (22, 99, 255):
        peer.refused(kind, b"", (1, 1))


def check_bad_stat(peer):
    peer.multipart_refused(99, b"", (1, 2))
    peer.multipart_refused(6, b"", (1, 2))


def check_bad_vendor(peer):
    peer.refused(EXPERIMENTER, struct.pack(">I", 0x00ABCDEF), (1, 3))
    peer.multipart_refused(0xFFFF, struct.pack(">I", 0x00ABCDEF), (1, 3))
    peer.refused(EXPERIMENTER, struct.pack(">II", 0x2320, 9999), (1, 4))


def check_bad_length(peer):
    for kind, body in ((FEATURES_REQUEST, bytes(4)), (GET_CONFIG_REQUEST, bytes(8)), (SET_CONFIG, bytes(8)),
                       (FLOW_MOD, bytes(40)), (PORT_MOD_10, bytes(8)), (PACKET_OUT, bytes(4)),
                       (BARRIER_REQUEST_10, bytes(4)), (STATS_REQUEST, bytes(2)), (QUEUE_CONFIG_10, bytes(2))):
        peer.refused(kind, body, (1, 6))
    for kind, body in ((0, bytes(8)), (1, bytes(40)), (2, bytes(48)), (3, bytes(4)), (4, bytes(4)), (5, bytes(4))):
        peer.multipart_refused(kind, body, (1, 6))


def check_buffer_unknown(peer):
    peer.refused(PACKET_OUT, packet_out_10(b"", output_10(1), buffer=4711), (1, 8), (1, 7))
    refused_flow(peer, (1, 8), (1, 7), buffer=4711, do=output_10(1))


def bad_actions(peer, code, *actions):
    for one in actions:
        refused_flow(peer, code, do=one)
        peer.refused(PACKET_OUT, packet_out_10(bytes(60), one), code)


def check_action_type(peer):
    bad_actions(peer, (2, 0), action(12), action(99))


def check_action_length(peer):
    bad_actions(peer, (2, 1), action(0, bytes(12)), action(0, length=0), action(0, length=4), action(0, length=64),
                action(4), action(11))


def check_action_vendor(peer):
    bad_actions(peer, (2, 2), action(0xFFFF, struct.pack(">I", 0x00ABCDEF)))
    bad_actions(peer, (2, 3), action(0xFFFF, struct.pack(">IHxxxxxx", 0x2320, 9999)))


def check_action_port(peer):
    bad_actions(peer, (2, 4), output_10(NONE), output_10(0xFF01), output_10(0xFFF0))
    refused_flow(peer, (2, 4), do=action(11, struct.pack(">H6xI", NONE, 1)))


def check_action_queue(peer):
    """Of numbers that no queue can have."""
    for queue in 0xFFFFFFFF, 0xFFFFFFFA:
        bad_actions(peer, (2, 8), action(11, struct.pack(">H6xI", 1, queue)))
    peer.ok(FLOW_MOD, flow_mod_10(do=action(11, struct.pack(">H6xI", 1, 77))))


def check_action_argument(peer):
    bad_actions(peer, (2, 5), action(1, struct.pack(">H", 4096)), action(2, struct.pack(">B", 8)),
                action(8, struct.pack(">B", 3)))


def check_flow_overlap(peer):
    peer.ok(FLOW_MOD, flow_mod_10(fields=match_10(in_port=1), do=output_10(2)))
    peer.refused(FLOW_MOD, flow_mod_10(fields=match_10(dl_type=0x800), flags=2, do=output_10(2)), (3, 1))
    peer.ok(FLOW_MOD, flow_mod_10(fields=match_10(dl_type=0x800), flags=2, priority=1, do=output_10(2)))
    peer.ok(FLOW_MOD, flow_mod_10(fields=match_10(in_port=2), flags=2, do=output_10(1)))


def check_flow_command(peer):
    refused_flow(peer, (3, 4), command=5)
    refused_flow(peer, (3, 4), command=0xFFFF)


def check_flow_emergency(peer):
    """There is no room for emergency flows, and they have no timeouts."""
    for idle, hard in ((1, 0), (0, 1), (1, 1)):
        refused_flow(peer, (3, 3), flags=4, idle=idle, hard=hard, do=output_10(1))
    refused_flow(peer, (3, 0), flags=4, do=output_10(1))


def port_mod(port, address, config=0, mask=0):
    return struct.pack(">H6sIII4x", port, address, config, mask, 0)


def a_port(peer):
    data = peer.one(FEATURES_REQUEST, b"", FEATURES_REPLY)[24:]
    while struct.unpack(">H", data[:2])[0] != 1:
        data = data[48:]
    return data[:48]


def check_port_mod(peer):
    address = a_port(peer)[2:8]
    for port in (0, 4711, 0xFFFC, NONE):
        peer.refused(PORT_MOD_10, port_mod(port, address), (4, 0))
    peer.refused(PORT_MOD_10, port_mod(1, b"\x02abcde"), (4, 1))
    peer.ok(PORT_MOD_10, port_mod(1, address))


def check_queue_of_no_port(peer):
    peer.refused(QUEUE_CONFIG_10, struct.pack(">H2x", 4711), (5, 0))
    peer.refused(QUEUE_CONFIG_10, struct.pack(">H2x", 0), (5, 0))
