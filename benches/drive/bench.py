"""`make bench`: measures the goals of speed, size and cost on whole processes, prints the results and writes them to a file.

Everything is measured in one run on one machine. So the ratios can be compared, while the milliseconds are those of this machine.
"""

import argparse
import collections
import math
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile

import report
import worlds
from stage import ROOT, TICK, Function, Queue, Simulator, TlsFront, quotas_work, work_off

PEER = [sys.executable, ROOT / "benches/peer/bootstrap.py"]
MAINTENANCE = {"TIDINGS_SOURCES": "s3tables-maintenance"}
Sizes = collections.namedtuple("Sizes", "binary zip")


class Bench:
    def __init__(self, arguments, folder):
        self.binary, self.cli, self.pure = arguments.bootstrap, arguments.tidings, arguments.pure
        self.quick, self.folder, self.earlier = arguments.quick, folder, arguments.before
        self.verdicts, self.sections = report.Verdicts(), {}
        self.runs = 5 if self.quick else 15

    def simulator(self, world, latency_ms=0):
        return Simulator(self.cli, self.folder, world, latency_ms)

    # 1 ----------------------------------------------------------------------------------------------------------------
    def size_of(self, binary):
        stripped = self.folder / "bootstrap"
        subprocess.run(["strip", "-o", stripped, binary], check=True)
        archive = self.folder / "bootstrap.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
            packed.write(stripped, "bootstrap")
        return Sizes(stripped.stat().st_size / 1e6, archive.stat().st_size / 1e6)

    def size(self):
        sizes = self.size_of(self.binary)
        for what, size, goal in (("stripped", sizes.binary, 6.5), ("zipped", sizes.zip, 2.9)):
            why = "" if size <= goal else "docs/performance.md has the parts"
            self.verdicts.add(1, f"bootstrap, {what}", f"{goal} MB", f"{size:.2f} MB", size <= goal, why)

    # 2 ----------------------------------------------------------------------------------------------------------------
    def starts(self, binary, sources=None):
        """Wall time and CPU of the start in milliseconds. Of one source, only that is behind TLS; otherwise everything is."""
        simulator = self.simulator(worlds.jobs(1))
        front = TlsFront(simulator.endpoint, self.folder)
        trust = {"SSL_CERT_FILE": front.bundle, "AWS_CA_BUNDLE": front.bundle}
        one = {"TIDINGS_SOURCES": sources, "AWS_ENDPOINT_URL_BACKUP": front.endpoint}
        variables = one if sources else {"AWS_ENDPOINT_URL": front.endpoint}
        wall, cpu = [], []
        for _ in range(self.runs):
            function = Function([binary], simulator, **trust, **variables)
            cpu.append(function.init_cpu * 1e3)
            wall.append(function.init_seconds * 1e3)
            function.end()
        front.close()
        simulator.close()
        return wall, cpu

    def first_answer(self):
        _, cpu = self.starts(self.binary, "backup")
        wall_of_all, cpu_of_all = self.starts(self.binary)
        middle = statistics.median(cpu)
        self.verdicts.add(2, "CPU from exec to the first signed TLS answer", "5 ms", report.spread(cpu, " ms"), middle <= 5)
        header = ["CPU, one service, ms", "CPU, all six services, ms", "wall, all six, ms"]
        self.sections["start"] = report.table(header, [[report.spread(row) for row in (cpu, cpu_of_all, wall_of_all)]])

    # 3 ----------------------------------------------------------------------------------------------------------------
    def peaks(self, binary, world, **variables):
        """The peak memory of two processes, in MB: of the baseline, and of one that loads what the first one stored."""
        simulator = self.simulator(world)
        functions = []
        for _ in range(2):
            function = Function([binary], simulator, **variables)
            function.invoke()
            function.invoke()
            functions.append(function.end())
        simulator.close()
        return functions

    def memory(self):
        ordinary = self.peaks(self.binary, worlds.restores(20) + worlds.jobs(100) + worlds.tables(100, 20))
        self.verdicts.add(3, "peak memory, ordinary pass", "16 MB", f"{max(ordinary):.1f} MB", max(ordinary) < 16)
        count = 20_000 if self.quick else 100_000
        many = self.peaks(self.binary, worlds.tables(count), **MAINTENANCE)
        value = f"{many[0]:.0f} MB on the first pass, {many[1]:.0f} MB on later ones"
        share = (max(many) - max(ordinary)) * 1e3 / count
        why = "" if max(many) < 64 else f"{share:.2f} kB for each subject: its record, its line in the listing, and what was read of it"
        self.verdicts.add(3, f"peak memory, {count:,} subjects", "64 MB", value, max(many) < 64, why)

    # 4 ----------------------------------------------------------------------------------------------------------------
    def wall(self):
        count = 10_000
        rows = []
        for latency in (20, 2, 100):
            simulator = self.simulator(worlds.tables(count), latency)
            trip = self.round_trip(simulator)
            function = Function([self.binary], simulator, **MAINTENANCE)
            function.invoke()
            busy, passes = simulator.cpu(), []
            for _ in range(3):
                passes.append(function.invoke())
            busy = (simulator.cpu() - busy) / sum(each.seconds for each in passes)
            seconds = [each.seconds for each in passes]
            floor = math.ceil(count / 32) * trip
            ratio = statistics.median(seconds) / floor
            cpu = statistics.median(each.cpu for each in passes)
            note = "" if ratio <= 1.1 else f"{cpu / count * 1e6:.0f} µs of CPU a call on one thread"
            name = f"pass over {count:,} tables at {latency} ms, relative to the minimum"
            self.verdicts.add(4, name, "1.1", f"{ratio:.2f}", ratio <= 1.1, note)
            rows.append([f"{latency} ms", f"{trip * 1e3:.2f} ms", f"{floor:.2f} s", report.spread(seconds, " s", 2),
                         f"{ratio:.2f}", f"{cpu:.2f} s", f"{busy * 100:.0f} %"])
            function.end()
            simulator.close()
        header = ["set latency", "measured round trip", "minimum", "wall time", "relative to the minimum", "CPU", "simulator busy"]
        self.sections["wall"] = report.table(header, rows)

    def round_trip(self, simulator):
        """The time of one undisturbed call, measured by another client, because the simulator's timers are not exact."""
        import http.client
        import time

        host = simulator.endpoint.removeprefix("http://")
        connection, times = http.client.HTTPConnection(host), []
        headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/s3tables/aws4_request, "
                                    "SignedHeaders=host, Signature=0"}
        for _ in range(30):
            begun = time.perf_counter()
            connection.request("GET", "/buckets", headers=headers)
            connection.getresponse().read()
            times.append(time.perf_counter() - begun)
        return statistics.median(times)

    # 5, 7 -------------------------------------------------------------------------------------------------------------
    def calls(self):
        count, replicated = 10_000, 500
        simulator = self.simulator(worlds.tables(count, replicated))
        function = Function([self.binary], simulator)
        function.invoke()
        simulator.calls()
        function.invoke()
        calls = simulator.calls()
        reads = {name: times for name, times in calls.items() if name != "UpdateItem"}
        least = 1 + count // 1000 + replicated + count + 3  # buckets, tables, replicated, maintained, three listings
        ratio = sum(reads.values()) / least
        name = f"status calls, {count:,} tables ({replicated} replicated), relative to the minimum"
        self.verdicts.add(5, name, "1.02", f"{ratio:.3f}", ratio <= 1.02)
        writes = sum(times for name, times in calls.items() if name in ("UpdateItem", "Query", "GetItem"))
        self.verdicts.add(7, "DynamoDB requests for each scope, warm pass without changes", "2", f"{writes / 5:g}", writes == 10)
        for index in range(100):
            simulator.control("POST", "at", {"maintenance": {**worlds.place(index), "job": "icebergCompaction",
                              "status": "Successful", "run": "2026-02-02T00:00:00Z"}})
        simulator.calls()
        function.invoke()
        writes = simulator.calls().get("UpdateItem", 0) - 10
        self.verdicts.add(7, "writes of a pass with 100 changes, besides lease and checkpoint", "100", str(writes), writes == 100)
        function.end()
        simulator.close()

    # 6 ----------------------------------------------------------------------------------------------------------------
    def plan(self):
        points = []
        for count in (1_000, 10_000, 100_000, 1_000_000):
            times = [float(subprocess.run([self.pure, "cpu", str(count)], check=True, capture_output=True, text=True).stdout)
                     for _ in range(2 if count > 100_000 else 5)]
            points.append((count, statistics.median(times)))
        at = dict(points)
        self.verdicts.add(6, "plan over 100,000 subjects, CPU", "200 ms", f"{at[100_000]:.0f} ms", at[100_000] <= 200)
        growth = (at[1_000_000] / 1_000_000) / (at[10_000] / 10_000)
        self.verdicts.add(6, "CPU for each subject at 1,000,000, relative to 10,000", "linear", f"{growth:.2f}", growth < 2)
        report.log_plot(ROOT / "docs/performance/plan.svg", "plan: CPU by subjects", "subjects", "ms",
                        {"measured": points, "linear": [(n, at[1_000] * n / 1_000) for n, _ in points]})
        self.sections["plan"] = report.table(["subjects", "CPU, ms", "µs each"],
                                             [[f"{n:,}", f"{ms:.2f}", f"{ms * 1e3 / n:.2f}"] for n, ms in points])
        if shutil.which("valgrind"):
            rows = []
            for name in ("plan-1000", "plan-10000", "render-1", "render-100"):
                command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                           "--toggle-collect=*counted*", self.pure, "count", name]
                text = subprocess.run(command, check=True, capture_output=True, text=True).stderr
                rows.append([name, next(line.split(":")[1].strip() for line in text.splitlines() if "Collected" in line)])
            self.sections["instructions"] = report.table(["work", "instructions"], rows)

    # 8 ----------------------------------------------------------------------------------------------------------------
    def rate(self):
        count, allowed = (300 if self.quick else 1_000), 10
        quota = {"operation": "GetTableMaintenanceJobStatus", "per_second": allowed, "burst": 10}
        sources = {"TIDINGS_SOURCES": "s3tables-maintenance,backup"}
        simulator = self.simulator(worlds.tables(count) + worlds.jobs(10), 20)
        simulator.control("PUT", "quota", quota)
        function = Function([self.binary], simulator, **sources)
        scopes = {}
        for name in ("finding the rate", "settled"):
            scopes[name] = {scope["source"]: scope for scope in function.invoke().report["scopes"]}
        for name, scope in scopes.items():
            scope = scope["s3tables-maintenance"]
            throttled = scope["throttled"] / (count + scope["throttled"])
            if name == "settled":
                rate = count / (scope["duration_ms"] / 1e3)
                self.verdicts.add(8, "rate at a server that allows 10 calls/s", "9 to 11", f"{rate:.2f}", 9 <= rate <= 11)
            self.verdicts.add(8, f"throttled calls, {name}", "2 %", f"{throttled * 100:.2f} %", throttled < 0.02)
        other = scopes["settled"]["backup"]["duration_ms"]
        self.verdicts.add(8, "another source at the same time", "not delayed", f"{other} ms", other < 500)
        function.end()
        simulator.close()

        # A process that has learned what a server without a quota takes, and another one that begins there.
        simulator = self.simulator(worlds.tables(count) + worlds.jobs(10), 20)
        function = Function([self.binary], simulator, **sources)
        function.invoke()
        function.end()
        simulator.control("PUT", "quota", quota)
        function = Function([self.binary], simulator, **sources)
        [scope] = [scope for scope in function.invoke().report["scopes"] if scope["source"] == "s3tables-maintenance"]
        throttled = scope["throttled"] / (count + scope["throttled"])
        self.verdicts.add(8, "throttled calls, after the quota fell to 10 calls/s", "2 %", f"{throttled * 100:.2f} %",
                          throttled < 0.02, "the first calls are made at the rate that was learned")
        function.end()
        simulator.close()

    # 11 ---------------------------------------------------------------------------------------------------------------
    def cold_pass(self, binary, allowed=None, count=1_000):
        """A new process, and its pass over tables that an earlier process has read: Init and pass, and the report."""
        simulator = self.simulator(worlds.tables(count), 20)
        if allowed:
            quota = {"operation": "GetTableMaintenanceJobStatus", "per_second": allowed, "burst": 10}
            simulator.control("PUT", "quota", quota)
        trip = self.round_trip(simulator)
        first = Function([binary], simulator, **MAINTENANCE)
        first.invoke()
        first.end()
        cold = Function([binary], simulator, **MAINTENANCE)
        answer = cold.invoke()
        seconds = cold.init_seconds + answer.seconds
        cold.end()
        simulator.close()
        return seconds, trip, answer.report["scopes"][0]

    def cold(self):
        count = 1_000
        passes = [self.cold_pass(self.binary, count=count) for _ in range(3)]
        # One after the other: the lease, what is stored, the tables, the checkpoint.
        ratios = [seconds / ((math.ceil(count / 32) + 3) * trip) for seconds, trip, _ in passes]
        ratio = statistics.median(ratios)
        name = f"cold process and pass over {count:,} tables at 20 ms, relative to the minimum"
        self.verdicts.add(11, name, "1.3", report.spread(ratios, "", 2), ratio <= 1.3)
        for allowed in (1_000, 100, 10):
            _, _, scope = self.cold_pass(self.binary, allowed, count)
            share = scope["throttled"] / (count + scope["throttled"])
            name = f"throttled calls of such a pass at a server that allows {allowed} calls/s"
            self.verdicts.add(11, name, "2 %", f"{share * 100:.2f} %", share < 0.02)

    # An earlier binary, so that a regression shows -------------------------------------------------------------------
    def before(self):
        if self.earlier is None:
            return
        rows = [[what] for what in (
            "bootstrap, stripped", "bootstrap, zipped", "CPU of the start, all services", "peak memory, 20,000 tables",
            "pass over 10,000 tables at 20 ms", "pass over 10,000 tables at 2 ms", "CPU of a call at 2 ms",
            "cold process and pass over 1,000 tables at 20 ms")]
        for binary in (self.earlier, self.binary):
            sizes, (_, cpu), many = self.size_of(binary), self.starts(binary), self.peaks(binary, worlds.tables(20_000), **MAINTENANCE)
            (slow, _), (fast, spent) = self.warm_pass(binary, 20), self.warm_pass(binary, 2)
            figures = [f"{sizes.binary:.2f} MB", f"{sizes.zip:.2f} MB", report.spread(cpu, " ms"), f"{max(many):.1f} MB",
                       f"{slow:.2f} s", f"{fast:.2f} s", f"{spent / 10_000 * 1e6:.0f} µs", f"{self.cold_pass(binary)[0]:.2f} s"]
            for row, figure in zip(rows, figures):
                row.append(figure)
        self.sections["before"] = report.table(["", "earlier binary", "this one"], rows)
        print(self.sections["before"], flush=True)

    def warm_pass(self, binary, latency, count=10_000):
        """The wall time and the CPU of a pass over known tables, in seconds."""
        simulator = self.simulator(worlds.tables(count), latency)
        function = Function([binary], simulator, **MAINTENANCE)
        function.invoke()
        passes = [function.invoke() for _ in range(3)]
        function.end()
        simulator.close()
        return (statistics.median(each.seconds for each in passes), statistics.median(each.cpu for each in passes))

    # 9 ----------------------------------------------------------------------------------------------------------------
    def peer(self):
        world = worlds.restores(50) + worlds.jobs(1_000) + worlds.tables(300, 100)
        quotas = {"full CPU": None, "256 MB (0.145 CPU)": 0.145, "128 MB (0.0725 CPU)": 0.0725}
        if not quotas_work():
            print("      no CPU quota, because /sys/fs/cgroup/cpu is not writable: goal 9 at full CPU only")
            quotas = {"full CPU": None}
        rows, bars = [], []
        for name, quota in quotas.items():
            results = {}
            for who, command in {"tidings": [self.binary], "boto3": PEER}.items():
                simulator = self.simulator(world, 20)
                front = TlsFront(simulator.endpoint, self.folder)
                variables = {"SSL_CERT_FILE": front.bundle, "AWS_CA_BUNDLE": front.bundle, "AWS_ENDPOINT_URL": front.endpoint}
                first = Function(command, simulator)  # the baseline, which is not measured
                first.invoke()
                first.end()
                simulator.calls()
                cold, warm, memory, calls = [], [], [], None
                for _ in range(3 if self.quick or quota else 5):
                    function = Function(command, simulator, quota, **variables)
                    cold.append(function.init_seconds + function.invoke().seconds)
                    simulator.calls()
                    warm += [function.invoke().seconds for _ in range(2)]
                    calls = sum(simulator.calls().values()) / 2
                    memory.append(function.end())
                front.close()
                simulator.close()
                results[who] = [statistics.median(values) for values in (cold, warm, memory)] + [calls]
                rows.append([name, who, report.spread(cold, "", 2), report.spread(warm, "", 2), report.spread(memory, "", 1), calls])
                colour = "#1565c0" if who == "tidings" else "#c62828"
                bars.append((f"{who}, {name}, cold", results[who][0], colour))
            ours, theirs = results["tidings"], results["boto3"]
            for index, (what, goal) in enumerate((("billed time cold", 5), ("billed time warm", 5), ("memory", 10))):
                ratio = theirs[index] / ours[index]
                waiting = math.ceil(results["tidings"][3] / 32) * 0.02
                why = f"{ours[index]:.1f} MB" if what == "memory" else f"{waiting:.2f} s of {ours[index]:.2f} s is the minimum for our calls"
                self.verdicts.add(9, f"{what} against boto3, {name}", f"{goal} times less", f"{ratio:.1f}", ratio >= goal,
                                  "" if ratio >= goal else why)
        header = ["CPU", "who", "cold: init and first pass, s", "warm pass, s", "peak memory, MB", "calls, warm"]
        self.sections["peer"] = report.table(header, rows)
        report.bar_plot(ROOT / "docs/performance/cold.svg", "Cold start and first pass (logarithmic)", "s", bars)

    # 10 ---------------------------------------------------------------------------------------------------------------
    def targets(self):
        accounts, regions, workers = (100 if self.quick else 500), ["us-east-1", "eu-central-1", "eu-west-1"], 20
        simulator = self.simulator(worlds.organization(accounts - 1), 20)
        settings = self.folder / "targets.toml"
        settings.write_text(f'[targets]\naccounts = "organization"\nregions = {regions}\n')
        queue = Queue(simulator)
        variables = {"TIDINGS_CONFIG": settings, "TIDINGS_QUEUE_URL": queue.url}
        hub = Function([self.binary], simulator, **variables)
        crew = [Function([self.binary], simulator, **variables) for _ in range(workers)]
        count, rows = accounts * len(regions), []
        for name in ("first tick", "second tick"):
            dispatch = hub.invoke(TICK)
            assert dispatch.report["dispatched"] == count, dispatch.report
            batches = queue.batches()
            simulator.calls()
            busy, worked_off = simulator.cpu(), work_off(crew, batches)
            cpu = sum(each.cpu for each in worked_off.passes)
            calls = simulator.calls()
            roles = calls.get("AssumeRole", 0)
            rows.append([name, f"{dispatch.seconds:.2f} s", f"{worked_off.seconds:.1f} s", f"{cpu / count * 1e3:.1f} ms",
                         f"{simulator.cpu() - busy:.1f} s", f"{sum(calls.values()) / count:.1f}", str(roles)])
        name = f"a tick over {count:,} targets at 20 ms a call"
        self.verdicts.add(10, f"{name}, dispatched", "2 s", f"{dispatch.seconds:.2f} s", dispatch.seconds < 2)
        self.verdicts.add(10, f"{name}, worked off by {workers} processes", "60 s", f"{worked_off.seconds:.1f} s",
                          worked_off.seconds < 60)
        header = ["tick", "dispatch", "worked off", "CPU for each target", "CPU of the simulator", "calls for each target",
                  "AssumeRole"]
        self.sections["targets"] = report.table(header, rows)
        for function in [hub, *crew]:
            function.end()
        simulator.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True, help="the function as it is deployed")
    parser.add_argument("--tidings", required=True, help="the command line, optimised")
    parser.add_argument("--pure", required=True, help="the built benches/pure.rs")
    parser.add_argument("--quick", action="store_true", help="fewer runs")
    parser.add_argument("--before", help="an earlier bootstrap to compare with, such as the one of the last release")
    parser.add_argument("--only", help="some of size,first_answer,memory,wall,calls,plan,rate,cold,before,peer,targets")
    parser.add_argument("--results", type=pathlib.Path, help="the file for the tables, in Markdown")
    arguments = parser.parse_args()
    steps = ["size", "first_answer", "memory", "wall", "calls", "plan", "rate", "cold", "before", "peer", "targets"]
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments, pathlib.Path(folder))
        for step in arguments.only.split(",") if arguments.only else steps:
            getattr(bench, step)()
    text = bench.verdicts.markdown()
    for name, section in bench.sections.items():
        text += f"\n\n### {name}\n\n{section}"
    if arguments.results:
        arguments.results.write_text(text + "\n")


if __name__ == "__main__":
    main()
