"""Frames on the far ends of the switch's ports."""
import socket
import struct
import time

OUTGOING = 4
AUXDATA, VLAN_VALID = 8, 1 << 4
SOL_PACKET, SO_RCVBUFFORCE = 263, 33


def mac(text):
    return bytes(int(part, 16) for part in text.split(":"))


A, B, EVERY = mac("02:00:00:00:00:0a"), mac("02:00:00:00:00:0b"), b"\xff" * 6


def eth(kind, payload=b"", dst=B, src=A, tag=None, size=60):
    head = dst + src + (b"" if tag is None else struct.pack(">HH", 0x8100, tag))
    return (head + struct.pack(">H", kind) + payload).ljust(size, b"\0")


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def sorted_out(ends, defaults):
    """`src` and `dst` are what they look like: text is an IP address, a number a port, bytes a MAC address."""
    found = dict(defaults)
    for side, end in ends.items():
        if end is not None:
            found[side, type(end)] = end
    return found


def ipv4(proto, payload=b"", src=None, dst=None, ttl=64, tos=0, frag=0, **link):
    end = sorted_out({"src": src, "dst": dst}, {("src", str): "10.0.0.1", ("dst", str): "10.0.0.2",
                                                ("src", bytes): A, ("dst", bytes): B})
    head = struct.pack(">BBHHHBBH4s4s", 0x45, tos, 20 + len(payload), 1, frag, ttl, proto, 0,
                       socket.inet_aton(end["src", str]), socket.inet_aton(end["dst", str]))
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    return eth(0x0800, head + payload, src=end["src", bytes], dst=end["dst", bytes], **link)


def transport(proto, form, rest, src, dst, ip):
    end = sorted_out({"src": src, "dst": dst}, {("src", int): 1000, ("dst", int): 2000})
    ip.update({side: end[side, kind] for side in ("src", "dst") for kind in (str, bytes) if (side, kind) in end})
    return ipv4(proto, struct.pack(">HH" + form, end["src", int], end["dst", int], *rest[0]) + rest[1], **ip)


def udp(src=None, dst=None, data=b"", **ip):
    return transport(17, "HH", ((8 + len(data), 0), data), src, dst, ip)


def tcp(src=None, dst=None, flags=2, **ip):
    return transport(6, "IIBBHHH", ((0, 0, 0x50, flags, 1000, 0, 0), b""), src, dst, ip)


def sctp(src=None, dst=None, **ip):
    return transport(132, "II", ((0, 0), b""), src, dst, ip)


def icmp(kind=8, code=0, **ip):
    body = struct.pack(">BBHHH", kind, code, 0, 1, 1)
    return ipv4(1, body[:2] + struct.pack(">H", checksum(body)) + body[4:], **ip)


def arp(op=1, sha=A, tha=bytes(6), spa="10.0.0.1", tpa="10.0.0.2", **link):
    return eth(0x0806, struct.pack(">HHBBH", 1, 0x0800, 6, 4, op) + sha + socket.inet_aton(spa) + tha +
               socket.inet_aton(tpa), **link)


def ipv6(proto, payload=b"", src="fd00::1", dst="fd00::2", tos=0, label=0, hops=64, **link):
    src, dst = (socket.inet_pton(socket.AF_INET6, address) for address in (src, dst))
    return eth(0x86DD, struct.pack(">IHBB", 6 << 28 | tos << 20 | label, len(payload), proto, hops) + src + dst +
               payload, **link)


def icmp6(kind, code=0, rest=b"", **ip):
    return ipv6(58, struct.pack(">BBH", kind, code, 0) + rest, hops=255, **ip)


class Port:
    """The far end of a port."""

    def __init__(self, device):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.setsockopt(SOL_PACKET, AUXDATA, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)  # none may be lost here
        self.sock.bind((device, 0))

    def send(self, frame):
        self.sock.send(frame)

    def take(self, patience=20.0):
        """The next frame that comes out of the switch there, with its tag; None: none."""
        end = time.monotonic() + patience
        while True:
            self.sock.settimeout(max(end - time.monotonic(), 0.001))
            try:
                frame, ancillary, _, address = self.sock.recvmsg(65535, 256)
            except (TimeoutError, BlockingIOError):
                return None
            if address[2] == OUTGOING:
                continue
            for level, kind, data in ancillary:
                status, _, _, _, _, tci, tpid = struct.unpack("=IIIHHHH", data[:20])
                if (level, kind) == (SOL_PACKET, AUXDATA) and status & VLAN_VALID:
                    frame = frame[:12] + struct.pack(">HH", tpid or 0x8100, tci) + frame[12:]
            return frame

    def drain(self):
        while self.take(0.001) is not None:
            pass


def more_at(ports, patience=0.05):
    """(number, frame): what comes out of one of these ports, as {number: Port}; None: nothing comes out of any."""
    end = time.monotonic() + patience
    for number, port in ports.items():
        frame = port.take(max(end - time.monotonic(), 0.001))
        if frame is not None:
            return number, frame
    return None
