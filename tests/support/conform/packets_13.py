"""Packets to and from controllers in OpenFlow 1.3: sections 7.3.7, 7.4.1 and 7.3.10 of the specification."""
import struct

import frames
from instructions_13 import DEC_NW_TTL, Wires
from wire import *

VERSION = OF13
ETH_IP = f("eth_type", 0x0800)
NO_MATCH, ACTION, INVALID_TTL = range(3)


class PacketIn:
    def __init__(self, body):
        self.buffer, self.total, self.reason, self.table, self.cookie = struct.unpack(">IHBBQ", body[:16])
        size = struct.unpack(">H", body[18:20])[0]
        self.match = body[16:16 + size]
        self.data = body[16 + size + -size % 8 + 2:]


def listen(peer, miss_send_len=0xFFFF):
    peer.ok(SET_CONFIG, struct.pack(">HH", 0, miss_send_len))


def heard(peer):
    message = peer.told(PACKET_IN)
    if not message:
        raise Wrong("no PACKET_IN")
    return PacketIn(message.body)


def send(frame, n=1):
    frames.Port(f"p{n}").send(frame)


def check_by_action(peer):
    listen(peer)
    peer.ok(FLOW_MOD, flow_mod(fields=(f("in_port", 3),), table=0, do=goto(5)))
    peer.ok(FLOW_MOD, flow_mod(table=5, cookie=0x77, priority=9, do=apply(output(CONTROLLER))))
    frame = frames.udp(data=b"x" * 100)
    send(frame, 3)
    packet = heard(peer)
    want("it", (packet.buffer, packet.total, packet.reason, packet.table, packet.cookie),
         (NO_BUFFER, len(frame), ACTION, 5, 0x77))
    want("match", padded(packet.match), match(f("in_port", 3)))
    want("data", packet.data, frame)


def check_by_table_miss(peer):
    listen(peer)
    peer.ok(FLOW_MOD, flow_mod(table=0, priority=0, cookie=0x78, do=apply(output(CONTROLLER))))
    send(frames.udp())
    packet = heard(peer)
    want("it", (packet.reason, packet.table, packet.cookie), (NO_MATCH, 0, 0x78))


def check_metadata(peer):
    listen(peer)
    peer.ok(FLOW_MOD, flow_mod(do=metadata(0x1234) + goto(1)))
    peer.ok(FLOW_MOD, flow_mod(table=1, do=apply(output(CONTROLLER))))
    send(frames.udp())
    got = heard(peer).match
    for field in (f("in_port", 1), f("metadata", 0x1234)):
        want(f"{field} in the match", field in got, True)


def check_no_flow(peer):
    """Without a table-miss flow packets are dropped."""
    listen(peer)
    send(frames.udp())
    peer.told_nothing(PACKET_IN)


def check_by_written_action(peer):
    listen(peer)
    peer.ok(FLOW_MOD, flow_mod(do=write(output(CONTROLLER))))
    send(frames.udp())
    want("reason", heard(peer).reason, ACTION)


def check_length(peer):
    """What is not in a buffer comes whole, whatever the action wants."""
    listen(peer)
    frame = frames.udp(data=b"x" * 500)
    for most in (0, 64, 128, 0xFFE5, 0xFFFF):
        peer.ok(FLOW_MOD, flow_mod(do=apply(output(CONTROLLER, most))))
        send(frame)
        packet = heard(peer)
        want("total", packet.total, len(frame))
        want("buffer", packet.buffer, NO_BUFFER)
        want("data", packet.data, frame)


def check_ttl(peer):
    """Invalid TTLs are told to whoever asks."""
    listen(peer)
    peer.ok(FLOW_MOD, flow_mod(fields=(ETH_IP,), cookie=9, do=apply(action(DEC_NW_TTL), output(2))))
    send(frames.udp(ttl=1))
    peer.told_nothing(PACKET_IN)
    peer.ok(SET_ASYNC, struct.pack(">IIIIII", 7, 7, 7, 7, 15, 15))
    send(frames.udp(ttl=1))
    packet = heard(peer)
    want("it", (packet.reason, packet.cookie, packet.data), (INVALID_TTL, 9, frames.udp(ttl=1)))


def check_async(peer):
    listen(peer)
    peer.ok(FLOW_MOD, flow_mod(do=apply(output(CONTROLLER))))
    peer.ok(SET_ASYNC, struct.pack(">IIIIII", 1, 2, 7, 7, 15, 15))
    send(frames.udp())
    peer.told_nothing(PACKET_IN)
    peer.ok(FLOW_MOD, flow_mod(priority=0, do=apply(output(CONTROLLER))))
    peer.ok(FLOW_MOD, flow_mod(DELETE_STRICT))
    send(frames.udp())
    want("reason", heard(peer).reason, NO_MATCH)


