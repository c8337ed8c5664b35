"""What a switch says of itself in OpenFlow 1.3: sections 7.3.1 to 7.3.5."""
import struct
import subprocess
import time

import frames
from errors_13 import a_port, port_mod, role
from wire import *

VERSION = OF13


def check_features(peer):
    body = peer.one(FEATURES_REQUEST, b"", FEATURES_REPLY)
    datapath, buffers, tables, auxiliary, can, reserved = struct.unpack(">QIBB2xII", body)
    want("datapath", datapath, 0xAB)
    want("auxiliary connection, reserved", (auxiliary, reserved), (0, 0))
    if tables < 2:
        raise Wrong(f"{tables} tables")
    want("flows, tables, ports, groups, queues", can & 0x4F, 0x4F)
    want("bits that there are", can & ~0x16F, 0)
    del buffers


def check_echo(peer):
    for data in (b"", b"a", b"x" * 1000, b"y" * 65527):
        want("data", peer.one(ECHO_REQUEST, data, ECHO_REPLY), data)


def check_config(peer):
    for flags, length in ((0, 128), (1, 0), (0, 0xFFFF), (0, 64)):
        peer.ok(SET_CONFIG, struct.pack(">HH", flags, length))
        want("configuration", peer.one(GET_CONFIG_REQUEST, b"", GET_CONFIG_REPLY), struct.pack(">HH", flags, length))


def check_fragments(peer):
    """OFPC_FRAG_DROP: fragments are dropped, others not."""
    first, second = frames.Port("p1"), frames.Port("p2")
    fragment = frames.ipv4(17, bytes(32), frag=0x2000)
    peer.ok(FLOW_MOD, flow_mod(do=apply(output(2))))
    first.send(fragment)
    want("normally", second.take(), fragment)
    peer.ok(SET_CONFIG, struct.pack(">HH", 1, 128))
    try:
        first.send(fragment)
        want("fragment", second.take(0.3), None)
        first.send(frames.udp())
        want("others", second.take(), frames.udp())
    finally:
        peer.ok(SET_CONFIG, struct.pack(">HH", 0, 128))
    first.send(fragment)
    want("again", second.take(), fragment)


def check_description(peer):
    body = peer.multipart(0)
    want("length", len(body), 1056)
    for at, size in ((0, 256), (256, 256), (512, 256), (768, 32), (800, 256)):
        text = body[at:at + size].split(b"\0")[0]
        if not text or len(text) == size:
            raise Wrong(f"text at {at}: {text}")


def ports(peer):
    data = peer.multipart(13)
    want("length", len(data) % 64, 0)
    return {struct.unpack(">I", data[at:at + 4])[0]: data[at:at + 64] for at in range(0, len(data), 64)}


def check_ports(peer):
    found = ports(peer)
    want("numbers", sorted(found), [1, 2, 3, 4, LOCAL])
    for n in range(1, 5):
        address, name, config, state = struct.unpack(">8x6s2x16sII", found[n][:40])
        want("port", (address, name.rstrip(b"\0"), config, state), (bytes([2, 0, 0, 0, 1, n]), b"v%d" % n, 0, 4))


def check_port_state(peer):
    peer.forget()
    subprocess.run(["ip", "link", "set", "p4", "down"], check=True)
    try:
        message = peer.told(PORT_STATUS)
        want("a status", message is not None, True)
        want("reason, port", (message.body[0], struct.unpack(">I", message.body[8:12])[0]), (2, 4))
        want("state", struct.unpack(">I", message.body[44:48])[0] & 1, 1)
    finally:
        subprocess.run(["ip", "link", "set", "p4", "up"], check=True)
    while (message := peer.told(PORT_STATUS)) and struct.unpack(">I", message.body[44:48])[0] & 1:
        pass
    want("up again", struct.unpack(">I", ports(peer)[4][36:40])[0], 4)


