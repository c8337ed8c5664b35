"""Rows of parts alone, in memory: the rule classifier and the flow cache."""
from runner.sandbox import CONTENDER_CPU, pinned, run

N_RULES = "64000"
N_SETS = 3  # the rows behind them are no rule sets


def classifier(bench):
    """64,000 rules (ACL, FW, IPC): look-ups, updates / plain tuple-space search; p99"""
    program = f"{bench.build}/tests/bench/bench_classifier"
    lines = run(*pinned(CONTENDER_CPU, program, N_RULES)).splitlines()[2:2 + N_SETS]
    for line in lines:
        words = line.replace("|", " ").split()
        name = f"{words[0].upper()}, {int(N_RULES):,} rules"
        lookup, tss_lookup = float(words[5]), float(words[6])
        p99 = float(words[9])
        update, tss_update = float(words[10]), float(words[11])
        bench.report.ratio("classifier", f"look-up, {name}", "ns", [lookup], [tss_lookup],
                           "tuple-space search", 1 / 4, 1 / 10, less=True)
        bench.report.ratio("classifier", f"update, {name}", "updates/s", [1e9 / update],
                           [1e9 / tss_update], "tuple-space search", 0.6, 0.8)
        bench.report.value("classifier", f"p99 of single look-ups, {name}", "ns", [p99], 1000, 800)


def cache(bench):
    """parse, look-up and count of six words, up to 1,000,000 entries in the flow cache"""
    program = f"{bench.build}/tests/bench/bench_cache"
    lines = run(*pinned(CONTENDER_CPU, program)).splitlines()
    for at, line in enumerate(lines):
        if line.startswith("6 words"):
            flows = int(line.split()[2])
            nanoseconds = float(lines[at + 3].split()[5])
            bench.report.value("cache", f"parse, look-up and count, {flows:,} entries",
                               "ns a packet", [nanoseconds])


ROWS = {"classifier": classifier, "cache": cache}
