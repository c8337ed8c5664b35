"""OpenFlow as bytes, written from the specifications and nothing else: connections, messages, what is expected of them.

Everything is a tuple of numbers or bytes; a check that fails raises Wrong.
"""
import socket
import struct
import time

OF10, OF11, OF12, OF13, OF14, OF15 = range(1, 7)
NO_BUFFER = 0xFFFFFFFF
ANY = 0xFFFFFFFF
IN_PORT, TABLE, NORMAL, FLOOD, ALL, CONTROLLER, LOCAL = (0xFFFFFFF8, 0xFFFFFFF9, 0xFFFFFFFA, 0xFFFFFFFB,
                                                         0xFFFFFFFC, 0xFFFFFFFD, 0xFFFFFFFE)
PATIENCE = 20.0

HELLO, ERROR, ECHO_REQUEST, ECHO_REPLY, EXPERIMENTER, FEATURES_REQUEST, FEATURES_REPLY, GET_CONFIG_REQUEST, \
    GET_CONFIG_REPLY, SET_CONFIG, PACKET_IN, FLOW_REMOVED, PORT_STATUS, PACKET_OUT, FLOW_MOD = range(15)
# from OpenFlow 1.1 on
GROUP_MOD, PORT_MOD, TABLE_MOD, MULTIPART_REQUEST, MULTIPART_REPLY, BARRIER_REQUEST, BARRIER_REPLY = range(15, 22)
QUEUE_CONFIG_REQUEST, QUEUE_CONFIG_REPLY, ROLE_REQUEST, ROLE_REPLY, GET_ASYNC_REQUEST, GET_ASYNC_REPLY, SET_ASYNC, \
    METER_MOD, ROLE_STATUS, TABLE_STATUS, REQUESTFORWARD, BUNDLE_CONTROL, BUNDLE_ADD = range(22, 35)
ASYNC = (PACKET_IN, FLOW_REMOVED, PORT_STATUS, ROLE_STATUS, TABLE_STATUS, REQUESTFORWARD)


class Wrong(Exception):
    """The switch does what the specification does not say."""


def want(what, got, wanted):
    if got != wanted:
        raise Wrong(f"{what}: {got!r} instead of {wanted!r}")


def header(version, kind, length, xid):
    return struct.pack(">BBHI", version, kind, length, xid)


class Message:
    def __init__(self, data):
        self.all = data
        self.version, self.kind, _, self.xid = struct.unpack(">BBHI", data[:8])
        self.body = data[8:]

    def __repr__(self):
        if self.kind == ERROR:
            return "error(%d,%d)" % self.error()
        return f"message(type {self.kind}, {self.body[:64].hex()})"

    def error(self):
        return struct.unpack(">HH", self.body[:4])