def check_port_configuration(peer):
    address = ports(peer)[2][8:14]
    first, second = frames.Port("p1"), frames.Port("p2")
    peer.ok(FLOW_MOD, flow_mod(fields=(f("in_port", 1),), do=apply(output(2))))
    peer.ok(FLOW_MOD, flow_mod(fields=(f("in_port", 2),), do=apply(output(1))))
    try:
        peer.ok(PORT_MOD, port_mod(2, address, 1 << 5, 1 << 5))
        want("config", struct.unpack(">I", ports(peer)[2][32:36])[0], 1 << 5)
        first.send(frames.udp())
        want("NO_FWD", second.take(0.3), None)
        # bits that the mask leaves out stay
        peer.ok(PORT_MOD, port_mod(2, address, 1 << 2, 1 << 2))
        want("config", struct.unpack(">I", ports(peer)[2][32:36])[0], 1 << 5 | 1 << 2)
        peer.ok(PORT_MOD, port_mod(2, address, 0, 1 << 5))
        second.send(frames.udp())
        want("NO_RECV", first.take(0.3), None)
        first.send(frames.udp())
        want("forwarded", second.take(), frames.udp())
        peer.ok(PORT_MOD, port_mod(2, address, 0, 1 << 2))
        # NO_PACKET_IN is about misses alone
        peer.ok(FLOW_MOD, flow_mod(DELETE))
        peer.ok(FLOW_MOD, flow_mod(priority=0, do=apply(output(CONTROLLER))))
        peer.ok(PORT_MOD, port_mod(2, address, 1 << 6, 1 << 6))
        peer.forget()
        second.send(frames.udp())
        peer.told_nothing(PACKET_IN)
        first.send(frames.udp())
        want("of another port", peer.told(PACKET_IN) is not None, True)
        peer.ok(FLOW_MOD, flow_mod(do=apply(output(CONTROLLER))))
        second.send(frames.udp())
        want("by an action", peer.told(PACKET_IN) is not None, True)
    finally:
        peer.ok(PORT_MOD, port_mod(2, address, 0, 0x65))


def check_port_down(peer):
    address = ports(peer)[3][8:14]
    peer.forget()
    peer.ok(PORT_MOD, port_mod(3, address, 1, 1))
    try:
        want("config", struct.unpack(">I", ports(peer)[3][32:36])[0], 1)
        message = peer.told(PORT_STATUS)
        want("told", message and message.body[0], 2)
    finally:
        peer.ok(PORT_MOD, port_mod(3, address, 0, 1))
    for _ in range(50):
        if struct.unpack(">II", ports(peer)[3][32:40]) == (0, 4):
            return
        time.sleep(0.1)
    raise Wrong("the port does not come back")


def check_port_statistics(peer):
    def counts(port):
        data = peer.multipart(4, struct.pack(">I4x", port))
        want("length", len(data), 112)
        number, rx, tx, rx_bytes, tx_bytes = struct.unpack(">I4xQQQQ", data[:40])
        want("number", number, port)
        return rx, tx, rx_bytes, tx_bytes

    peer.ok(FLOW_MOD, flow_mod(do=apply(output(2))))
    one, two = counts(1), counts(2)
    first, second = frames.Port("p1"), frames.Port("p2")
    for _ in range(5):
        first.send(frames.udp())
        second.take()
    for _ in range(50):
        if counts(1)[0] > one[0] + 4 and counts(2)[1] > two[1] + 4:
            break
        time.sleep(0.1)
    want("received", (counts(1)[0], counts(1)[2]), (one[0] + 5, one[2] + 300))
    want("sent", (counts(2)[1], counts(2)[3]), (two[1] + 5, two[3] + 300))
    want("all", len(peer.multipart(4, struct.pack(">I4x", ANY))), 5 * 112)


