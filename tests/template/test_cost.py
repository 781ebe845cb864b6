"""The bill in docs/cost.md is that of the template's default deployment."""

import re

from conftest import ROOT
from test_observability import MEASURED, SOURCES

TABLE = (ROOT / "docs" / "cost.md").read_text()
ROWS = {cells[1].strip("* "): [cell.strip("* ") for cell in cells[2:5]] for cells in (line.split("|") for line in TABLE.splitlines()) if len(cells) == 6}


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


def test_it_counts_every_metric_alarm_key_and_dashboard(template, resources):
    of_types = {}
    for resource in resources.values():
        of_types.setdefault(resource["Type"], []).append(resource)
    ours = [name for namespace, name in MEASURED if namespace == "Tidings" and not name.startswith("Scopes")]
    metrics = sum(len(SOURCES) if name == "PassCompleted" else 1 for name in ours)
    assert amount(ROWS["custom metrics"][1]) == round(metrics * 0.30, 2)
    # The default deployment has one target.
    alarms = [alarm for alarm in of_types["AWS::CloudWatch::Alarm"] if alarm.get("Condition") not in ("HasTargets", "HasQueues")]
    # CloudWatch bills an alarm by the metric.
    looked_at = sum(len([query for query in alarm["Properties"].get("Metrics", [{"MetricStat": {}}]) if "MetricStat" in query]) for alarm in alarms)
    assert amount(ROWS["alarms"][1]) == round(looked_at * 0.10, 2)
    assert len(of_types["AWS::KMS::Key"]) * 1.00 == amount(ROWS["KMS key"][1])
    [dashboard] = of_types["AWS::CloudWatch::Dashboard"]
    parameter = template["Conditions"][dashboard["Condition"]]["Fn::Equals"][0]["Ref"]
    assert template["Parameters"][parameter]["Default"] == "false", "it would cost 3.00"
