"""The ...Blind alarms of the template, evaluated by a model of CloudWatch: quiet at the first deployment, and in alarm within
three periods once the metric stops. docs/operations.md, "Alarms when metrics stop", says the same in words."""

import itertools
from copy import deepcopy

import pytest
from cloudwatch import MINUTE, Alarm, Point, state
from test_template import SOURCES

BLIND = [
    "RedshiftBlind", "RedshiftServerlessBlind", "BackupBlind", "ReplicationBlind", "MaintenanceBlind", "ExpirationBlind",
    "BackupJobsBlind", "BackupCopiesBlind", "ExportsBlind", "ImportsBlind",
]  # fmt: skip
# What AWS leaves open must not matter: how much longer the evaluation range is, and what FILL makes of no data.
OPEN = [
    pytest.param(extra, fills_nothing, id=f"{extra} more, FILL of nothing is {'nothing' if fills_nothing else 'the filler'}")
    for extra, fills_nothing in itertools.product([1, 2, 3, 5], [True, False])
]
STATES = {"X": True, "0": False, "-": None}


@pytest.mark.parametrize(
    ("points", "m", "missing", "ignore", "breaching", "not_breaching"),
    [
        ("0 - X - X", 3, "OK", "OK", "OK", "OK"),
        ("0 - - - -", 3, "OK", "OK", "OK", "OK"),
        ("- - - - -", 3, "INSUFFICIENT_DATA", "as it was", "ALARM", "OK"),
        ("0 X X - X", 3, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("- - X - -", 3, "ALARM", "as it was", "ALARM", "OK"),
        ("0 - X - X", 2, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("0 0 X 0 X", 2, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("0 - X - -", 2, "OK", "OK", "ALARM", "OK"),
        ("- - - - 0", 2, "OK", "OK", "ALARM", "OK"),
        ("- - - X -", 2, "ALARM", "as it was", "ALARM", "OK"),
    ],
)
def test_the_model_gives_what_the_tables_of_the_user_guide_say(points, m, missing, ignore, breaching, not_breaching):
    points = [STATES[point] for point in points.split()]
    treated = {"missing": missing, "ignore": ignore, "breaching": breaching, "notBreaching": not_breaching}
    assert {treat: state(points, 3, m, treat, "as it was") for treat in treated} == treated


@pytest.fixture
def properties(resources):
    """They are all of one make, so one of them is evaluated."""
    first, *others = [deepcopy(resources[name]["Properties"]) for name in BLIND]
    for alarm in (first, *others):
        del alarm["AlarmDescription"], alarm["Metrics"][0]["Label"]
        del alarm["Metrics"][1]["MetricStat"]["Metric"]["Dimensions"][-1]
    assert all(other == first for other in others)
    return first


@pytest.fixture(params=["1", "5"])
def period(request, template):
    return template["Mappings"]["Periods"][request.param]["Seconds"]


def beats(period, values, begin=0, delay=0):
    """One data point a period."""
    return [Point(begin + index * period, value, delay) for index, value in enumerate(values)]


def states(history):
    return [state for _, state in history]


def test_each_source_has_one(resources):
    watched = [resources[name]["Properties"]["Metrics"][1]["MetricStat"]["Metric"]["Dimensions"][-1] for name in BLIND]
    assert watched == [{"Name": "Source", "Value": source} for source in SOURCES]


@pytest.mark.parametrize(("extra", "fills_nothing"), OPEN)
@pytest.mark.parametrize("wait", [0, 1, 4, 20])
def test_it_is_quiet_at_the_first_deployment(properties, period, extra, fills_nothing, wait):
    """The alarm is there before the first tick, by some periods even."""
    alarm = Alarm(properties, period, extra, fills_nothing)
    begin = wait * period
    history = alarm.history(beats(period, [1] * 20, begin, delay=period - 1), 0, begin + 20 * period)
    assert states(history) == ["OK"] and history[0][0] >= begin
    assert alarm.history([], 0, 50 * period) == [], "nor without any tick"


@pytest.mark.parametrize(("extra", "fills_nothing"), OPEN)
def test_it_fires_within_three_periods_when_the_metric_stops_and_stays(properties, period, extra, fills_nothing):
    alarm = Alarm(properties, period, extra, fills_nothing)
    points = beats(period, [1] * 20)
    last = points[-1].time
    [(_, first), (at, then)] = alarm.history(points, 0, last + 24 * 60 * MINUTE)
    assert (first, then) == ("OK", "ALARM")
    assert last + 2 * period < at <= last + 3 * period


@pytest.mark.parametrize(("extra", "fills_nothing"), OPEN)
@pytest.mark.parametrize("silence", [3, 4, 6, 50])
def test_it_ends_with_the_first_good_pass(properties, period, extra, fills_nothing, silence):
    alarm = Alarm(properties, period, extra, fills_nothing)
    again = (20 + silence) * period
    points = beats(period, [1] * 20) + beats(period, [1] * 20, again)
    history = alarm.history(points, 0, again + 20 * period)
    assert states(history) == ["OK", "ALARM", "OK"]
    assert history[-1][0] <= again + period


@pytest.mark.parametrize(("extra", "fills_nothing"), OPEN)
def test_a_source_that_fails_from_the_first_pass_on_alarms_at_the_third(properties, period, extra, fills_nothing):
    alarm = Alarm(properties, period, extra, fills_nothing)
    assert alarm.history(beats(period, [0] * 20, 4 * period), 0, 30 * period) == [(6 * period, "ALARM")]


@pytest.mark.parametrize(("extra", "fills_nothing"), OPEN)
def test_neither_late_lines_nor_a_sweep_over_two_passes_alarm(properties, period, extra, fills_nothing):
    alarm = Alarm(properties, period, extra, fills_nothing)
    for values in ([1] * 20, [0, 1] * 10, [1, 0] * 10):
        history = alarm.history(beats(period, values, delay=period - 1), 0, 20 * period)
        assert states(history) == ["OK"], values


PLAIN = {"EvaluationPeriods": 3, "Threshold": 1, "ComparisonOperator": "LessThanThreshold", "Statistic": "Sum"}


def filled(treat_missing):
    metric = {"Id": "heartbeat", "ReturnData": False, "MetricStat": {"Stat": "Sum"}}
    queries = [{"Id": "seen", "Expression": "FILL(heartbeat, 0)"}, metric]
    return {**PLAIN, "Metrics": queries, "TreatMissingData": treat_missing}


@pytest.mark.parametrize(
    ("simpler", "fills_nothing", "is_quiet", "is_prompt", "stays"),
    [
        ({**PLAIN, "TreatMissingData": "breaching"}, True, False, False, True),
        ({**PLAIN, "TreatMissingData": "missing"}, True, True, False, False),
        (filled("breaching"), True, False, True, True),
        (filled("missing"), True, True, True, False),
        (filled("ignore"), True, True, True, True),
        (filled("ignore"), False, False, True, True),
    ],
)
def test_what_is_simpler_fails_one_of_the_cases(simpler, fills_nothing, is_quiet, is_prompt, stays):
    """Without the running sum, all hangs on what FILL makes of a metric that has no data, which AWS does not say."""
    period = 300
    alarm = Alarm(simpler, period, 2, fills_nothing)
    first = alarm.history(beats(period, [1] * 20, 4 * period), 0, 24 * period)
    assert ("ALARM" not in states(first)) == is_quiet
    points = beats(period, [1] * 20)
    history = alarm.history(points, 0, 60 * period)
    alarmed = [at for at, state in history if state == "ALARM"]
    assert bool(alarmed and alarmed[0] <= points[-1].time + 3 * period) == is_prompt
    assert (states(history)[-1] == "ALARM") == stays