def check_table_statistics(peer):
    def tables():
        data = peer.multipart(3)
        want("length", len(data) % 24, 0)
        return [struct.unpack(">B3xIQQ", data[at:at + 24]) for at in range(0, len(data), 24)]

    n_tables = struct.unpack(">QIB", peer.one(FEATURES_REQUEST, b"", FEATURES_REPLY)[:13])[2]
    before = tables()
    want("tables", [table[0] for table in before], list(range(n_tables)))
    peer.ok(FLOW_MOD, flow_mod(fields=(f("in_port", 1),), do=apply(output(2))))
    peer.ok(FLOW_MOD, flow_mod(table=3))
    first, second, third = (frames.Port(f"p{n}") for n in (1, 2, 3))
    first.send(frames.udp()), second.take(), third.send(frames.udp())
    for _ in range(50):
        after = tables()
        if after[0][2] - before[0][2] == 2:
            break
        time.sleep(0.1)
    want("active, looked up, matched", (after[0][1], after[0][2] - before[0][2], after[0][3] - before[0][3]), (1, 2, 1))
    want("flows of table 3", after[3][1], 1)


def check_table_features(peer):
    n_tables = struct.unpack(">QIB", peer.one(FEATURES_REQUEST, b"", FEATURES_REPLY)[:13])[2]
    data, seen = peer.multipart(12), []
    while data:
        size, table, _, _, writes, config, most = struct.unpack(">HB5x32sQQII", data[:64])
        seen.append(table)
        want("configuration", config, 0)
        if not most or not writes:
            raise Wrong(f"table {table}: {most} entries, metadata {writes:#x}")
        properties, rest = {}, data[64:size]
        while rest:
            kind, length = struct.unpack(">HH", rest[:4])
            if kind in properties or length < 4:
                raise Wrong(f"table {table}: property {kind} of {length}")
            properties[kind] = rest[4:length]
            rest = rest[length + -length % 8:]
        missing = {0, 2, 4, 6, 8, 10, 12, 14} - set(properties)
        if table == n_tables - 1:
            missing -= {2}
        if missing:
            raise Wrong(f"table {table}: no properties {missing}")
        want("next tables", list(properties.get(2, b"")), list(range(table + 1, n_tables)))
        fields = [struct.unpack(">HBB", properties[8][at:at + 4]) for at in range(0, len(properties[8]), 4)]
        known = {number >> 1 for oxm_class, number, _ in fields if oxm_class == 0x8000}
        want("fields that every switch has", {0, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16, 26, 27} - known, set())
        instructions = {kind for kind, in struct.iter_unpack(">H2x", properties[0])}
        want("instructions", {1, 3} - instructions, set())
        data = data[size:]
    want("tables", seen, list(range(n_tables)))


def entries(data):
    """Of TABLE_FEATURES, of each table."""
    while data:
        size, = struct.unpack(">H", data[:2])
        yield data[:size]
        data = data[size:]


def renamed(entry, name, properties=True):
    """The same table by another name, and with nothing asked of what it can do."""
    entry = entry[:8] + name.ljust(32, b"\0") + entry[40:]
    return entry if properties else struct.pack(">H", 64) + entry[2:64]


def names(peer):
    return [entry[8:40].rstrip(b"\0") for entry in entries(peer.multipart(12))]


def in_parts(peer, kind, tables):
    """A request of several messages, each with as much as it holds."""
    parts = [b""]
    for table in tables:
        if len(parts[-1]) + len(table) > 65000:
            parts.append(b"")
        parts[-1] += table
    peer.xid += 1
    for i, part in enumerate(parts):
        peer.raw(header(peer.version, MULTIPART_REQUEST, 16 + len(part), peer.xid) +
                 struct.pack(">HH4x", kind, i + 1 < len(parts)) + part)
    return peer.until_barrier()


