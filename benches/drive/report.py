"""Tables, plots and results, as text and as Markdown for docs/performance.md."""

import math
import statistics


class Verdicts:
    """The goals one by one: the target, the measurement, and whether it is good enough."""

    def __init__(self):
        self.rows = []

    def add(self, goal, what, aim, value, passed, note=""):
        self.rows.append((goal, what, aim, value, passed, note))
        word = "pass" if passed else "MISSED"
        print(f"{goal:>4}  {word:<10}  {what}: {value} (goal: {aim}){'; ' + note if note else ''}", flush=True)

    def markdown(self):
        lines = ["| goal | what | target | measured | |", "|---|---|---|---|---|"]
        for goal, what, aim, value, passed, note in self.rows:
            verdict = "pass" if passed else "**missed**"
            lines.append(f"| {goal} | {what} | {aim} | {value} | {verdict}{': ' + note if note else ''} |")
        return "\n".join(lines)


def spread(values, unit="", digits=1):
    """The median and the range."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f}{unit} ({low:.{digits}f} to {high:.{digits}f})"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def log_plot(path, title, x_label, y_label, series):
    """Lines over two logarithmic axes, as a small SVG. `series` maps a name to (x, y) pairs."""
    width, height, left, bottom, top = 560, 340, 64, 48, 36
    points = [point for line in series.values() for point in line]
    x_low, x_high = (f(math.log10(x) for x, _ in points) for f in (min, max))
    y_low, y_high = math.floor(min(math.log10(y) for _, y in points)), math.ceil(max(math.log10(y) for _, y in points))

    def at(x, y):
        across = (math.log10(x) - x_low) / (x_high - x_low)
        up = (math.log10(y) - y_low) / (y_high - y_low)
        return left + across * (width - left - 20), height - bottom - up * (height - bottom - top)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{left}" y="20" font-size="14">{title}</text>',
    ]
    for power in range(y_low, y_high + 1):
        _, y = at(10**x_low, 10**power)
        parts.append(f'<path d="M{left} {y:.0f}H{width - 20}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 6}" y="{y + 4:.0f}" text-anchor="end">{10.0**power:g}</text>')
    for power in range(math.ceil(x_low), math.floor(x_high) + 1):
        x, _ = at(10**power, 10**y_low)
        parts.append(f'<text x="{x:.0f}" y="{height - bottom + 16}" text-anchor="middle">{10**power:,}</text>')
    for (name, line), colour in zip(series.items(), ("#1565c0", "#c62828", "#2e7d32", "#6a1b9a")):
        path_data = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in line))
        parts.append(f'<polyline points="{path_data}" fill="none" stroke="{colour}" stroke-width="2"/>')
        x, y = at(*line[-1])
        parts.append(f'<text x="{x:.0f}" y="{y - 8:.0f}" text-anchor="end" fill="{colour}">{name}</text>')
    parts.append(f'<text x="{width / 2:.0f}" y="{height - 10}" text-anchor="middle">{x_label}</text>')
    parts.append(f'<text x="14" y="{height / 2:.0f}" text-anchor="middle" transform="rotate(-90 14 {height / 2:.0f})">{y_label}</text>')
    path.write_text("\n".join([*parts, "</svg>"]) + "\n")


def bar_plot(path, title, unit, rows):
    """One bar a row, each as (label, value, colour), over a logarithmic axis."""
    width, left, line = 620, 230, 22
    height = 50 + line * len(rows)
    low, high = math.log10(min(value for _, value, _ in rows)) - 0.3, math.log10(max(value for _, value, _ in rows))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="10" y="20" font-size="14">{title}</text>',
    ]
    for index, (label, value, colour) in enumerate(rows):
        y = 36 + index * line
        length = (math.log10(value) - low) / (high - low) * (width - left - 90)
        parts.append(f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{label}</text>')
        parts.append(f'<rect x="{left}" y="{y}" width="{length:.0f}" height="{line - 6}" fill="{colour}"/>')
        parts.append(f'<text x="{left + length + 6:.0f}" y="{y + 13}">{value:,.3g} {unit}</text>')
    path.write_text("\n".join([*parts, "</svg>"]) + "\n")
