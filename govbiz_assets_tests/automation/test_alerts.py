import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dagster as dg
import pytest

from govbiz_assets.automation.alerts import send_alert, write_check_alert, write_failure_alert
from govbiz_assets.automation.jobs import RANGE_END_TAG, RANGE_START_TAG
from govbiz_assets.automation.sensors import build_alert_sensors
from govbiz_assets.settings import Settings


@dg.op
def cleaned__bill() -> None:
    try:
        raise KeyError("应收金额")
    except KeyError as error:
        raise ValueError(
            "2024-03/电费账单_202403.csv: no column 应收金额;\n  map it in seeds/profiles/sample.yaml"
        ) from error


@dg.job
def everything() -> None:
    cleaned__bill()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def failure(instance: dg.DagsterInstance, tags: dict[str, str]) -> dg.RunFailureSensorContext:
    result = everything.execute_in_process(instance=instance, tags=tags, raise_on_error=False)
    return dg.build_run_status_sensor_context(
        sensor_name="alert_on_failure",
        dagster_event=next(event for event in result.all_events if event.event_type == dg.DagsterEventType.RUN_FAILURE),
        dagster_instance=instance,
        dagster_run=result.dagster_run,
    ).for_run_failure()


def made(
    instance: dg.DagsterInstance,
    results: dict[str, dg.AssetCheckResult],
    last: str = "2024-03",
) -> dg.RunStatusSensorContext:
    """The context of a run that made a table and had these results of its checks."""

    @dg.asset(key_prefix="cleaned")
    def bill() -> None: ...

    @dg.multi_asset_check(specs=[dg.AssetCheckSpec(name, asset=bill) for name in results])
    def checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        for month in ("2024-02", "2024-03"):
            # Dagster is told of each month of a range as well; what counts is the result of the whole run.
            context.op_execution_context.log_event(
                dg.AssetCheckEvaluation(
                    asset_key=bill.key, check_name=next(iter(results)), passed=False, metadata={}, partition=month
                )
            )
        for name, result in results.items():
            yield result._replace(check_name=name)

    job = dg.Definitions(assets=[bill], asset_checks=[checks]).get_implicit_global_asset_job_def()
    tags = {RANGE_START_TAG: "2024-03", RANGE_END_TAG: last}
    result = job.execute_in_process(instance=instance, tags=tags)
    event = next(event for event in result.all_events if event.event_type == dg.DagsterEventType.RUN_SUCCESS)
    return dg.build_run_status_sensor_context("alert_on_failed_check", event, instance, result.dagster_run)


PASSED = dg.AssetCheckResult(passed=True, description="All is well.")
FAILED = dg.AssetCheckResult(passed=False, description="Rows over last month's. Fails in 2024-03.")
WARNED = dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.WARN, description="苏州 brings few.")