class Peer:
    """A controller's end of a connection, in one version."""

    def __init__(self, path, version, hello=True):
        self.path, self.version, self.xid, self.kept = path, version, 100, []
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.sock.settimeout(PATIENCE)
        if hello:
            self.raw(header(version, HELLO, 8, 1))
            want("the switch's first message", self.read().kind, HELLO)

    def close(self):
        self.sock.close()

    def raw(self, data):
        self.sock.sendall(data)

    def read(self, patience=PATIENCE):
        """The next message; None: the switch hung up."""
        self.sock.settimeout(patience)
        data = b""
        length = 8
        while len(data) < length:
            more = self.sock.recv(length - len(data))
            if not more:
                return None
            data += more
            if len(data) == 8:
                length = struct.unpack(">H", data[2:4])[0]
        return Message(data)

    def send(self, kind, body=b"", xid=None):
        if xid is None:
            self.xid += 1
            xid = self.xid
        data = header(self.version, kind, 8 + len(body), xid) + body
        self.raw(data)
        return data

    def barrier_kinds(self):
        return (18, 19) if self.version == OF10 else (BARRIER_REQUEST, BARRIER_REPLY)

    def until_barrier(self):
        """What was answered until a barrier's reply. What nobody asked for is kept."""
        request, reply = self.barrier_kinds()
        xid = struct.unpack(">I", self.send(request)[4:8])[0]
        answers = []
        while True:
            message = self.read()
            if message is None:
                raise Wrong("the switch hung up")
            if message.kind == reply and message.xid == xid:
                return answers
            if message.kind in ASYNC and not (self.version == OF10 and message.kind in (18, 19)):
                self.kept.append(message)
            else:
                answers.append(message)

    def ask(self, kind, body=b""):
        """The answers to one message."""
        request = self.send(kind, body)
        answers = self.until_barrier()
        for answer in answers:
            want("xid", answer.xid, struct.unpack(">I", request[4:8])[0])
            want("version", answer.version, self.version)
        return answers

    def ok(self, kind, body=b""):
        answers = self.ask(kind, body)
        if answers:
            raise Wrong(f"answered by {answers}")

    def one(self, kind, body, reply):
        answers = self.ask(kind, body)
        if len(answers) != 1 or answers[0].kind != reply:
            raise Wrong(f"answered by {answers}")
        return answers[0].body

    def refused(self, kind, body, *codes):
        """Exactly one error, of one of these types and codes, with the head of the message."""
        request = self.send(kind, body)
        self.is_error(request, self.until_barrier(), *codes)

    def is_error(self, request, answers, *codes):
        if len(answers) != 1 or answers[0].kind != ERROR:
            raise Wrong(f"answered by {answers} instead of {codes}")
        if answers[0].error() not in codes:
            raise Wrong(f"{answers[0]} instead of {codes}")
        want("xid of the error", answers[0].xid, struct.unpack(">I", request[4:8])[0])
        data = answers[0].body[4:]
        least = min(len(request), 64)
        if len(data) < least or not request.startswith(data):
            raise Wrong(f"data of the error: {data.hex()} is not the head of {request.hex()}")

    def multipart(self, kind, body=b""):
        """The bodies of all parts, as one."""
        head = struct.pack(">HH", kind, 0) + (b"" if self.version == OF10 else bytes(4))
        size = len(head)
        request, reply = (16, 17) if self.version == OF10 else (MULTIPART_REQUEST, MULTIPART_REPLY)
        parts = self.ask(request, head + body)
        whole = b""
        for i, part in enumerate(parts):
            if part.kind != reply:
                raise Wrong(f"multipart {kind}: answered by {part}")
            number, flags = struct.unpack(">HH", part.body[:4])
            want("type of the part", number, kind)
            want("flags of the part", flags, int(i + 1 < len(parts)))
            whole += part.body[size:]
        if not parts:
            raise Wrong(f"multipart {kind}: no answer")
        return whole

    def multipart_refused(self, kind, body, *codes):
        head = struct.pack(">HH", kind, 0) + (b"" if self.version == OF10 else bytes(4))
        self.refused(16 if self.version == OF10 else MULTIPART_REQUEST, head + body, *codes)

    def told(self, kind, patience=PATIENCE):
        """The next message of a kind that nobody asked for; None: there is none."""
        end = time.monotonic() + patience
        while True:
            for i, message in enumerate(self.kept):
                if message.kind == kind:
                    return self.kept.pop(i)
            left = end - time.monotonic()
            try:
                message = self.read(max(left, 0.001))
            except (TimeoutError, BlockingIOError):
                return None
            if message is None:
                raise Wrong("the switch hung up")
            if message.kind == ECHO_REQUEST:
                self.raw(header(self.version, ECHO_REPLY, len(message.all), message.xid) + message.body)
            else:
                self.kept.append(message)

    def told_nothing(self, kind, patience=0.3):
        message = self.told(kind, patience)
        if message:
            raise Wrong(f"told {message}")

    def forget(self):
        self.until_barrier()
        self.kept.clear()


# ---- OXM, instructions, actions ----

def padded(data):
    return data + bytes(-len(data) % 8)


def bits(value, size):
    return value if isinstance(value, bytes) else value.to_bytes(size, "big")


def oxm(number, size, value, mask=None, oxm_class=0x8000):
    payload = bits(value, size) + (b"" if mask is None else bits(mask, size))
    return struct.pack(">HBB", oxm_class, number << 1 | (mask is not None), len(payload)) + payload


def match(*fields):
    data = b"".join(fields)
    return padded(struct.pack(">HH", 1, 4 + len(data)) + data)


SIZES = dict(in_port=(0, 4), in_phy_port=(1, 4), metadata=(2, 8), eth_dst=(3, 6), eth_src=(4, 6), eth_type=(5, 2),
             vlan_vid=(6, 2), vlan_pcp=(7, 1), ip_dscp=(8, 1), ip_ecn=(9, 1), ip_proto=(10, 1), ipv4_src=(11, 4),
             ipv4_dst=(12, 4), tcp_src=(13, 2), tcp_dst=(14, 2), udp_src=(15, 2), udp_dst=(16, 2), sctp_src=(17, 2),
             sctp_dst=(18, 2), icmpv4_type=(19, 1), icmpv4_code=(20, 1), arp_op=(21, 2), arp_spa=(22, 4),
             arp_tpa=(23, 4), arp_sha=(24, 6), arp_tha=(25, 6), ipv6_src=(26, 16), ipv6_dst=(27, 16),
             ipv6_flabel=(28, 4), icmpv6_type=(29, 1), icmpv6_code=(30, 1), nd_target=(31, 16), nd_sll=(32, 6),
             nd_tll=(33, 6), mpls_label=(34, 4), mpls_tc=(35, 1), mpls_bos=(36, 1), pbb_isid=(37, 3), tunnel_id=(38, 8),
             ipv6_exthdr=(39, 2))


def f(name, value, mask=None):
    number, size = SIZES[name]
    return oxm(number, size, value, mask)


