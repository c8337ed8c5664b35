"""How a conversation begins, and who may say what: sections 6.3, 7.3.9, 7.3.10 and 7.5.1 of OpenFlow 1.3.5."""
import struct

from errors_13 import role, table_features
from wire import *

VERSION = OF13


def greet(peer, data):
    """What comes behind the switch's HELLO."""
    other = Peer(peer.path, OF13, hello=False)
    want("first", other.read().kind, HELLO)
    other.raw(data)
    return other


def speaks(peer, data, version):
    other = greet(peer, data)
    other.version = version
    want("echo", other.one(ECHO_REQUEST, b"abc", ECHO_REPLY), b"abc")
    other.close()


def fails(peer, data):
    other = greet(peer, data)
    answer = other.read()
    want("an error", answer and answer.kind, ERROR)
    want("its code", answer.error(), (0, 0))
    want("xid", answer.xid, struct.unpack(">I", data[4:8])[0])
    answer.body[4:].decode("ascii")
    want("then", other.read(), None)


def hello(version, bitmap=None, rest=b""):
    body = rest + (b"" if bitmap is None else struct.pack(">HHI", 1, 8, bitmap))
    return header(version, HELLO, 8 + len(body), 3) + body


def check_versions(peer):
    for version in range(1, 7):
        speaks(peer, hello(version), version)
    # a later version than there is: the highest of ours
    speaks(peer, hello(0x63), OF15)
    # by bitmap: the highest that both have, whatever the header says
    speaks(peer, hello(4, 1 << 4), OF13)
    speaks(peer, hello(4, 1 << 1 | 1 << 4), OF13)
    speaks(peer, hello(6, 1 << 1), OF10)
    speaks(peer, hello(9, 1 << 9 | 1 << 5), OF14)
    # elements that nobody knows
    speaks(peer, hello(4, 1 << 4, struct.pack(">HHI", 77, 8, 0)), OF13)
    speaks(peer, hello(4, None, struct.pack(">HHI", 77, 8, 0)), OF13)
    # and what is none at all
    for version in OF10, OF13:
        speaks(peer, hello(version, None, b"no element of HELLO"), version)


def check_no_version(peer):
    fails(peer, hello(0))
    fails(peer, hello(4, 1 << 9))
    fails(peer, hello(4, 0))


def check_our_hello(peer):
    other = Peer(peer.path, OF13, hello=False)
    message = other.read()
    want("version", message.version, OF15)
    want("bitmap", message.body, struct.pack(">HHI", 1, 8, 0x7E))
    other.close()


def check_something_else_first(peer):
    other = greet(peer, header(4, ECHO_REQUEST, 8, 9))
    answer = other.read()
    want("an error", answer and answer.kind, ERROR)
    want("then", other.read(), None)


# ---- roles ----

def ask_role(peer, kind, generation=0):
    return struct.unpack(">I4xQ", peer.one(ROLE_REQUEST, role(kind, generation), ROLE_REPLY))


def check_roles(peer):
    other = Peer(peer.path, peer.version)
    want("at first", ask_role(peer, 0)[0], 1)
    base = ask_role(peer, 0)[1]
    base = 0 if base == 2**64 - 1 else base + 1
    want("master", ask_role(peer, 2, base), (2, base))
    want("another master", ask_role(other, 2, base + 5), (2, base + 5))
    want("who was it", ask_role(peer, 0)[0], 3)
    # stale
    peer.refused(ROLE_REQUEST, role(2, base + 4), (11, 0))
    peer.refused(ROLE_REQUEST, role(3, base + 4), (11, 0))
    want("still", ask_role(peer, 0)[0], 3)
    # generations go around, and count for nothing for who wants to be equal
    want("equal", ask_role(peer, 1, 0)[0], 1)
    want("the same generation", ask_role(peer, 3, base + 5)[0], 3)
    want("master stays", ask_role(other, 0)[0], 2)
    other.close()


