"""The bill in docs/cost.md is that of the template's default deployment."""

import re

from conftest import ROOT
from test_observability import MEASURED, ON_DEMAND
from test_template import BY_DEFAULT


def rows(page, columns):
    """The rows of the page's table with this many columns, by their first cell."""
    lines = [line.split("|") for line in (ROOT / "docs" / page).read_text().splitlines()]
    return {cells[1].strip("* "): [cell.strip("* ") for cell in cells[2:-1]] for cells in lines if len(cells) == columns + 2}


ROWS = rows("cost.md", 4)


OURS = {name for namespace, name in MEASURED if namespace == "Tidings"}
# Only with targets.
OF_TARGETS = {"OldestComplete", "ScopesCompleted", "ScopesExpected"}


def amount(cell):
    return float(re.match(r"[0-9.]+", cell)[0])


def test_the_default_deployment_costs_at_most_six_dollars():
    parts = {name: cells for name, cells in ROWS.items() if name not in {"", "---", "sum"}}
    assert len(parts) == 10
    for column in (1, 2):
        assert round(sum(amount(cells[column]) for cells in parts.values()), 2) == amount(ROWS["sum"][column])
    assert amount(ROWS["sum"][1]) <= 6
    readme = " ".join((ROOT / "README.md").read_text().split())
    assert f"{ROWS['sum'][1]} USD a month at the defaults, {ROWS['sum'][2]} with" in readme


def looked_at(alarms):
    """CloudWatch bills an alarm by the metric."""
    queries = [query for alarm in alarms for query in alarm["Properties"].get("Metrics", [{"MetricStat": {}}])]
    return len([query for query in queries if "MetricStat" in query])


def test_it_counts_every_metric_alarm_key_and_dashboard(template, resources):
    of_types = {}
    for resource in resources.values():
        of_types.setdefault(resource["Type"], []).append(resource)
    metrics = sum(len(BY_DEFAULT) if name == "PassCompleted" else 1 for name in OURS - OF_TARGETS)
    assert amount(ROWS["custom metrics"][1]) == round(metrics * 0.30, 2)
    # The default deployment has one target, and not every source.
    others = {"HasTargets", "HasQueues", *ON_DEMAND}
    alarms = [alarm for alarm in of_types["AWS::CloudWatch::Alarm"] if alarm.get("Condition") not in others]
    assert len(of_types["AWS::CloudWatch::Alarm"]) - len(alarms) == 7
    assert amount(ROWS["alarms"][1]) == round(looked_at(alarms) * 0.10, 2)
    assert len(of_types["AWS::KMS::Key"]) * 1.00 == amount(ROWS["KMS key"][1])
    [dashboard] = of_types["AWS::CloudWatch::Dashboard"]
    parameter = template["Conditions"][dashboard["Condition"]]["Fn::Equals"][0]["Ref"]
    assert template["Parameters"][parameter]["Default"] == "false", "it would cost 3.00"


def test_a_source_on_demand_costs_what_the_page_says(resources):
    writes = 8_640 * 2 * 0.625e-6
    assert amount(ROWS["DynamoDB, writes"][1]) == round(writes * len(BY_DEFAULT), 2)
    for condition in ON_DEMAND:
        [alarm] = [one for one in resources.values() if one.get("Condition") == condition]
        assert alarm["Type"] == "AWS::CloudWatch::Alarm" and looked_at([alarm]) == 1
    page = " ".join((ROOT / "docs" / "cost.md").read_text().split())
    each = 0.30 + 0.10 + writes
    assert f"adds {each:.2f}: its heartbeat 0.30, its alarm 0.10, its DynamoDB writes {writes:.2f}." in page
    assert f"All five others add {len(ON_DEMAND) * each:.2f}." in page
    assert f"costs {each:.2f} USD a month" in (ROOT / "docs" / "deployment.md").read_text()


def test_what_can_be_added_costs_what_the_page_says():
    """The arithmetic of each row gives its amount."""
    page = (ROOT / "docs" / "cost.md").read_text().split("## What you can add")[1].split("##")[0]
    added = {name.strip(): (text, amount(cell.strip())) for name, text, cell in re.findall(r"^\| (.+?) \| (.+?) \| ([0-9.]+) \|$", page, re.MULTILINE)}
    assert [re.sub(r".*`(.+)`.*", r"\1", name) for name in added] == [
        "WithDashboard", "the page in it", "SilenceFromChat", "integrations/webhook.yaml", "integrations/incidents.yaml",
    ]  # fmt: skip
    invocation = 1 * 0.25 * 0.0000133334 + 0.20e-6 + 128 * 0.125e-6
    webhook = 0.40 + 0.10 + 650_000 * 0.40e-6
    expected = [3.00, 43_200 * invocation, 100 * invocation, webhook, webhook + 1_000 * 4 * 0.025e-3]
    assert [cost for _, cost in added.values()] == [round(cost, 2) for cost in expected]
    for text, number in zip((text for text, _ in added.values()), ("3.00", "43,200", "100 ×", "650,000", "1,000"), strict=True):
        assert number in text


def test_many_targets_cost_what_their_page_says(resources):
    table = rows("organizations.md", 4)
    header, *_ = table.values()
    assert header == ["1 account × 3 regions", "50 × 3", "500 × 3"]
    parts = {name: cells for name, cells in table.items() if name not in {"", "---", "targets read", "sum"}}
    assert len(parts) == 7
    for column in range(3):
        costs = [amount(cells[column]) for cells in parts.values() if cells[column] != "–"]
        assert round(sum(costs), 2) == amount(table["sum"][column])
        assert amount(table["sum"][column]) <= 60
    [metrics] = [cells for name, cells in parts.items() if name.startswith("metrics: one for each source and region, six ")]
    assert len(OURS - {"PassCompleted"}) == 6
    assert {amount(cell) for cell in metrics} == {round((len(BY_DEFAULT) * 3 + 6) * 0.30, 2)}
    alarms = [
        alarm
        for alarm in resources.values()
        if alarm["Type"] == "AWS::CloudWatch::Alarm" and alarm.get("Condition") not in ON_DEMAND
    ]
    few = [alarm for alarm in alarms if alarm.get("Condition") != "HasQueues"]
    expected = [round(looked_at(some) * 0.10 + 1, 2) for some in (few, alarms, alarms)]
    assert [amount(cell) for cell in parts["alarms, key"]] == expected
