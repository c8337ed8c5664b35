"""Groups in OpenFlow 1.3: sections 5.6, 6.5, 7.3.4.2 and 7.3.5.9 to 7.3.5.11."""
import struct
import subprocess
import time

import frames
from instructions_13 import PUSH_VLAN, Wires, pushes
from stats_13 import ports
from wire import *

VERSION = OF13
ALL_TYPE, SELECT, INDIRECT, FF = range(4)


def make(peer, kind, *buckets, number=1):
    peer.ok(GROUP_MOD, group_mod(0, kind, number, *buckets))


def check_all(peer):
    wires = Wires(peer)
    make(peer, ALL_TYPE, bucket(output(2)), bucket(set_field(f("eth_dst", b"abcdef")), output(3)), bucket(output(4)),
         bucket(output(1)), bucket())
    wires.flow(do=apply(group(1)))
    frame = frames.udp()
    wires.sends(frame, p2=frame, p3=frames.udp(dst=b"abcdef"), p4=frame)


def check_all_keeps_the_packet(peer):
    """What buckets change is theirs: actions behind the group go on with the packet as it was."""
    wires = Wires(peer)
    make(peer, ALL_TYPE, bucket(set_field(f("eth_dst", b"abcdef")), output(2)))
    wires.flow(do=apply(group(1), output(3)))
    wires.sends(frames.udp(), p2=frames.udp(dst=b"abcdef"), p3=frames.udp())


def check_indirect(peer):
    wires = Wires(peer)
    make(peer, INDIRECT, bucket(set_field(f("eth_dst", b"abcdef")), output(3)))
    wires.flow(do=write(group(1)))
    wires.sends(frames.udp(), p3=frames.udp(dst=b"abcdef"))
    peer.ok(GROUP_MOD, group_mod(1, INDIRECT, 1, bucket(output(2))))
    wires.sends(frames.udp(), p2=frames.udp())
    # another type, other buckets
    peer.ok(GROUP_MOD, group_mod(1, ALL_TYPE, 1, bucket(output(2)), bucket(output(4))))
    wires.sends(frames.udp(), p2=frames.udp(), p4=frames.udp())


def arrivals(wires, n):
    """By which ports so many frames come out of the switch; none comes after them."""
    seen = {number: 0 for number in wires.port}
    end = time.monotonic() + PATIENCE
    while sum(seen.values()) < n and time.monotonic() < end:
        for number, port in wires.port.items():
            while port.take(0.05) is not None:
                seen[number] += 1
    want("port and frame, one too many", frames.more_at(wires.port, 0.1), None)
    return seen


def check_select(peer):
    wires = Wires(peer)
    make(peer, SELECT, bucket(output(2), weight=1), bucket(output(3), weight=1), bucket(output(4), weight=0))
    wires.flow(do=apply(group(1)))
    for n in range(64):
        wires.port[1].send(frames.udp(src=1000 + n))
    seen = arrivals(wires, 64)
    want("of weight 0", seen[4], 0)
    want("all", seen[2] + seen[3], 64)
    if not 8 <= seen[2] <= 56:
        raise Wrong(f"spread: {seen}")


def check_select_is_steady(peer):
    wires = Wires(peer)
    make(peer, SELECT, bucket(output(2), weight=1), bucket(output(3), weight=1))
    wires.flow(do=apply(group(1)))
    for _ in range(10):
        wires.port[1].send(frames.udp())
    seen = arrivals(wires, 10)
    want("packets", sorted(seen.values())[-2:], [0, 10])


def carrier(peer, number, up):
    """Sets that port's far end up or down, and waits until the switch knows: the kernel may tell a second later."""
    subprocess.run(["ip", "link", "set", f"p{number}", "up" if up else "down"], check=True)
    end = time.monotonic() + PATIENCE
    while struct.unpack(">I", ports(peer)[number][36:40])[0] & 1 == up:
        if time.monotonic() > end:
            raise Wrong(f"port {number} does not {'come up' if up else 'go down'}")
        time.sleep(0.05)


def check_fast_failover(peer):
    wires = Wires(peer)
    make(peer, FF, bucket(output(2), watch_port=2), bucket(output(3), watch_port=3))
    wires.flow(do=apply(group(1)))
    wires.sends(frames.udp(), p2=frames.udp())
    try:
        carrier(peer, 2, False)
        wires.port[1].send(frames.udp())
        want("port 3", wires.port[3].take(), frames.udp())
        carrier(peer, 3, False)
        wires.port[1].send(frames.udp())
        want("port 4", wires.port[4].take(0.2), None)
    finally:
        carrier(peer, 2, True)
        carrier(peer, 3, True)
    Wires(peer).sends(frames.udp(), p2=frames.udp())