@pytest.fixture
def inbox() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A webhook on 127.0.0.1 and what was posted to it."""
    received: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(500 if self.path == "/broken" else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stays silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_an_alert_names_run_months_step_cause_and_remedy(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    context = failure(instance, {RANGE_START_TAG: "2024-03", RANGE_END_TAG: "2024-05"})
    path = write_failure_alert(tmp_path / "alerts", context)
    run_id = context.dagster_run.run_id
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == [f"Run {run_id} of job everything failed.", "Months: 2024-03..2024-05"]
    assert lines[2].startswith("Step cleaned.bill: ")
    assert lines[2].count("应收金额") >= 1
    assert "Traceback" not in lines[2]
    assert lines[3].startswith("The months that were there before are unchanged.")
    assert "govbiz run --months 2024-03..2024-05" in lines[3]
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("tags", "line"),
    [
        ({"dagster/partition": "2024-03"}, "Months: 2024-03"),
        ({RANGE_START_TAG: "2024-03", RANGE_END_TAG: "2024-03"}, "Months: 2024-03"),
        ({}, "Months: no month"),
    ],
)
def test_an_alert_says_which_months(
    tmp_path: Path, instance: dg.DagsterInstance, tags: dict[str, str], line: str
) -> None:
    assert line in write_failure_alert(tmp_path, failure(instance, tags)).read_text(encoding="utf-8").splitlines()


def test_the_same_run_gives_the_same_one_file(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    context = failure(instance, {})
    assert write_failure_alert(tmp_path, context) == write_failure_alert(tmp_path, context)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_run_that_failed_without_a_step_says_so(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    run = instance.create_run_for_job(everything)
    event = instance.report_run_failed(run, message="Exceeded the maximum runtime of 14400 seconds.")
    context = dg.build_run_status_sensor_context("alert_on_failure", event, instance, run).for_run_failure()
    text = write_failure_alert(tmp_path, context).read_text(encoding="utf-8")
    assert "Reason: Exceeded the maximum runtime of 14400 seconds." in text


def test_the_sensor_writes_the_file_and_posts_it(
    tmp_path: Path, instance: dg.DagsterInstance, inbox: tuple[str, list[dict[str, str]]]
) -> None:
    address, received = inbox
    settings = Settings(data_dir=tmp_path, alert_url=address)
    build_alert_sensors(settings)[0](failure(instance, {"dagster/partition": "2024-03"}))
    (path,) = settings.alerts_folder.iterdir()
    assert received == [{"text": path.read_text(encoding="utf-8")}]


def test_without_an_address_only_the_file_is_written(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    settings = Settings(data_dir=tmp_path, alert_url=None)
    build_alert_sensors(settings)[0](failure(instance, {}))
    assert len(list(settings.alerts_folder.glob("*.txt"))) == 1


@pytest.mark.parametrize("kind", ["nobody listens", "server error", "no address"])
def test_an_unreachable_webhook_is_logged_and_does_not_fail(
    tmp_path: Path, inbox: tuple[str, list[dict[str, str]]], kind: str
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}"
    url = {"nobody listens": closed, "server error": f"{inbox[0]}/broken", "no address": "not a url"}[kind]
    path = tmp_path / "run.txt"
    path.write_text("failed", encoding="utf-8")
    lines: list[str] = []
    send_alert(url, path, lines.append)
    (line,) = lines
    assert line.startswith("alert not posted: ")
    assert url not in line, "an address may carry a secret"
    assert "run.txt" in line


def test_an_alert_of_failed_checks_names_run_months_checks_and_remedy(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    context = made(instance, {"sound": PASSED, "volume_ratio": FAILED, "thin_groups": WARNED}, "2024-05")
    path = write_check_alert(tmp_path, context)
    assert path is not None
    *lines, remedy = path.read_text(encoding="utf-8").splitlines()
    run = context.dagster_run
    assert lines == [
        f"Run {run.run_id} of job {run.job_name} made its months, and a check fails.",
        "Months: 2024-03..2024-05",
        "Check cleaned.bill volume_ratio: Rows over last month's. Fails in 2024-03.",
        "Warning cleaned.bill thin_groups: 苏州 brings few.",
    ]
    assert remedy.startswith("The tables hold the new months. See what fails with: govbiz months.")
    assert remedy.endswith("govbiz run --months 2024-03..2024-05")


@pytest.mark.parametrize("results", [{"sound": PASSED}, {"sound": PASSED, "thin_groups": WARNED}])
def test_checks_that_pass_or_only_warn_raise_no_alert(
    tmp_path: Path, instance: dg.DagsterInstance, results: dict[str, dg.AssetCheckResult]
) -> None:
    build_alert_sensors(Settings(data_dir=tmp_path))[1](made(instance, results))
    assert not (tmp_path / "alerts").exists()


def test_the_sensor_of_checks_writes_the_file_and_posts_it(
    tmp_path: Path, instance: dg.DagsterInstance, inbox: tuple[str, list[dict[str, str]]]
) -> None:
    address, received = inbox
    settings = Settings(data_dir=tmp_path, alert_url=address)
    build_alert_sensors(settings)[1](made(instance, {"first": FAILED, "second": FAILED}))
    (path,) = settings.alerts_folder.iterdir()
    assert received == [{"text": path.read_text(encoding="utf-8")}]
    assert "and 2 of its checks fail." in received[0]["text"]