def check_generations_go_around(peer):
    base = ask_role(peer, 0)[1]
    base = 0 if base == 2**64 - 1 else base
    half = (base + 2**63 - 1) % 2**64
    want("far ahead", ask_role(peer, 2, half)[0], 2)
    peer.refused(ROLE_REQUEST, role(2, (half - 1) % 2**64), (11, 0))
    again = (half + 2**63 - 1) % 2**64
    want("around", ask_role(peer, 2, again)[0], 2)
    want("and on", ask_role(peer, 2, (again + 2) % 2**64)[0], 2)


def check_slave(peer):
    base = ask_role(peer, 0)[1]
    want("slave", ask_role(peer, 3, 0 if base == 2**64 - 1 else base)[0], 3)
    for kind, body in ((FLOW_MOD, flow_mod(do=apply(output(1)))), (GROUP_MOD, group_mod(0, 0, 1)),
                       (METER_MOD, meter_mod(0, 1, 1, band())), (PACKET_OUT, packet_out(bytes(60), output(1))),
                       (PORT_MOD, bytes(32)), (TABLE_MOD, bytes(8))):
        peer.refused(kind, body, (1, 10))
    peer.multipart_refused(12, table_features(), (1, 10), (13, 5))
    # it may read, and say how it wants to be told
    want("flows", flows(peer), [])
    peer.ok(SET_CONFIG, struct.pack(">HH", 0, 100))
    peer.one(GET_CONFIG_REQUEST, b"", GET_CONFIG_REPLY)
    peer.one(FEATURES_REQUEST, b"", FEATURES_REPLY)
    peer.ok(SET_ASYNC, struct.pack(">IIIIII", 7, 7, 7, 7, 15, 15))
    want("equal again", ask_role(peer, 1)[0], 1)
    peer.ok(FLOW_MOD, flow_mod(do=apply(output(1))))


# ---- what is told ----

def check_async(peer):
    got = struct.unpack(">6I", peer.one(GET_ASYNC_REQUEST, b"", GET_ASYNC_REPLY))
    want("at first", got, (3, 0, 7, 7, 15, 0))
    peer.ok(SET_ASYNC, struct.pack(">6I", 1, 2, 3, 4, 5, 6))
    want("then", struct.unpack(">6I", peer.one(GET_ASYNC_REQUEST, b"", GET_ASYNC_REPLY)), (1, 2, 3, 4, 5, 6))


def check_slave_is_told(peer):
    """By default a slave hears of ports alone."""
    base = ask_role(peer, 0)[1]
    peer.ok(SET_CONFIG, struct.pack(">HH", 0, 0xFFFF))
    peer.ok(FLOW_MOD, flow_mod(flags=SEND_FLOW_REM))
    ask_role(peer, 3, 0 if base == 2**64 - 1 else base)
    other = Peer(peer.path, peer.version)
    other.ok(SET_CONFIG, struct.pack(">HH", 0, 0xFFFF))
    other.ok(FLOW_MOD, flow_mod(DELETE))
    want("the other", other.told(FLOW_REMOVED) is not None, True)
    peer.told_nothing(FLOW_REMOVED)
    peer.ok(SET_ASYNC, struct.pack(">6I", 7, 7, 7, 7, 15, 15))
    other.ok(FLOW_MOD, flow_mod(flags=SEND_FLOW_REM))
    other.ok(FLOW_MOD, flow_mod(DELETE))
    want("who asked", peer.told(FLOW_REMOVED) is not None, True)
    other.close()


def check_messages_in_one_piece_or_many(peer):
    data = b"".join(header(4, ECHO_REQUEST, 9, n) + b"x" for n in range(200))
    peer.raw(data)
    want("echoes", len(peer.until_barrier()), 200)
    for n in range(0, 90, 1):
        peer.raw(data[n:n + 1])
    want("echoes", len(peer.until_barrier()), 10)