def check_two_controllers(peer):
    other = Peer(peer.path, peer.version)
    listen(peer), listen(other)
    peer.ok(FLOW_MOD, flow_mod(do=apply(output(CONTROLLER))))
    other.until_barrier()
    send(frames.udp())
    heard(peer), heard(other)
    now = other.one(ROLE_REQUEST, struct.pack(">I4xQ", 0, 0), ROLE_REPLY)[8:]
    now = bytes(8) if now == b"\xff" * 8 else now
    want("role", len(other.one(ROLE_REQUEST, struct.pack(">I4x", 3) + now, ROLE_REPLY)), 16)
    send(frames.udp())
    heard(peer)
    other.told_nothing(PACKET_IN)
    other.close()


# ---- packet-out ----

def check_out(peer):
    wires = Wires(peer)
    frame = frames.udp()
    ports = {n: wires.port[n] for n in range(1, 5)}

    def comes(todo, *wanted, port=CONTROLLER, out=frame):
        for one in ports.values():
            one.drain()
        peer.ok(PACKET_OUT, packet_out(frame, *todo, port=port))
        for n in wanted:
            got = ports[n].take()
            want(f"port {n}", got, out)
        want("port and frame, more", frames.more_at(ports), None)

    comes([output(2)], 2)
    comes([output(2), output(3)], 2, 3)
    comes([], port=CONTROLLER)
    comes([set_field(f("eth_dst", b"abcdef")), output(2)], 2, out=frames.udp(dst=b"abcdef"))
    comes([output(ALL)], 1, 2, 3, 4)
    comes([output(ALL)], 2, 3, 4, port=1)
    comes([output(FLOOD)], 1, 3, 4, port=2)
    comes([output(IN_PORT)], 3, port=3)
    comes([output(3)], port=3)
    comes([output(4711)])
    comes([output(NORMAL)], 2, 3, 4, port=1)
    peer.ok(FLOW_MOD, flow_mod(fields=(f("in_port", 4),), do=apply(output(2))))
    comes([output(TABLE)], 2, port=4)
    comes([output(TABLE)], port=3)
    peer.ok(FLOW_MOD, flow_mod(fields=(f("in_port", CONTROLLER),), do=apply(output(3))))
    comes([output(TABLE)], 3)
    peer.ok(GROUP_MOD, group_mod(0, 0, 1, bucket(output(1)), bucket(output(4))))
    comes([group(1)], 1, 4)


def check_out_of_nothing(peer):
    """Without actions a packet is dropped, be it none, and from nowhere."""
    for data, port in (b"", 0), (b"", CONTROLLER), (bytes(10), 1), (frames.udp(), ANY):
        peer.ok(PACKET_OUT, packet_out(data, port=port))
    peer.refused(PACKET_OUT, packet_out(b"", port=1, buffer=7), (1, 8))


def check_out_to_controller(peer):
    listen(peer)
    peer.ok(PACKET_OUT, packet_out(frames.udp(), output(CONTROLLER), port=2))
    packet = heard(peer)
    want("it", (packet.reason, packet.data), (ACTION, frames.udp()))
    want("match", padded(packet.match), match(f("in_port", 2)))


def check_out_by_table_miss(peer):
    """A packet that is sent to the table and misses comes back."""
    listen(peer)
    peer.ok(FLOW_MOD, flow_mod(priority=0, do=apply(output(CONTROLLER))))
    peer.ok(PACKET_OUT, packet_out(frames.udp(), output(TABLE), port=1))
    want("reason", heard(peer).reason, NO_MATCH)


def check_out_counts(peer):
    peer.ok(FLOW_MOD, flow_mod(do=apply(output(2))))
    peer.ok(PACKET_OUT, packet_out(frames.udp(), output(TABLE), port=1))
    want("sum", aggregate(peer), (1, 60, 1))


def check_meter_of_the_controllers(peer):
    """OFPM_CONTROLLER: all packets to controllers go through it."""
    listen(peer)
    peer.ok(METER_MOD, meter_mod(0, 2 | 4, 0xFFFFFFFE, band(rate=1, burst=2)))
    peer.ok(FLOW_MOD, flow_mod(do=apply(output(2), output(CONTROLLER))))
    second = frames.Port("p2")
    for _ in range(10):
        send(frames.udp())
        want("forwarded", second.take(), frames.udp())
    heard(peer)
    n = 1
    while peer.told(PACKET_IN, 0.3):
        n += 1
    if n > 4:
        raise Wrong(f"{n} packets at a rate of 1 per second")
    peer.ok(METER_MOD, meter_mod(2, 0, 0xFFFFFFFE))
    send(frames.udp()), send(frames.udp()), send(frames.udp())
    heard(peer), heard(peer), heard(peer)
    want("as an instruction", peer.ask(FLOW_MOD, flow_mod(do=meter(0xFFFFFFFE)))[0].error()[0], 12)