def check_table_names_are_set(peer):
    """All tables or none; a table may do more than is asked of it, and not less."""
    before = list(entries(peer.multipart(12)))
    bare = [renamed(entry, b"", False) for entry in before]
    named = [renamed(bare[0], b"first"), renamed(bare[1], b"second")] + bare[2:]
    try:
        data = peer.multipart(12, b"".join(named))
        want("answer", [entry[8:40].rstrip(b"\0") for entry in entries(data)][:3], [b"first", b"second", b""])
        want("names", names(peer)[:3], [b"first", b"second", b""])
        # names may change places
        named[:2] = renamed(bare[0], b"second"), renamed(bare[1], b"first")
        peer.multipart(12, b"".join(named))
        want("names", names(peer)[:3], [b"second", b"first", b""])
        # nothing of what cannot be
        for wrong in (named[:-1], named[:-1] + [named[0]]):
            peer.multipart_refused(12, b"".join([renamed(wrong[0], b"other")] + wrong[1:]), (13, 5), (13, 0))
        for name in b"x" * 32, b"no name", b"first":
            peer.multipart_refused(12, b"".join([renamed(bare[0], name)] + named[1:]), (13, 4))
        many = renamed(bare[2], b"")[:60] + struct.pack(">I", 0xFFFFFFFF)
        peer.multipart_refused(12, b"".join([bare[0], bare[1], many] + bare[3:]), (13, 5))
        for kind, wanted in (0, struct.pack(">HH", 77, 4)), (2, b"\0"), (4, struct.pack(">HH", 99, 4)), \
                (8, b"\x80\x00\xfe\4"), (14, b"\x80\x00\xfe\4"):
            more = struct.pack(">HH", kind, 4 + len(wanted)) + wanted
            more += bytes(-len(more) % 8)
            table = struct.pack(">H", 64 + len(more)) + bare[5][2:] + more
            peer.multipart_refused(12, b"".join(bare[:5] + [table] + bare[6:]), (13, 4))
        want("names", names(peer)[:3], [b"second", b"first", b""])
        # with all that they can do it is more than a message holds
        answers = in_parts(peer, 12, [renamed(before[0], b"a"), renamed(before[1], b"b")] + before[2:])
        if not answers or any(answer.kind != MULTIPART_REPLY for answer in answers):
            raise Wrong(f"answers: {answers}")
        want("names", names(peer)[:3], [b"a", b"b", b""])
    finally:
        peer.multipart(12, b"".join(bare))
    want("names", set(names(peer)), {b""})


def pieces(peer, *parts, more=False):
    """Answers to messages of one request; `more`: it is not the end of it yet."""
    for i, part in enumerate(parts):
        flags = more or i + 1 < len(parts)
        peer.raw(header(peer.version, MULTIPART_REQUEST, 16 + len(part), peer.xid) + struct.pack(">HH4x", 12, flags) +
                 part)
    xid = peer.xid
    answers = peer.until_barrier()
    peer.xid = xid
    return answers


def want_error(answers, *codes):
    want("errors", [answer.kind == ERROR and answer.error() for answer in answers], list(codes))


def check_table_features_lost(peer):
    """Of a request that is refused in part nothing is done, although its end could stand alone."""
    bare = [renamed(entry, b"", False) for entry in entries(peer.multipart(12))]
    named = b"".join([renamed(bare[0], b"lost")] + bare[1:])
    overflow = (1, 13)
    peer.xid += 1
    answers = pieces(peer, *[bytes(65000)] * 17, named)
    want_error(answers, overflow, overflow)
    want("names", names(peer)[0], b"")
    # it is over: the next one begins anew, with the same number, too
    peer.xid += 1
    want_error(pieces(peer, *[bytes(65000)] * 17, b""), overflow, overflow)
    if any(answer.kind != MULTIPART_REPLY for answer in pieces(peer, named)):
        raise Wrong("what comes after it is refused")
    want("names", names(peer)[0], b"lost")
    peer.multipart(12, b"".join(bare))
    # another request in between
    peer.xid += 1
    begun = peer.xid
    pieces(peer, b"".join(bare[:9]), more=True)
    peer.xid += 1
    peer.multipart(12, b"".join(bare))
    peer.xid, last = begun, peer.xid
    want_error(pieces(peer, named), overflow)
    peer.xid = last
    want("names", names(peer)[0], b"")


