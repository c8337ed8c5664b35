"""What is measured: each forwards between the ports of a topology while its block lasts.

A contender is made with the bench and the names of the ports; its doc string is its name.
"""
import os
import shutil

from runner.sandbox import CONTENDER_CPU, REALTIME, WORK, Process, eventually, pinned, run, succeeds


class Contender:
    needs_tx_off = False  # in containers, or their checksums do not arrive
    owns_core = False  # CONTENDER_CPU: it polls

    def __init__(self, bench, ports):
        self.build = bench.build
        self.ports = ports
        self.processes = []

    def prepare(self):
        """What a row wants besides ports."""

    def kill_and_start(self):
        """Another daemon in the place of one that was killed."""
        self.processes.pop().kill()
        self.start()

    def __exit__(self, *_):
        while self.processes:
            self.processes.pop().__exit__()


class Bare(Contender):
    """Programs of bench.bpf.c alone."""

    kind = ""

    def __enter__(self):
        process = Process(f"{self.build}/tests/bench/bare", self.kind, *self.ports[:2],
                          log=f"{self.kind}.log")
        self.processes.append(process)

        def is_ready():
            """the programs are attached"""
            with open(process.log, encoding="utf-8") as file:
                return file.read().endswith("ready\n")

        os.truncate(process.log, 0)
        eventually(is_ready)
        return self


class XdpRedirect(Bare):
    """bare XDP redirect"""

    kind = "xdp-redirect"


class XdpFlows(Bare):
    """bare XDP redirect by a hash table of the kernel's"""

    kind = "xdp-flows"


class XdpLines(Bare):
    """bare XDP redirect that counts in a line of memory for each flow"""

    kind = "xdp-lines"


class TcRedirect(Bare):
    """bare tc redirect"""

    kind = "tc-redirect"


class XdpDrop(Bare):
    """bare XDP drop"""

    kind = "xdp-drop"


class Forwarder(Contender):
    """bare AF_XDP forwarder"""

    def __enter__(self):
        self.processes.append(Process(
            *pinned(CONTENDER_CPU, f"{self.build}/tests/bench/forwarder", *self.ports[:2]),
            log="forwarder.log"))
        return self


class Shunt(Contender):
    """Shunt"""

    options = ("options:hook=xdp",)
    arguments = ()
    run_dir = f"{WORK}/shunt"
    database = None  # in the run directory
    bridge = "br0"

    def ctl(self, *words):
        return run(f"{self.build}/switchctl", f"--run-dir={self.run_dir}", "--timeout=60", *words)

    def ofctl(self, *words):
        return run(f"{self.build}/ofctl/ofctl", f"--run-dir={self.run_dir}", *words)

    def start(self):
        self.processes.append(Process(
            *pinned(CONTENDER_CPU, f"{self.build}/switchd", "--run-dir", self.run_dir, "--db",
                    self.database or f"{self.run_dir}/conf.db", *self.arguments),
            log="switchd.log"))
        eventually(self.answers)

    def __enter__(self):
        shutil.rmtree(self.run_dir, ignore_errors=True)
        self.start()
        words = ["add-br", self.bridge]
        for port in self.ports:
            words += ["--", "add-port", self.bridge, port,
                      "--", "set", "Interface", port, *self.options]
        self.ctl(*words)
        self.prepare()
        return self

    @property
    def pid(self):
        return self.processes[0].pid

    def answers(self):
        """switchd answers"""
        return succeeds(f"{self.build}/switchctl", f"--run-dir={self.run_dir}", "show")

    def __exit__(self, *_):
        if self.processes:
            self.ctl("stop")
        super().__exit__()


class ShuntSkb(Shunt):
    """Shunt, skb ports"""

    options = ("options:hook=skb",)


class ShuntUserspace(Shunt):
    """Shunt without the kernel's flow cache"""

    arguments = ("--no-fast-path",)


class OpenVswitch(Contender):
    """Open vSwitch netdev"""

    folder = f"{WORK}/ovs"
    interface = ()
    pmd = ()

    def ctl(self, *words):
        return run("ovs-vsctl", f"--db=unix:{self.folder}/db.sock", "--timeout=20", *words)

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        database = f"{self.folder}/conf.db"
        run("ovsdb-tool", "create", database, "/usr/share/openvswitch/vswitch.ovsschema")
        self.processes.append(Process("ovsdb-server", database,
                                      f"--remote=punix:{self.folder}/db.sock",
                                      log="ovsdb-server.log", env=self.environment()))
        eventually(lambda: os.path.exists(f"{self.folder}/db.sock"))
        self.ctl("--no-wait", "init")
        if self.pmd:
            self.ctl("--no-wait", "set", "Open_vSwitch", ".", *self.pmd)
        self.start()
        words = ["add-br", "ovs0", "--", "set", "Bridge", "ovs0", "datapath_type=netdev"]
        for port in self.ports:
            words += ["--", "add-port", "ovs0", port]
            if self.interface:
                words += ["--", "set", "Interface", port, *self.interface]
        self.ctl(*words)
        self.prepare()
        return self

    def start(self):
        self.processes.append(Process(
            *REALTIME, "/usr/lib/openvswitch-switch/ovs-vswitchd", f"unix:{self.folder}/db.sock",
            "--pidfile", "-vconsole:warn", log="ovs-vswitchd.log", env=self.environment()))

    def environment(self):
        return dict(os.environ, OVS_RUNDIR=self.folder, OVS_LOGDIR=self.folder)

    def ofctl(self, command, bridge, *words):
        return run("ovs-ofctl", command, f"unix:{self.folder}/{bridge}.mgmt", *words)

    def __exit__(self, *_):
        if len(self.processes) == 2:
            self.ctl("--if-exists", "del-br", "ovs0")
        super().__exit__()


class OpenVswitchAfxdp(OpenVswitch):
    """Open vSwitch afxdp"""

    needs_tx_off = True
    owns_core = True
    interface = ("type=afxdp", "options:n_rxq=1")
    # the PMD thread alone polls; the daemon's other threads stay off its core
    pmd = ("other_config:pmd-cpu-mask=0x2",)


class LinuxBridge(Contender):
    """Linux bridge"""

    def __enter__(self):
        run("ip", "link", "add", "br0", "type", "bridge")
        run("ip", "link", "set", "br0", "up")
        for port in self.ports:
            run("ip", "link", "set", port, "master", "br0")
        return self

    def __exit__(self, *_):
        run("ip", "link", "del", "br0")
