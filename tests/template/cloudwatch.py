"""A small model of how CloudWatch evaluates an alarm, made from the "Using Amazon CloudWatch alarms" and "Using math
expressions" pages of the CloudWatch user guide.

It models: sums and maxima over windows that slide by a minute; an evaluation range that is longer than EvaluationPeriods, by how much
AWS does not say; the use of real data points before missing ones; the four ways to treat missing data; metric math as far
as the template uses it. It does not model delays between evaluation and action, or high-resolution alarms.

AWS does not document what FILL makes of a metric that has no data point at all. `fills_nothing` chooses the reading: the
result has no data point either, or it has the filler everywhere.
"""

import ast
import operator
from dataclasses import dataclass

MINUTE = 60
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}
COMPARISONS = {
    "LessThanThreshold": operator.lt,
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
}
STATISTICS = {"Sum": operator.add, "Maximum": max}


@dataclass(frozen=True)
class Point:
    """A data point of a metric, and how many seconds after its time CloudWatch shows it."""

    time: int
    value: float
    delay: int = 0


def state(points, n, m, treat_missing, current):
    """The state after one evaluation. `points`: oldest first, True where breaching, None where missing."""
    real = [point for point in points if point is not None]
    if len(real) >= n:
        return "ALARM" if sum(real[-n:]) >= m else "OK"
    if treat_missing == "breaching":
        return "ALARM" if sum(real) + n - len(real) >= m else "OK"
    if treat_missing == "notBreaching" or sum(real) >= m:
        return "ALARM" if sum(real) >= m else "OK"
    if not all(real):
        return "OK"
    if treat_missing == "ignore":
        return current
    # "missing": a breaching point that is old enough, and none after it that is not breaching.
    is_old = any(points[:-m + 1] if m > 1 else points)
    return "ALARM" if is_old else "INSUFFICIENT_DATA"


class Math:
    """One metric math expression over the metrics with these ids."""

    def __init__(self, expression, fills_nothing):
        self.tree = ast.parse(expression, mode="eval").body
        self.fills_nothing = fills_nothing

    def __call__(self, series):
        """`series`: by id."""
        return self.value(self.tree, series)

    def value(self, node, series):
        match node:
            case ast.Constant(value=number):
                return number
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.value(operand, series)
            case ast.Name(id=name) if name in series:
                return series[name]
            case ast.BinOp(left=left, op=op, right=right) | ast.Compare(left=left, ops=[op], comparators=[right]):
                return combine(OPERATORS[type(op)], self.value(left, series), self.value(right, series))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return getattr(self, name)(*(self.value(argument, series) for argument in arguments))
        raise AssertionError(f"not modelled: {ast.dump(node)}")

    def FILL(self, series, filler):  # noqa: N802
        if self.fills_nothing and all(value is None for value in series):
            return series
        return [filler if value is None else value for value in series]

    @staticmethod
    def RUNNING_SUM(series):  # noqa: N802
        total, sums = 0, []
        for value in series:
            total += value or 0
            sums.append(None if value is None else total)
        return sums

    @staticmethod
    def IF(conditions, then):  # noqa: N802
        """Without a third argument, points for which the condition is false are dropped."""
        return [(value or 0) if condition else None for condition, value in zip(conditions, then, strict=True)]


def combine(operate, left, right):
    """A time series with a number, or with another one."""
    assert isinstance(left, list), "not modelled"
    rights = right if isinstance(right, list) else [right] * len(left)
    return [None if None in pair else operate(*pair) * 1 for pair in zip(left, rights, strict=True)]


class Alarm:
    """An alarm of the template. `extra`: by how many periods its evaluation range is longer than EvaluationPeriods. Each
    method takes the points of the alarm's metric, or of each of its metrics by id."""

    def __init__(self, properties, period, extra, fills_nothing):
        self.period = period
        self.n = properties["EvaluationPeriods"]
        self.m = properties.get("DatapointsToAlarm", self.n)
        self.extra = extra
        self.treat_missing = properties["TreatMissingData"]
        self.threshold = properties["Threshold"]
        self.breaches = COMPARISONS[properties["ComparisonOperator"]]
        self.math = None
        if "Metrics" in properties:
            [result] = [query for query in properties["Metrics"] if "Expression" in query]
            metrics = [query for query in properties["Metrics"] if "MetricStat" in query]
            assert result.get("ReturnData", True) and not any(metric["ReturnData"] for metric in metrics)
            self.math = Math(result["Expression"], fills_nothing)
            self.statistics = {metric["Id"]: metric["MetricStat"]["Stat"] for metric in metrics}
        else:
            self.statistics = {"metric": properties["Statistic"]}

    def series(self, points, statistic, now):
        """One value for each window of the evaluation range that ends now, the oldest first."""
        count = self.n + self.extra
        values = [None] * count
        for point in points:
            age = (now - point.time) // self.period
            if 0 <= age < count and point.time <= now and point.time + point.delay <= now:
                index = count - 1 - age
                before = values[index]
                values[index] = point.value if before is None else STATISTICS[statistic](before, point.value)
        return values

    def values(self, points, now):
        """What is compared with the threshold."""
        if not isinstance(points, dict):
            [only] = self.statistics
            points = {only: points}
        series = {name: self.series(points[name], statistic, now) for name, statistic in self.statistics.items()}
        return self.math(series) if self.math else series["metric"]

    def history(self, points, begin, end):
        """Every change of state, as (time, state), evaluated once a minute. An alarm begins without enough data."""
        current, changes = "INSUFFICIENT_DATA", []
        for now in range(begin, end, MINUTE):
            values = self.values(points, now)
            breaching = [None if value is None else self.breaches(value, self.threshold) for value in values]
            new = state(breaching, self.n, self.m, self.treat_missing, current)
            if new != current:
                changes.append((now, new))
                current = new
        return changes
