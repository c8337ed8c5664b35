"""What OpenFlow 1.0 has in another form."""
import struct

from wire import *

NONE = 0xFFFF
LOCAL_10, CONTROLLER_10, ALL_10, FLOOD_10, NORMAL_10, TABLE_10, IN_PORT_10 = (0xFFFE, 0xFFFD, 0xFFFC, 0xFFFB, 0xFFFA,
                                                                             0xFFF9, 0xFFF8)
STATS_REQUEST, STATS_REPLY, BARRIER_REQUEST_10, BARRIER_REPLY_10, QUEUE_CONFIG_10 = range(16, 21)
PORT_MOD_10 = 15
WILD = dict(in_port=1 << 0, dl_vlan=1 << 1, dl_src=1 << 2, dl_dst=1 << 3, dl_type=1 << 4, nw_proto=1 << 5,
            tp_src=1 << 6, tp_dst=1 << 7, nw_src=63 << 8, nw_dst=63 << 14, dl_vlan_pcp=1 << 20, nw_tos=1 << 21)


def match_10(wildcards=None, src_bits=0, dst_bits=0, **fields):
    """Fields that are given count; of addresses all but so many low bits."""
    wild = 0x3FFFFF
    for name in fields:
        wild &= ~WILD[name]
    if "nw_src" in fields:
        wild |= src_bits << 8
    if "nw_dst" in fields:
        wild |= dst_bits << 14
    get = fields.get
    return struct.pack(">IH6s6sHBxHBBxxIIHH", wild if wildcards is None else wildcards, get("in_port", 0),
                       get("dl_src", bytes(6)), get("dl_dst", bytes(6)), get("dl_vlan", 0), get("dl_vlan_pcp", 0),
                       get("dl_type", 0), get("nw_tos", 0), get("nw_proto", 0), get("nw_src", 0), get("nw_dst", 0),
                       get("tp_src", 0), get("tp_dst", 0))


def output_10(port, max_len=0xFFFF):
    return struct.pack(">HHHH", 0, 8, port, max_len)


def flow_mod_10(command=ADD, fields=None, do=b"", priority=0x8000, cookie=0, idle=0, hard=0, buffer=NO_BUFFER,
                out_port=NONE, flags=0):
    return (fields or match_10()) + struct.pack(">QHHHHIHH", cookie, command, idle, hard, priority, buffer, out_port,
                                                flags) + do


def packet_out_10(data, *actions, port=NONE, buffer=NO_BUFFER, actions_len=None):
    todo = b"".join(actions)
    return struct.pack(">IHH", buffer, port, len(todo) if actions_len is None else actions_len) + todo + data


def request_10(fields=None, table=0xFF, out_port=NONE):
    return (fields or match_10()) + struct.pack(">BxH", table, out_port)


class Flow10:
    def __init__(self, data):
        _, self.table = struct.unpack(">HBx", data[:4])
        self.match = data[4:44]
        (self.sec, self.nsec, self.priority, self.idle, self.hard, self.cookie, self.packets,
         self.bytes) = struct.unpack(">IIHHH6xQQQ", data[44:88])
        self.todo = data[88:]


def flows_10(peer, **filters):
    data = peer.multipart(1, request_10(**filters))
    found = []
    while data:
        size = struct.unpack(">H", data[:2])[0]
        found.append(Flow10(data[:size]))
        data = data[size:]
    return sorted(found, key=lambda flow: (flow.priority, flow.match))


def aggregate_10(peer, **filters):
    return struct.unpack(">QQI4x", peer.multipart(2, request_10(**filters)))