def check_fast_failover_by_group(peer):
    wires = Wires(peer)
    make(peer, FF, bucket(output(2), watch_port=2), number=2)
    make(peer, FF, bucket(group(2), watch_group=2), bucket(output(4), watch_port=4))
    wires.flow(do=apply(group(1)))
    wires.sends(frames.udp(), p2=frames.udp())
    try:
        carrier(peer, 2, False)
        wires.port[1].send(frames.udp())
        want("port 4", wires.port[4].take(), frames.udp())
    finally:
        carrier(peer, 2, True)


def check_chained(peer):
    wires = Wires(peer)
    make(peer, ALL_TYPE, bucket(output(2)), bucket(output(3)), number=2)
    make(peer, ALL_TYPE, bucket(group(2)), bucket(output(4)))
    wires.flow(do=apply(group(1)))
    wires.sends(frames.udp(), p2=frames.udp(), p3=frames.udp(), p4=frames.udp())


def check_empty(peer):
    wires = Wires(peer)
    make(peer, ALL_TYPE)
    wires.flow(do=apply(group(1), output(2)))
    wires.sends(frames.udp(), p2=frames.udp())


def check_tags_in_buckets(peer):
    wires = Wires(peer)
    make(peer, ALL_TYPE, bucket(pushes(PUSH_VLAN, 0x8100), set_field(f("vlan_vid", 0x1007)), output(2)),
         bucket(output(3)))
    wires.flow(do=apply(group(1)))
    wires.sends(frames.udp(size=64), p2=frames.udp(tag=7, size=68), p3=frames.udp(size=64))


def check_description(peer):
    make(peer, SELECT, bucket(output(2), weight=10), bucket(output(3), weight=20), number=5)
    make(peer, FF, bucket(output(2), watch_port=2), number=6)
    data = peer.multipart(7)
    want("description", data, struct.pack(">HBxI", 8 + 64, SELECT, 5) + bucket(output(2), weight=10) +
         bucket(output(3), weight=20) + struct.pack(">HBxI", 8 + 32, FF, 6) + bucket(output(2), watch_port=2))


def stats(peer, number=0xFFFFFFFC):
    data = peer.multipart(6, struct.pack(">I4x", number))
    found = {}
    while data:
        size, one, refs, packets, n_bytes, sec, _ = struct.unpack(">H2xII4xQQII", data[:40])
        buckets = [struct.unpack(">QQ", data[at:at + 16]) for at in range(40, size, 16)]
        found[one] = (refs, packets, n_bytes, buckets)
        if sec > 60:
            raise Wrong(f"duration: {sec} s")
        data = data[size:]
    return found


def check_statistics(peer):
    wires = Wires(peer)
    make(peer, ALL_TYPE, bucket(output(2)), bucket(output(3)))
    make(peer, INDIRECT, bucket(output(4)), number=9)
    want("of new groups", stats(peer), {1: (0, 0, 0, [(0, 0), (0, 0)]), 9: (0, 0, 0, [(0, 0)])})
    wires.flow(do=apply(group(1)))
    wires.sends(frames.udp(), p2=frames.udp(), p3=frames.udp())
    for _ in range(50):
        if stats(peer, 1)[1][1]:
            break
        time.sleep(0.1)
    want("of one", stats(peer, 1), {1: (1, 1, 60, [(1, 60), (1, 60)])})
    want("of none", stats(peer, 77), {})
    make(peer, ALL_TYPE, bucket(group(9)), number=10)
    want("references", stats(peer, 9)[9][0], 1)


def check_features(peer):
    types, capabilities, *rest = struct.unpack(">II4I4I", peer.multipart(8))
    want("types", types, 15)
    want("weight, liveness, chaining", capabilities & 7, 7)
    if not all(rest):
        raise Wrong(f"most and actions: {rest}")


def check_zeros_watch_nothing(peer):
    """Fast failover groups alone must watch something."""
    wires = Wires(peer)
    for kind in ALL_TYPE, SELECT, INDIRECT:
        zero = bucket(output(2), weight=int(kind == SELECT), watch_port=0, watch_group=0)
        make(peer, kind, zero, number=kind)
        want("bucket", peer.multipart(7)[8:], zero)
        wires.flow(do=apply(group(kind)))
        wires.sends(frames.udp(), p2=frames.udp())
        clean(peer)
    peer.refused(GROUP_MOD, group_mod(0, FF, 1, bucket(output(2), watch_port=0, watch_group=0)), (6, 13), (6, 6))


def check_delete(peer):
    make(peer, ALL_TYPE)
    make(peer, ALL_TYPE, number=2)
    peer.ok(GROUP_MOD, group_mod(2, 0, 1))
    want("left", list(stats(peer)), [2])
    peer.ok(GROUP_MOD, group_mod(2, 0, 0xFFFFFFFC))
    want("left", stats(peer), {})


