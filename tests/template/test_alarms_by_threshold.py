"""Every alarm that compares one metric with a threshold, evaluated by a model of CloudWatch: what each of them takes, and
what it does not."""

from copy import deepcopy

import pytest
from cloudwatch import Alarm, Point
from test_alarms import states

PERIOD = 300
# One value for each period, `None` for no data: what is normal, and what has to raise the alarm.
CASES = {
    "Failing": ([0, 1, 0, 0, 1, 0, None, 0, 0], [0, 1, 1]),
    "NoticesWaiting": ([0, 0, 300, 600, 899, 0, None, 0], [300, 600, 900]),
    "DeadLettersWaiting": ([0, 0, None, 0], [0, 1]),
    # A message may wait for a period in one of three: the next tick has sent another.
    "TargetsWaiting": ([0, 20, 300, 0, 301, 0, 0, None], [200, 320, 500]),
    "Slow": ([100_000, 216_000, 216_001, 100_000, 200_000, None], [216_001, 100_000, 216_001]),
    "FunctionThrottled": ([0, 3, 0, 0, 1, 0, None], [1, 0, 1]),
    "ApisThrottled": ([0, 9, 500, 10, 9, 9, None], [10, 10, 10]),
}


@pytest.fixture(params=CASES)
def case(request, template, resources):
    """The alarm with the thresholds of the default period, and its values."""
    properties = deepcopy(resources[request.param]["Properties"])
    threshold = properties["Threshold"]
    if isinstance(threshold, dict):
        properties["Threshold"] = template["Mappings"]["Periods"]["5"][threshold["Fn::FindInMap"][2]]
    return Alarm(properties, PERIOD, 2, fills_nothing=True), *CASES[request.param]


def history(alarm, values):
    points = [Point(index * PERIOD, value) for index, value in enumerate(values) if value is not None]
    return states(alarm.history(points, 0, len(values) * PERIOD))


def test_every_such_alarm_is_here(resources):
    alarms = {name: alarm["Properties"] for name, alarm in resources.items() if alarm["Type"] == "AWS::CloudWatch::Alarm"}
    assert set(CASES) == {name for name, properties in alarms.items() if "MetricName" in properties}


def test_it_is_quiet_when_all_is_normal(case):
    alarm, normal, _ = case
    assert history(alarm, normal * 3) == ["OK"]


def test_it_is_quiet_without_any_data(case):
    alarm, *_ = case
    assert history(alarm, [None] * 20) == ["OK"]


def test_it_fires_and_ends(case):
    alarm, _, trouble = case
    calm = [0] * 8
    assert history(alarm, calm + trouble) == ["OK", "ALARM"]
    assert history(alarm, calm + trouble[:-1]) == ["OK"], "not before"
    assert history(alarm, calm + trouble + calm) == ["OK", "ALARM", "OK"]