def action(kind, rest=b"", length=None):
    body = struct.pack(">HH", kind, 0) + rest
    body = body.ljust(8, b"\0")
    return body[:2] + struct.pack(">H", len(body) if length is None else length) + body[4:]


def output(port, max_len=0xFFFF):
    return action(0, struct.pack(">IH6x", port, max_len))


def set_field(field):
    return padded(struct.pack(">HH", 25, 4 + len(field) + -(4 + len(field)) % 8) + field)


def group(number):
    return action(22, struct.pack(">I", number))


def instruction(kind, rest):
    return struct.pack(">HH", kind, 4 + len(rest)) + rest


def apply(*actions):
    return instruction(4, bytes(4) + b"".join(actions))


def write(*actions):
    return instruction(3, bytes(4) + b"".join(actions))


def clear():
    return instruction(5, bytes(4))


def goto(table):
    return instruction(1, struct.pack(">B3x", table))


def metadata(value, mask=0xFFFFFFFFFFFFFFFF):
    return instruction(2, struct.pack(">4xQQ", value, mask))


def meter(number):
    return instruction(6, struct.pack(">I", number))


ADD, MODIFY, MODIFY_STRICT, DELETE, DELETE_STRICT = range(5)
SEND_FLOW_REM, CHECK_OVERLAP, RESET_COUNTS, NO_PKT_COUNTS, NO_BYT_COUNTS = 1, 2, 4, 8, 16


def flow_mod(command=ADD, table=0, fields=(), do=b"", priority=0x8000, cookie=0, cookie_mask=0, idle=0, hard=0,
             buffer=NO_BUFFER, out_port=ANY, out_group=ANY, flags=0, importance=0, matching=None):
    """Of OpenFlow 1.1 and later."""
    return struct.pack(">QQBBHHHIIIHH", cookie, cookie_mask, table, command, idle, hard, priority, buffer, out_port,
                       out_group, flags, importance) + (matching or match(*fields)) + do


def packet_out(data, *actions, port=CONTROLLER, buffer=NO_BUFFER, actions_len=None):
    """Of OpenFlow 1.1 to 1.4."""
    todo = b"".join(actions)
    return struct.pack(">IIH6x", buffer, port, len(todo) if actions_len is None else actions_len) + todo + data


def bucket(*actions, weight=0, watch_port=ANY, watch_group=ANY, length=None):
    todo = b"".join(actions)
    size = 16 + len(todo) if length is None else length
    return struct.pack(">HHII4x", size, weight, watch_port, watch_group) + todo


def group_mod(command, kind, number, *buckets):
    """Of OpenFlow 1.1 to 1.4."""
    return struct.pack(">HBxI", command, kind, number) + b"".join(buckets)


def band(kind=1, rate=1000, burst=100, rest=bytes(4)):
    return struct.pack(">HHII", kind, 12 + len(rest), rate, burst) + rest


def meter_mod(command, flags, number, *bands):
    return struct.pack(">HHI", command, flags, number) + b"".join(bands)


def flow_request(table=0xFF, fields=(), out_port=ANY, out_group=ANY, cookie=0, cookie_mask=0):
    return struct.pack(">B3xII4xQQ", table, out_port, out_group, cookie, cookie_mask) + match(*fields)


class Flow:
    """An entry of OpenFlow 1.1's to 1.4's flow statistics."""

    def __init__(self, data):
        (_, self.table, self.sec, self.nsec, self.priority, self.idle, self.hard, self.flags, self.importance,
         self.cookie, self.packets, self.bytes) = struct.unpack(">HBxIIHHHHH2xQQQ", data[:48])
        size = struct.unpack(">H", data[50:52])[0]
        self.match = data[48:48 + size]
        self.todo = data[48 + size + -size % 8:]


def flows(peer, **filters):
    data = peer.multipart(1, flow_request(**filters))
    found = []
    while data:
        size = struct.unpack(">H", data[:2])[0]
        found.append(Flow(data[:size]))
        data = data[size:]
    return sorted(found, key=lambda flow: (flow.table, flow.priority, flow.match))


def aggregate(peer, **filters):
    return struct.unpack(">QQI4x", peer.multipart(2, flow_request(**filters)))


def clean(peer):
    """No flows, groups or meters."""
    if peer.version == OF10:
        peer.ok(FLOW_MOD, struct.pack(">I36xQHHHHIHH", 0x3FFFFF, 0, DELETE, 0, 0, 0, NO_BUFFER, 0xFFFF, 0))
        peer.forget()
        return
    peer.ok(FLOW_MOD, flow_mod(DELETE, table=0xFF))
    if peer.version == OF15:
        peer.ok(GROUP_MOD, struct.pack(">HBxIH2xI", 2, 0, 0xFFFFFFFC, 0, 0xFFFFFFFF))
    else:
        peer.ok(GROUP_MOD, group_mod(2, 0, 0xFFFFFFFC))
    if peer.version >= OF13:
        peer.ok(METER_MOD, meter_mod(2, 0, 0xFFFFFFFF))
    peer.forget()
