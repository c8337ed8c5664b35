"""What flow mods do in OpenFlow 1.3: sections 5.5, 6.4, 7.3.4.1 and 7.4.2 of the specification."""
import struct
import time

import frames
from wire import *

VERSION = OF13
ETH_IP = f("eth_type", 0x0800)


def add(peer, *fields, **mod):
    mod.setdefault("do", apply(output(2)))
    peer.ok(FLOW_MOD, flow_mod(fields=fields, **mod))


def hit(peer, n=1):
    """Packets by port 1 that the switch has seen for sure: they came out of port 2."""
    port, other = frames.Port("p1"), frames.Port("p2")
    for _ in range(n):
        port.send(frames.udp())
        if other.take() is None:
            raise Wrong("no packet comes out of port 2")


def counted(peer, n, patience=PATIENCE):
    end = time.monotonic() + patience
    while True:
        found = sum(flow.packets for flow in flows(peer))
        if found == n or time.monotonic() > end:
            want("packets of flows", found, n)
            return
        time.sleep(0.1)


def check_fields_come_back(peer):
    add(peer, f("in_port", 1), ETH_IP, f("ipv4_dst", 0x0A000000, 0xFF000000), table=7, priority=77, cookie=0x1234567890,
        idle=100, hard=200, flags=SEND_FLOW_REM | NO_BYT_COUNTS,
        do=apply(set_field(f("eth_dst", 5)), output(2, 0xFFE5)) + write(output(3)) + metadata(5, 7) + goto(9))
    flow, = flows(peer)
    want("table", flow.table, 7)
    want("priority", flow.priority, 77)
    want("cookie", flow.cookie, 0x1234567890)
    want("timeouts", (flow.idle, flow.hard), (100, 200))
    want("flags", flow.flags, SEND_FLOW_REM | NO_BYT_COUNTS)
    want("match", padded(flow.match), match(f("in_port", 1), ETH_IP, f("ipv4_dst", 0x0A000000, 0xFF000000)))
    want("instructions", flow.todo, apply(set_field(f("eth_dst", 5)), output(2, 0xFFE5)) + write(output(3)) +
         metadata(5, 7) + goto(9))


def check_flags_come_back(peer):
    """All that the flow was added with, also those about that one message. A change does not change them."""
    for flags in CHECK_OVERLAP, RESET_COUNTS, 0x1F, 0:
        add(peer, f("in_port", 1), flags=flags)
        peer.ok(FLOW_MOD, flow_mod(MODIFY, flags=0x1F ^ flags, do=apply(output(3))))
        want("flags", flows(peer)[0].flags, flags)


def check_same_flow_again(peer):
    """An identical flow is replaced; its counters stay unless RESET_COUNTS is said; it is not told as removed."""
    add(peer, f("in_port", 1), cookie=1, flags=SEND_FLOW_REM)
    hit(peer)
    counted(peer, 1)
    add(peer, f("in_port", 1), cookie=2, flags=SEND_FLOW_REM)
    flow, = flows(peer)
    want("cookie", flow.cookie, 2)
    counted(peer, 1)
    add(peer, f("in_port", 1), cookie=3, flags=RESET_COUNTS)
    counted(peer, 0)
    peer.told_nothing(FLOW_REMOVED)


def check_modify_keeps(peer):
    """MODIFY changes instructions; cookie, timeouts, flags, counters and duration stay."""
    add(peer, f("in_port", 1), cookie=1, idle=100, hard=200, priority=5)
    hit(peer)
    counted(peer, 1)
    peer.ok(FLOW_MOD, flow_mod(MODIFY, cookie=9, idle=7, hard=8, flags=SEND_FLOW_REM, priority=99,
                               do=apply(output(3))))
    flow, = flows(peer)
    want("flow", (flow.cookie, flow.idle, flow.hard, flow.flags, flow.priority), (1, 100, 200, 0, 5))
    want("instructions", flow.todo, apply(output(3)))
    counted(peer, 1)
    peer.ok(FLOW_MOD, flow_mod(MODIFY, flags=RESET_COUNTS, do=apply(output(3))))
    counted(peer, 0)


