"""Contenders in turn, and what comes of it: medians, ratios, a table, a file."""
import json
import os
import platform
import statistics
import sys
import time


class Bench:
    """What all rows are given."""

    def __init__(self, build, rounds, seconds, report):
        self.build, self.n_rounds, self.seconds, self.report = build, rounds, seconds, report

    def rounds(self, measure, contenders):
        """Calls measure(contender) for each of them, `n_rounds` times, in an order that turns
        around each time. Returns {contender: [value of each round]}; a value may be a dict."""
        values = {contender: [] for contender in contenders}
        for i in range(self.n_rounds):
            for contender in contenders if i % 2 == 0 else reversed(contenders):
                values[contender].append(measure(contender))
                print(f"    {name_of(contender)}: {text_of(values[contender][-1])}",
                      file=sys.stderr, flush=True)
        return values


def name_of(contender):
    return contender if isinstance(contender, str) else contender.__doc__.split("\n")[0]


def text_of(value):
    if isinstance(value, dict):
        return ", ".join(f"{key} {text_of(item)}" for key, item in value.items())
    return number(value)


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


class Report:
    """Results, in a file from the first one on."""

    def __init__(self, path):
        self.path = path
        self.results = []
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.results = json.load(file)["results"]

    def ratio(self, row, what, unit, ours, theirs, peer, must=None, aim=None, less=False):
        """ours[i] / theirs[i] were measured in one round. less: a smaller ratio is a better one."""
        ratios = [a / b if b else float("inf") for a, b in zip(ours, theirs)]
        self.add({"row": row, "what": what, "peer": peer, "unit": unit, "ours": ours,
                  "theirs": theirs, "ratios": ratios, "median": statistics.median(ratios),
                  "must": must, "aim": aim, "less": less})

    def value(self, row, what, unit, values, must=None, aim=None, less=True):
        self.add({"row": row, "what": what, "unit": unit, "values": values,
                  "median": statistics.median(values), "must": must, "aim": aim, "less": less})

    def add(self, result):
        result["date"] = time.strftime("%Y-%m-%d %H:%M")
        self.results.append(result)
        print(line_of(result), flush=True)
        self.save()

    def forget(self, row):
        self.results = [result for result in self.results if result["row"] != row]

    def save(self):
        machine = {"kernel": platform.release(), "cpus": os.cpu_count(), "cpu": cpu_model(),
                   "memory_mb": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20}
        with open(self.path + ".tmp", "w", encoding="utf-8") as file:
            json.dump({"machine": machine, "results": self.results}, file, indent="\t")
            file.write("\n")
        os.rename(self.path + ".tmp", self.path)


def verdict(result):
    """aim, must or missed; empty: no goal."""
    value = result["median"]
    for goal in ("aim", "must"):
        wanted = result[goal]
        if wanted is not None and (value <= wanted if result["less"] else value >= wanted):
            return goal
    return "missed" if result["must"] is not None else ""


def goal_of(result):
    if result["must"] is None:
        return ""
    return f"{'at most ' if result['less'] else ''}{result['must']:g}, aim {result['aim']:g}"


def cells_of(result):
    """What, median, spread, wanted, verdict, ours, theirs."""
    values = result.get("ratios") or result["values"]
    spread = f"{number(min(values))} to {number(max(values))}, {len(values)}"
    what = result["what"] + (f" / {result['peer']}" if "peer" in result else f", {result['unit']}")
    both = [f"{number(statistics.median(result[side]))} {result['unit']}" if side in result else ""
            for side in ("ours", "theirs")]
    return [what, number(result["median"]), spread, goal_of(result), verdict(result), *both]


HEADINGS = ["what", "median", "spread, rounds", "wanted", "reached", "ours", "theirs"]


def line_of(result):
    what, median, spread, goal, reached, ours, theirs = cells_of(result)
    wanted = f"; wanted {goal}: {reached}" if goal else ""
    sides = f"; {ours} beside {theirs}" if theirs else ""
    return f"{what}: {median} ({spread}){wanted}{sides}"


def table_of(results, is_aligned=True):
    """Markdown; for people with its columns aligned."""
    rows = [HEADINGS] + [cells_of(result) for result in results]
    widths = [max(len(row[i]) for row in rows) if is_aligned else 3 for i in range(len(HEADINGS))]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(cell.ljust(width if is_aligned else 0) for cell, width in zip(row, widths))
        + " |" for row in rows)


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return "unknown"
