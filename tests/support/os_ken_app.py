"""Two applications for os-ken, the controller framework (osken-manager tests/support/os_ken_app.py): a learning switch, and
flows by REST through os_ken.lib.ofctl_*, the way ofctl_rest has them. Which version they speak the environment says:
OF=10 or OF=13.

	GET  /stats/desc|flow|port|table|portdesc/DPID
	POST /stats/flowentry/add|modify|delete {"dpid": ..., "match": ..., "actions": ...}
"""
import json
import os

import eventlet
import eventlet.wsgi
from os_ken.base import app_manager
from os_ken.controller import ofp_event
from os_ken.controller.handler import CONFIG_DISPATCHER, MAIN_DISPATCHER, set_ev_cls
from os_ken.lib import ofctl_v1_0, ofctl_v1_3
from os_ken.lib.packet import ethernet, packet
from os_ken.ofproto import ofproto_v1_0, ofproto_v1_3

IS_10 = os.environ.get("OF", "13") == "10"
VERSIONS = [ofproto_v1_0.OFP_VERSION if IS_10 else ofproto_v1_3.OFP_VERSION]
OFCTL = ofctl_v1_0 if IS_10 else ofctl_v1_3


class Learning(app_manager.OSKenApp):
    OFP_VERSIONS = VERSIONS

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.macs = {}
        self.datapaths = {}
        self.waiters = {}
        eventlet.spawn(eventlet.wsgi.server, eventlet.listen(("127.0.0.1", 8080)), self.rest, log_output=False)

    @set_ev_cls(ofp_event.EventOFPSwitchFeatures, CONFIG_DISPATCHER)
    def features(self, ev):
        dp = ev.msg.datapath
        self.datapaths[dp.id] = dp
        self.logger.info("switch %016x", dp.id)
        if not IS_10:  # the flow for misses
            self.flow(dp, 0, dp.ofproto_parser.OFPMatch(),
                      [dp.ofproto_parser.OFPActionOutput(dp.ofproto.OFPP_CONTROLLER, dp.ofproto.OFPCML_NO_BUFFER)])

    @staticmethod
    def flow(dp, priority, match, actions):
        parser, ofp = dp.ofproto_parser, dp.ofproto
        if IS_10:
            mod = parser.OFPFlowMod(datapath=dp, match=match, cookie=0, command=ofp.OFPFC_ADD, priority=priority,
                                    actions=actions)
        else:
            mod = parser.OFPFlowMod(datapath=dp, priority=priority, match=match, instructions=[
                parser.OFPInstructionActions(ofp.OFPIT_APPLY_ACTIONS, actions)])
        dp.send_msg(mod)

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def packet_in(self, ev):
        msg, dp = ev.msg, ev.msg.datapath
        parser, ofp = dp.ofproto_parser, dp.ofproto
        port = msg.in_port if IS_10 else msg.match["in_port"]
        eth = packet.Packet(msg.data).get_protocol(ethernet.ethernet)
        macs = self.macs.setdefault(dp.id, {})
        macs[eth.src] = port
        out = macs.get(eth.dst, ofp.OFPP_FLOOD)
        actions = [parser.OFPActionOutput(out)]
        if out != ofp.OFPP_FLOOD:
            self.logger.info("flow %s to %s", eth.dst, out)
            if IS_10:
                self.flow(dp, 1, parser.OFPMatch(in_port=port, dl_dst=eth.dst), actions)
            else:
                self.flow(dp, 1, parser.OFPMatch(in_port=port, eth_dst=eth.dst), actions)
        dp.send_msg(parser.OFPPacketOut(datapath=dp, buffer_id=msg.buffer_id, in_port=port, actions=actions,
                                        data=msg.data if msg.buffer_id == ofp.OFP_NO_BUFFER else None))

    @set_ev_cls([getattr(ofp_event, "EventOFP%sStatsReply" % name) for name in
                 ("Desc", "Flow", "Port", "Table") + (() if IS_10 else ("PortDesc",))], MAIN_DISPATCHER)
    def stats(self, ev):
        msg = ev.msg
        locks = self.waiters.get(msg.datapath.id, {})
        if msg.xid not in locks:
            return
        lock, msgs = locks[msg.xid]
        msgs.append(msg)
        if not msg.flags & 1:
            del locks[msg.xid]
            lock.set()

    @set_ev_cls(ofp_event.EventOFPSwitchFeatures, MAIN_DISPATCHER)
    def ports(self, ev):  # in OpenFlow 1.0 they are part of it
        locks = self.waiters.get(ev.msg.datapath.id, {})
        if ev.msg.xid in locks:
            lock, msgs = locks.pop(ev.msg.xid)
            msgs.append(ev.msg)
            lock.set()

    @set_ev_cls(ofp_event.EventOFPErrorMsg, MAIN_DISPATCHER)
    def error(self, ev):
        self.logger.info("error type %d code %d", ev.msg.type, ev.msg.code)

    def rest(self, environ, start):
        _, _, *path = environ["PATH_INFO"].split("/")
        if environ["REQUEST_METHOD"] == "POST":
            answer = self.change(path[1], json.loads(environ["wsgi.input"].read()))
        else:
            answer = self.ask(*path)
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    def ask(self, what, dpid):
        question = {"desc": OFCTL.get_desc_stats, "flow": OFCTL.get_flow_stats, "port": OFCTL.get_port_stats,
                    "table": OFCTL.get_table_stats, "portdesc": OFCTL.get_port_desc}[what]
        return question(self.datapaths[int(dpid)], self.waiters)

    def change(self, command, flow):
        dp = self.datapaths[int(flow["dpid"])]
        commands = {"add": dp.ofproto.OFPFC_ADD, "modify": dp.ofproto.OFPFC_MODIFY, "delete": dp.ofproto.OFPFC_DELETE}
        OFCTL.mod_flow_entry(dp, flow, commands[command])
        return {}