def check_modify_of_nothing(peer):
    peer.ok(FLOW_MOD, flow_mod(MODIFY, do=apply(output(3))))
    peer.ok(FLOW_MOD, flow_mod(MODIFY_STRICT, do=apply(output(3))))
    want("flows", flows(peer), [])


def check_modify_strict(peer):
    add(peer, f("in_port", 1), priority=5)
    add(peer, f("in_port", 1), priority=6)
    add(peer, priority=5)
    peer.ok(FLOW_MOD, flow_mod(MODIFY_STRICT, fields=(f("in_port", 1),), priority=5, do=apply(output(3))))
    want("instructions", sorted(flow.todo for flow in flows(peer)),
         sorted([apply(output(3)), apply(output(2)), apply(output(2))]))


def check_modify_loose(peer):
    """What is more specific is changed, too; other tables are not."""
    add(peer, f("in_port", 1), ETH_IP)
    add(peer, f("in_port", 1), priority=7)
    add(peer, f("in_port", 2))
    add(peer, f("in_port", 1), table=1)
    peer.ok(FLOW_MOD, flow_mod(MODIFY, fields=(f("in_port", 1),), do=apply(output(3))))
    want("changed", sum(flow.todo == apply(output(3)) for flow in flows(peer)), 2)


def check_delete_loose(peer):
    add(peer, f("in_port", 1), ETH_IP)
    add(peer, f("in_port", 1), priority=7)
    add(peer, f("in_port", 2))
    add(peer, f("in_port", 1), table=1)
    peer.ok(FLOW_MOD, flow_mod(DELETE, fields=(f("in_port", 1),)))
    want("left", len(flows(peer)), 2)
    peer.ok(FLOW_MOD, flow_mod(DELETE, table=255, fields=(f("in_port", 1),)))
    want("left", len(flows(peer)), 1)
    peer.ok(FLOW_MOD, flow_mod(DELETE, table=255))
    want("left", flows(peer), [])


def check_delete_strict(peer):
    add(peer, f("in_port", 1), ETH_IP, priority=5)
    add(peer, f("in_port", 1), priority=5)
    add(peer, f("in_port", 1), priority=6)
    peer.ok(FLOW_MOD, flow_mod(DELETE_STRICT, fields=(f("in_port", 1),), priority=5))
    want("left", [(flow.priority, len(flow.match)) for flow in flows(peer)], [(5, 18), (6, 12)])
    peer.ok(FLOW_MOD, flow_mod(DELETE_STRICT, fields=(f("in_port", 1),), priority=7))
    want("left", len(flows(peer)), 2)


def check_delete_by_what_it_does(peer):
    """out_port and out_group: flows with such an action, be it applied or written."""
    peer.ok(GROUP_MOD, group_mod(0, 0, 1))
    add(peer, f("in_port", 1), do=apply(output(2)))
    add(peer, f("in_port", 2), do=write(output(3)))
    add(peer, f("in_port", 3), do=apply(group(1)))
    add(peer, f("in_port", 4), do=apply(output(CONTROLLER)))
    want("output:2", len(flows(peer, out_port=2)), 1)
    want("output:3", len(flows(peer, out_port=3)), 1)
    want("output:4", len(flows(peer, out_port=4)), 0)
    want("controller", len(flows(peer, out_port=CONTROLLER)), 1)
    want("group:1", len(flows(peer, out_group=1)), 1)
    want("group:1, output:2", len(flows(peer, out_group=1, out_port=2)), 0)
    peer.ok(FLOW_MOD, flow_mod(DELETE, out_port=3))
    peer.ok(FLOW_MOD, flow_mod(DELETE, out_group=1))
    want("left", len(flows(peer)), 2)
    # for additions and changes they count for nothing
    peer.ok(FLOW_MOD, flow_mod(MODIFY, out_port=77, out_group=77, do=apply(output(4))))
    want("output:4", len(flows(peer, out_port=4)), 2)


