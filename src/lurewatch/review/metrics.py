"""What a monitoring system reads: counts of the store, in Prometheus's text form."""

import secrets
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from lurewatch.errors import NotAllowedError
from lurewatch.store import Store
from lurewatch.workflow import Counts, counts

router = APIRouter()


class Collector:
    """The counts as metrics, taken when they are asked for."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def collect(self) -> Iterator[Metric]:
        """Each metric with all its labels."""
        yield from metrics_of(counts(self.store))


def metrics_of(found: Counts) -> Iterator[Metric]:
    """Counts as metrics."""
    posts = GaugeMetricFamily("lurewatch_posts", "Posts in the store.")
    posts.add_metric([], found.posts)
    yield posts
    findings = GaugeMetricFamily(
        "lurewatch_findings", "Findings by grade.", labels=["grade", "decided"]
    )
    for (grade, decided), count in found.findings.items():
        findings.add_metric([grade, str(decided).lower()], count)
    yield findings
    pages = GaugeMetricFamily(
        "lurewatch_pages", "Pages tried, by what came of them.", labels=["platform", "state"]
    )
    for (platform, state), count in found.pages.items():
        pages.add_metric([platform, state], count)
    yield pages
    resting = GaugeMetricFamily(
        "lurewatch_source_resting",
        "1 while a platform rests after a wall or is paused.",
        labels=["platform"],
    )
    for platform, rests in found.resting.items():
        resting.add_metric([platform], int(rests))
    yield resting
    fired = GaugeMetricFamily(
        "lurewatch_watch_fired_seconds",
        "When a watch was last done, in seconds since 1970.",
        labels=["watch", "state"],
    )
    for (watch, state), at in found.fired.items():
        fired.add_metric([watch, state], at.timestamp())
    yield fired


def allowed(request: Request) -> bool:
    """Whoever shows the token; without one set, this machine alone and nobody through a proxy."""
    token = request.app.state.metrics_token
    if token:
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return secrets.compare_digest(shown.encode(), token.encode())
    host = request.client.host if request.client else ""
    proxied = {"x-forwarded-for", "forwarded"} & set(request.headers)
    try:
        return ip_address(host).is_loopback and not proxied
    except ValueError:
        return False


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """The counts; no post and nobody's name is among them."""
    if not allowed(request):
        raise NotAllowedError(
            "/metrics answers this machine only; set LUREWATCH_METRICS_TOKEN and send it as a"
            " bearer token"
        )
    registry: Any = CollectorRegistry(auto_describe=False)
    registry.register(Collector(request.app.state.store))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
