"""Figures as a table, and as ratios between contenders, sizes and numbers of workers."""

import json
import os
import platform

from dev.console import say

COLUMNS = (
    "contender",
    "N",
    "workers",
    "queries each",
    "CPU ms each",
    "each CPU s",
    "wall s",
    "less queueing",
    "peak MiB",
    "total",
    "checks",
)


def machine():
    """What the figures were measured on, without names."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


def row(result):
    """One result as texts."""
    return (
        result["contender"],
        f"{result['count']:,}",
        str(result["workers"]),
        f"{result['queries']:.1f}",
        f"{result['cpu'] * 1000:.1f}",
        f"{1 / result['cpu']:.1f}",
        f"{result['wall']:.1f}",
        f"{result['unhindered']:.1f}",
        f"{result['peak_mib']:.0f}",
        f"{result['total']:,.2f}",
        "; ".join(result["wrong"]) or "ok",
    )


def lay_out(rows):
    """Rows, the first with the headings, as a Markdown table with columns of even width."""
    rows = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows)


def table(results):
    """The results of renewals."""
    return lay_out([COLUMNS, *map(row, results)])


def save(file, results):
    """The figures and what they were measured on, as JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"machine": machine(), "results": results}, indent=1) + "\n")
    say(f"figures in {file}")


def ratios(results):
    """Ours against each other contender, two workers against one, the largest size against the smallest."""
    one = {(r["contender"], r["count"]): r for r in results if r["workers"] == 1}
    lines = []
    for (contender, count), result in one.items():
        if contender != "ours" and ("ours", count) in one:
            lines.append(f"ours : {contender} at {count:,} = {result['cpu'] / one['ours', count]['cpu']:.2f}")
    for result in results:
        alone = one.get((result["contender"], result["count"]))
        if result["workers"] > 1 and alone:
            text = f"{result['contender']}: {result['workers']} workers : 1 at {result['count']:,} ="
            for name, what in (("unhindered", "less queueing for a core"), ("wall", "by wall time")):
                text += f" {alone[name] / result[name]:.2f} {what},"
            lines.append(f"{text} CPU each {result['cpu'] / alone['cpu']:.2f} times")
    for contender in dict.fromkeys(contender for contender, _count in one):
        sizes = sorted(count for name, count in one if name == contender)
        if len(sizes) > 1:
            times = one[contender, sizes[-1]]["cpu"] / one[contender, sizes[0]]["cpu"]
            lines.append(f"{contender}: CPU each at {sizes[-1]:,} : {sizes[0]:,} = {times:.2f}")
    return "\n".join(f"- {line}" for line in lines)