def check_cookie_mask(peer):
    for n in range(4):
        add(peer, f("in_port", n + 1), cookie=n)
    want("odd", len(flows(peer, cookie=1, cookie_mask=1)), 2)
    want("sum", aggregate(peer, cookie=1, cookie_mask=1)[2], 2)
    want("all", len(flows(peer, cookie=1, cookie_mask=0)), 4)
    peer.ok(FLOW_MOD, flow_mod(MODIFY, cookie=2, cookie_mask=3, do=apply(output(3))))
    want("changed", len(flows(peer, out_port=3)), 1)
    peer.ok(FLOW_MOD, flow_mod(DELETE, cookie=1, cookie_mask=1))
    want("left", [flow.cookie for flow in flows(peer)], [0, 2])


def check_priorities(peer):
    add(peer, priority=1, do=b"")
    add(peer, f("in_port", 1), priority=10, do=apply(output(2)))
    hit(peer)
    add(peer, f("in_port", 1), ETH_IP, priority=9, do=apply(output(3)))
    hit(peer)
    add(peer, f("in_port", 1), priority=11, do=apply(output(3)))
    frames.Port("p1").send(frames.udp())
    third = frames.Port("p3")
    frames.Port("p1").send(frames.udp())
    if third.take() is None:
        raise Wrong("the flow of the highest priority is not taken")


def removed(peer):
    message = peer.told(FLOW_REMOVED)
    if not message:
        raise Wrong("no FLOW_REMOVED")
    return struct.unpack(">QHBBIIHHQQ", message.body[:40]) + (message.body[40:],)


def check_removed_by_delete(peer):
    add(peer, f("in_port", 1), cookie=0x77, priority=9, idle=50, hard=60, flags=SEND_FLOW_REM, table=0)
    add(peer, f("in_port", 2), cookie=0x78)
    hit(peer, 3)
    peer.ok(FLOW_MOD, flow_mod(DELETE))
    cookie, priority, reason, table, sec, nsec, idle, hard, packets, size, fields = removed(peer)
    want("it", (cookie, priority, reason, table, idle, hard, packets, size), (0x77, 9, 2, 0, 50, 60, 3, 180))
    want("match", fields, match(f("in_port", 1)))
    if sec > 10 or nsec > 999999999:
        raise Wrong(f"duration {sec} {nsec}")
    peer.told_nothing(FLOW_REMOVED)


def check_removed_by_timeouts(peer):
    add(peer, f("in_port", 1), idle=1, flags=SEND_FLOW_REM, cookie=1)
    add(peer, f("in_port", 2), hard=2, flags=SEND_FLOW_REM, cookie=2)
    add(peer, f("in_port", 3), idle=2, hard=1, flags=SEND_FLOW_REM, cookie=3)
    add(peer, f("in_port", 4), hard=1, cookie=4)
    begin = time.monotonic()
    told = {}
    for _ in range(3):
        message = removed(peer)
        told[message[0]] = message[2]
    want("reasons", told, {1: 0, 2: 1, 3: 1})
    if time.monotonic() - begin < 1.5:
        raise Wrong("too early")
    want("flows", flows(peer), [])


def lived(peer, **timeout):
    """For so many seconds."""
    peer.ok(FLOW_MOD, flow_mod(flags=SEND_FLOW_REM, **timeout))
    sec, nsec = struct.unpack(">II", peer.told(FLOW_REMOVED).body[12:20])
    return sec + nsec / 1e9


