"""The alarm TargetsMissing, evaluated by a model of CloudWatch: it fires when one of many scopes is not read, or when no
tick comes, and not because passes take a while. docs/operations.md, "With many targets", says the same in words."""

from copy import deepcopy

import pytest
from cloudwatch import Alarm, Point
from test_alarms import OPEN, states

SCOPES = 7500


@pytest.fixture(params=["1", "5"])
def period(request, template):
    return template["Mappings"]["Periods"][request.param]["Seconds"]


@pytest.fixture
def properties(resources):
    return deepcopy(resources["TargetsMissing"]["Properties"])


def ticks(period, read, begin=0, work=()):
    """One tick a period, which expects all scopes, and how many of them its passes read. `work`: after what part of the
    period each share of the passes ends. Their metrics have the time of the tick, and CloudWatch shows them later."""
    points = {"expected": [], "completed": []}
    shares = len(work) or 1
    for index, completed in enumerate(read):
        at = begin + index * period
        points["expected"].append(Point(at, SCOPES))
        # The line of the tick itself, which reads nothing.
        points["completed"].append(Point(at, 0))
        for share, part in enumerate(work or [0]):
            done = completed // shares + (completed % shares if share == 0 else 0)
            points["completed"].append(Point(at, done, delay=int(part * period)))
    return points


def joined(*series):
    return {name: [point for points in series for point in points[name]] for name in ("expected", "completed")}


@pytest.mark.parametrize(("extra", "fills_nothing"), OPEN)
@pytest.mark.parametrize("wait", [0, 1, 4, 20])
def test_it_is_quiet_at_the_first_deployment(properties, period, extra, fills_nothing, wait):
    alarm = Alarm(properties, period, extra, fills_nothing)
    points = ticks(period, [SCOPES] * 20, wait * period, work=(0.1, 0.5, 0.9))
    assert states(alarm.history(points, 0, (wait + 20) * period)) == ["OK"]
    assert alarm.history({"expected": [], "completed": []}, 0, 50 * period) == [], "nor without any tick"


@pytest.mark.parametrize(("extra", "fills_nothing"), OPEN)
def test_one_scope_of_thousands_is_enough_and_one_good_tick_ends_it(properties, period, extra, fills_nothing):
    alarm = Alarm(properties, period, extra, fills_nothing)
    points = ticks(period, [SCOPES] * 10 + [SCOPES - 1] * 10 + [SCOPES] * 10, work=(0.1,))
    [(_, first), (fired, then), (ended, last)] = alarm.history(points, 0, 30 * period)
    assert (first, then, last) == ("OK", "ALARM", "OK")
    assert 11 * period < fired <= 13 * period
    assert ended <= 21 * period


@pytest.mark.parametrize(("extra", "fills_nothing"), OPEN)
def test_two_bad_ticks_in_a_row_are_no_alarm(properties, period, extra, fills_nothing):
    alarm = Alarm(properties, period, extra, fills_nothing)
    points = ticks(period, [SCOPES, SCOPES, SCOPES, 0, 0] * 6)
    assert states(alarm.history(points, 0, 30 * period)) == ["OK"]


@pytest.mark.parametrize(("extra", "fills_nothing"), OPEN)
def test_it_fires_within_three_periods_when_no_tick_comes_and_stays(properties, period, extra, fills_nothing):
    alarm = Alarm(properties, period, extra, fills_nothing)
    points = ticks(period, [SCOPES] * 20, work=(0.1,))
    last = 19 * period
    [(_, first), (at, then)] = alarm.history(points, 0, last + 24 * 3600)
    assert (first, then) == ("OK", "ALARM")
    assert last + 2 * period < at <= last + 3 * period
    again = joined(points, ticks(period, [SCOPES] * 5, last + 50 * period))
    assert states(alarm.history(again, 0, last + 55 * period)) == ["OK", "ALARM", "OK"]


@pytest.mark.parametrize(("extra", "fills_nothing"), OPEN)
def test_no_message_worked_off_is_as_bad_as_no_tick(properties, period, extra, fills_nothing):
    """The queue's messages reach nobody: there is only the line of the tick."""
    alarm = Alarm(properties, period, extra, fills_nothing)
    points = ticks(period, [SCOPES] * 10 + [0] * 10)
    assert states(alarm.history(points, 0, 20 * period)) == ["OK", "ALARM"]


@pytest.mark.parametrize(("extra", "fills_nothing"), OPEN)
def test_passes_that_take_longer_each_time_are_no_alarm(properties, extra, fills_nothing):
    """With the time of the passes instead of the tick's they would be one: each period would have a little less of its own
    work than it has of the period's before."""
    period, minute = 300, 60
    alarm = Alarm(properties, period, extra, fills_nothing)
    expected, by_tick, by_pass = [], [], []
    for index in range(12):
        # A tick half a minute before the minute, when CloudWatch evaluates. Every time, more of the work ends after it.
        at = index * period + minute // 2
        early = SCOPES - 100 * index
        expected.append(Point(at, SCOPES))
        for done, after in [(early, 10), (SCOPES - early, 50)]:
            by_tick.append(Point(at, done, delay=after))
            by_pass.append(Point(at + after, done))
    end = 12 * period
    assert states(alarm.history({"expected": expected, "completed": by_tick}, 0, end)) == ["OK"]
    assert "ALARM" in states(alarm.history({"expected": expected, "completed": by_pass}, 0, end))