def check_table_features_of_slaves(peer):
    def become(kind):
        peer.xid += 1
        base = struct.unpack(">I4xQ", peer.one(ROLE_REQUEST, role(0, 0), ROLE_REPLY))[1]
        peer.one(ROLE_REQUEST, role(kind, 0 if base == 2**64 - 1 else base), ROLE_REPLY)

    bare = [renamed(entry, b"", False) for entry in entries(peer.multipart(12))]
    named = b"".join([renamed(bare[0], b"lost")] + bare[1:])
    for end, slave_again in (b"", True), (b"", False), (named, False):
        peer.xid += 100
        xid = peer.xid
        want_error(pieces(peer, named, more=True))
        become(3)
        if not slave_again:
            become(1)
        peer.xid, last = xid, peer.xid
        want_error(pieces(peer, end), (1, 10))
        peer.xid = last
        want("names", names(peer)[0], b"")
        become(1)
    # a piece that a slave said
    become(3)
    peer.xid += 100
    xid = peer.xid
    want_error(pieces(peer, bare[0], more=True), (1, 10))
    become(1)
    peer.xid, last = xid, peer.xid
    want_error(pieces(peer, named), (1, 10))
    peer.xid = last
    want("names", names(peer)[0], b"")


def check_table_features_twice(peer):
    """A list that is longer than the table's own, and one that comes twice."""
    bare = [renamed(entry, b"", False) for entry in entries(peer.multipart(12))]
    for many in struct.pack(">HH", 0, 4 + 4 * 100) + struct.pack(">HH", 1, 4) * 100 + bytes(4), \
            struct.pack(">HHHH", 0, 8, 1, 4) * 2:
        table = struct.pack(">H", 64 + len(many)) + bare[5][2:] + many
        peer.multipart_refused(12, b"".join(bare[:5] + [table] + bare[6:]), (13, 4))


def check_meter_features(peer):
    most, kinds, can, bands, _ = struct.unpack(">IIIBB2x", peer.multipart(11))
    want("drop, remark", kinds, 6)
    want("kilobits, packets, burst, statistics", can, 15)
    if not most or not bands:
        raise Wrong(f"{most} meters of {bands} bands")


def check_meters(peer):
    peer.ok(METER_MOD, meter_mod(0, 1 | 4 | 8, 1, band(rate=1000, burst=200)))
    peer.ok(METER_MOD, meter_mod(0, 2, 7, band(rate=5), band(kind=2, rate=3, rest=b"\1\0\0\0")))
    one = struct.pack(">HHI", 24, 1 | 4 | 8, 1) + band(rate=1000, burst=200)
    config = peer.multipart(10, struct.pack(">I4x", 0xFFFFFFFF))
    want("configuration", config[:24], one)
    want("of one", peer.multipart(10, struct.pack(">I4x", 1)), one)
    peer.ok(FLOW_MOD, flow_mod(do=meter(7) + apply(output(2))))
    stats = peer.multipart(9, struct.pack(">I4x", 7))
    number, size, n_flows, packets = struct.unpack(">IH6xIQ", stats[:24])
    want("statistics", (number, size, len(stats), n_flows, packets), (7, 72, 72, 1, 0))
    peer.ok(METER_MOD, meter_mod(1, 1, 1, band(rate=9)))
    want("changed", peer.multipart(10, struct.pack(">I4x", 1)), struct.pack(">HHI", 24, 1, 1) + band(rate=9))
    want("address of port 1", len(a_port(peer)), 6)


def check_ports_come_and_go(peer):
    peer.forget()
    subprocess.run(["ip", "link", "add", "v9", "type", "veth", "peer", "name", "p9"], check=True)
    subprocess.run(["switchctl", "add-port", "br0", "v9"], check=True)
    try:
        message = peer.told(PORT_STATUS)
        while message and message.body[0] == 2:
            message = peer.told(PORT_STATUS)
        want("added", (message and message.body[0], message and message.body[24:26]), (0, b"v9"))
    finally:
        subprocess.run(["switchctl", "del-port", "br0", "v9"], check=True)
    message = peer.told(PORT_STATUS)
    while message and message.body[0] == 2:
        message = peer.told(PORT_STATUS)
    want("deleted", (message and message.body[0], message and message.body[24:26]), (1, b"v9"))
    subprocess.run(["ip", "link", "del", "v9"], check=True)