def check_timeouts_are_kept(peer):
    """A flow is gone when its time is over, whenever it was added; not a second later (but on a busy machine)."""
    for timeout in (dict(idle=1), dict(hard=1)):
        for offset in (0, 0.33, 0.66):
            times = []
            while not times or times[-1] >= 1.7 and len(times) < 3:
                time.sleep((offset - time.monotonic()) % 1)  # of a second
                times.append(lived(peer, **timeout))
            if not 1 <= min(times) or not times[-1] < 1.7:
                raise Wrong(f"{timeout}: it was there for {times} s")


def check_idle_flow_that_is_used(peer):
    add(peer, f("in_port", 1), idle=2)
    for _ in range(6):
        hit(peer)
        time.sleep(0.6)
    want("flows", len(flows(peer)), 1)


def check_removed_with_its_group(peer):
    peer.ok(GROUP_MOD, group_mod(0, 0, 1))
    add(peer, f("in_port", 1), do=apply(group(1)), flags=SEND_FLOW_REM)
    add(peer, f("in_port", 2), do=write(group(1)), flags=SEND_FLOW_REM)
    peer.ok(GROUP_MOD, group_mod(2, 0, 1))
    want("reasons", [removed(peer)[2], removed(peer)[2]], [3, 3])
    want("flows", flows(peer), [])


def check_removed_with_its_meter(peer):
    peer.ok(METER_MOD, meter_mod(0, 1, 1, band()))
    add(peer, f("in_port", 1), do=meter(1) + apply(output(2)), flags=SEND_FLOW_REM)
    peer.ok(METER_MOD, meter_mod(2, 0, 1))
    if removed(peer)[2] not in (2, 4):
        raise Wrong("another reason")
    want("flows", flows(peer), [])


def check_aggregate(peer):
    add(peer, f("in_port", 1))
    add(peer, f("in_port", 2), table=3)
    hit(peer, 2)
    counted(peer, 2)
    want("all", aggregate(peer), (2, 120, 2))
    want("table 3", aggregate(peer, table=3), (0, 0, 1))
    want("none", aggregate(peer, table=4), (0, 0, 0))
    want("port 1", aggregate(peer, fields=(f("in_port", 1),)), (2, 120, 1))


def check_counters_not_wanted(peer):
    """NO_PKT_COUNTS and NO_BYT_COUNTS are remembered."""
    add(peer, flags=NO_PKT_COUNTS | NO_BYT_COUNTS)
    flow, = flows(peer)
    want("flags", flow.flags, NO_PKT_COUNTS | NO_BYT_COUNTS)


def check_barrier_before_packets(peer):
    """Whoever hears the barrier's reply sees the change, known as the old flow may be."""
    port, second, third = frames.Port("p1"), frames.Port("p2"), frames.Port("p3")
    for n in range(20):
        to = 2 + n % 2
        add(peer, f("in_port", 1), do=apply(output(to)))
        second.drain(), third.drain()
        port.send(frames.udp())
        if (second if to == 2 else third).take() is None:
            raise Wrong(f"change {n}: the packet did not come out of port {to}")
        if (third if to == 2 else second).take(0.01) is not None:
            raise Wrong(f"change {n}: the packet went by the old flow")


def check_many_in_parts(peer):
    """A long list comes in parts, each of which is a message."""
    for n in range(3000):
        peer.send(FLOW_MOD, flow_mod(priority=n + 1, fields=(f("in_port", 1), f("eth_dst", n)), do=apply(output(2))))
    want("errors", peer.until_barrier(), [])
    want("flows", len(flows(peer)), 3000)
    want("sum", aggregate(peer)[2], 3000)


def check_table_miss(peer):
    """A flow of priority 0 without fields is a flow like others: it can be deleted, and it counts."""
    add(peer, priority=0)
    hit(peer)
    counted(peer, 1)
    peer.ok(FLOW_MOD, flow_mod(DELETE_STRICT, priority=0))
    want("flows", flows(peer), [])
    port, other = frames.Port("p1"), frames.Port("p2")
    port.send(frames.udp())
    if other.take(0.3) is not None:
        raise Wrong("without flows a packet is forwarded")
