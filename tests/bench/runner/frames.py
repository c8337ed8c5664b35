"""Frames made by the generator: sent on CPU 0, counted by a sink."""
import subprocess
import time

from runner.sandbox import GENERATOR_CPU, TOP, eventually, inside, pinned, run
from runner.topology import MACS


class Sink:
    """Takes and counts what arrives at `device`, at the XDP or the tc hook."""

    def __init__(self, bench, hook="xdp", namespace="sink", device="s0"):
        self.words = inside(namespace, f"{bench.build}/tests/bench/sink", device, hook)
        self.process = None

    def read(self):
        """Frames so far, and when that was, in seconds."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        count, nanoseconds = self.process.stdout.readline().split()
        return int(count), int(nanoseconds) / 1e9

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.read()  # it is there
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def generator(bench, seconds, *words, namespace="gen", device="g0"):
    return inside(namespace, *pinned(GENERATOR_CPU, f"{bench.build}/tests/bench/generator", device,
                                     str(seconds), *words))


def introduce(namespace="sink", device="s0"):
    """A frame from there, so that switches learn where it is."""
    run(*inside(namespace, f"{TOP}/tests/support/frames", "send", device, "dst=ff:ff:ff:ff:ff:ff",
                f"src={MACS[device]}"))


def frames_pass(bench, sink, *words):
    """Waits until what the generator sends arrives."""

    def passes():
        """frames pass"""
        introduce()
        introduce("gen", "g0")
        before, _ = sink.read()
        subprocess.run(generator(bench, 0.05, *words), capture_output=True, check=False)
        return sink.read()[0] > before + 1000

    eventually(passes, 20)


def sink_rate(bench, sink, *words, settle=0.5):
    """Frames per second that arrive at the sink while the generator sends all it can."""
    process = subprocess.Popen(generator(bench, bench.seconds + settle + 5, *words),
                               stdout=subprocess.DEVNULL)
    try:
        time.sleep(settle)
        count, begin = sink.read()
        time.sleep(bench.seconds)
        count_after, end = sink.read()
        if process.poll() is not None:
            raise RuntimeError("the generator ended too early")
    finally:
        process.terminate()
        process.wait()
    return (count_after - count) / (end - begin)
