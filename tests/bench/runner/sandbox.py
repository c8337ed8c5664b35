"""Commands, processes and namespaces: all that a benchmark starts ends with it."""
import os
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
WORK = "/run/bench"
GENERATOR_CPU, CONTENDER_CPU = "0", "1"
REALTIME = []  # with --realtime: the words that make a command real-time


def run(*words, **more):
    result = subprocess.run(words, check=False, capture_output=True, text=True, **more)
    if result.returncode:
        raise RuntimeError(f"{' '.join(words)}: status {result.returncode}: {result.stderr}")
    return result.stdout


def inside(namespace, *words):
    return ("nsenter", f"--net=/run/netns/{namespace}", "--", *words)


def pinned(cpu, *words):
    return ("taskset", "-c", cpu, *REALTIME, *words)


def succeeds(*words):
    return not subprocess.run(words, check=False, capture_output=True).returncode


def eventually(question, seconds=10):
    deadline = time.monotonic() + seconds
    while not question():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {seconds} s: {question.__doc__ or question}")
        time.sleep(0.02)


class Process:
    """A process in the background, its output in a log; ended with the block."""

    def __init__(self, *words, log, **more):
        self.log = os.path.join(WORK, log)
        with open(self.log, "a", encoding="utf-8") as file:
            self.process = subprocess.Popen(words, stdout=file, stderr=file, **more)

    @property
    def pid(self):
        return self.process.pid

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def call(*words):
    """Runs this program again in namespaces of its own: its exit status. When it ends, in whatever
    way, every process, device and program that it made ends with it."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda caught, _: sys.exit(128 + caught))
    with subprocess.Popen(["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
                           "--mount-proc", sys.argv[0], *words],
                          env=dict(os.environ, SHUNT_SANDBOX="bench")) as process:
        try:
            return process.wait()
        finally:
            process.kill()


def is_inside():
    return os.environ.get("SHUNT_SANDBOX") == "bench" and os.getpid() == 1


def furnish():
    """A fresh /run and bpffs, and the end on a signal: at once, there is nothing to clean up."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda caught, _: os._exit(128 + caught))
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    os.makedirs("/run/netns")
    os.makedirs(WORK)
    run("mount", "-t", "sysfs", "sysfs", "/sys")
    run("mount", "-t", "bpf", "bpf", "/sys/fs/bpf")
    run("ip", "link", "set", "lo", "up")
