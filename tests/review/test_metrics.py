"""What a monitoring system may read, and who may."""

from typing import Any

from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from lurewatch.config import Settings
from lurewatch.review.app import create_app
from lurewatch.store import Store


def test_metrics_answer_this_machine_or_the_token(
    store: Store, settings: Settings, a_finding: Any
) -> None:
    a_finding()
    app = create_app(store, secret="x" * 32, evidence_dir=settings.evidence_dir)
    here = TestClient(app, client=("127.0.0.1", 50000))
    answer = here.get("/metrics")
    assert answer.status_code == 200
    found = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert found["lurewatch_posts",] == 1
    assert found["lurewatch_findings", "L3", "false"] == 1
    assert found["lurewatch_pages", "captured", "tieba"] == 1
    assert "demo_0088" not in answer.text
    assert here.get("/metrics", headers={"X-Forwarded-For": "10.0.0.9"}).status_code == 403
    assert TestClient(app, client=("10.0.0.9", 50000)).get("/metrics").status_code == 403
    app.state.metrics_token = "t0ken"
    far = TestClient(app, client=("10.0.0.9", 50000))
    assert far.get("/metrics", headers={"Authorization": "Bearer t0ken"}).status_code == 200
    assert far.get("/metrics", headers={"Authorization": "Bearer other"}).status_code == 403
    assert here.get("/metrics").status_code == 403
