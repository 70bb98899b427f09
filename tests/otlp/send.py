"""Sends spans, log records and metrics with OpenTelemetry's Python SDK, as a service would.

usage: send.py grpc|http|json [https://]HOST:PORT none|gzip    prints the trace's id and its spans' ids as JSON
"""

import json
import logging
import sys

from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.metrics import Observation
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

PROTOCOL, ADDRESS, COMPRESSION = sys.argv[1:]


def exporters():
    """The exporter of each signal: spans, log records, metrics."""
    if PROTOCOL == "grpc":
        from grpc import Compression
        from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        compression = Compression.Gzip if COMPRESSION == "gzip" else Compression.NoCompression
        insecure = not ADDRESS.startswith("https://")
        how = {"endpoint": ADDRESS, "insecure": insecure, "compression": compression}
        return OTLPSpanExporter(**how), OTLPLogExporter(**how), OTLPMetricExporter(**how)
    if PROTOCOL == "json":
        from opentelemetry.exporter.otlp.common.http import Compression
        from opentelemetry.exporter.otlp.json.http._log_exporter import OTLPLogExporter
        from opentelemetry.exporter.otlp.json.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter
    else:
        from opentelemetry.exporter.otlp.proto.http import Compression
        from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    compression = Compression(COMPRESSION)

    def to(signal):
        return {"endpoint": f"http://{ADDRESS}/v1/{signal}", "compression": compression}

    return (
        OTLPSpanExporter(**to("traces")),
        OTLPLogExporter(**to("logs")),
        OTLPMetricExporter(**to("metrics")),
    )


def spans(tracer):
    """A request that calls another service and fails; its two spans."""
    with tracer.start_as_current_span(
        "GET /cart",
        kind=trace.SpanKind.SERVER,
        attributes={"http.request.method": "GET", "tags": ["a", "b"], "items": 3, "share": 0.5},
    ) as server:
        with tracer.start_as_current_span("SELECT", kind=trace.SpanKind.CLIENT) as client:
            client.add_event("retry", {"attempt": 2})
            client.record_exception(ValueError("no such cart"))
            client.set_status(trace.Status(trace.StatusCode.ERROR, "no such cart"))
        yield server
        yield client


def metrics(meter):
    """A sum, a histogram and a gauge."""
    meter.create_counter("orders", unit="{order}").add(5, {"shop": "one"})
    meter.create_histogram("latency", unit="ms").record(12.5)
    meter.create_observable_gauge("queue.length", [lambda _: [Observation(7)]])


def main():
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    resource = Resource.create(
        {"service.name": f"python-{PROTOCOL}-{COMPRESSION}", "service.version": "1.2.3"}
    )
    of_spans, of_logs, of_metrics = exporters()
    tracers = TracerProvider(resource=resource)
    tracers.add_span_processor(BatchSpanProcessor(of_spans))
    loggers = LoggerProvider(resource=resource)
    loggers.add_log_record_processor(SimpleLogRecordProcessor(of_logs))
    reader = PeriodicExportingMetricReader(of_metrics, export_interval_millis=3_600_000)
    meters = MeterProvider(resource=resource, metric_readers=[reader])

    sent = []
    for span in spans(tracers.get_tracer("shop", "0.1")):
        context = span.get_span_context()
        sent.append({"trace": f"{context.trace_id:032x}", "span": f"{context.span_id:016x}"})
        loggers.get_logger("shop").emit(
            LogRecord(
                body=f"the cart was asked for, {len(sent)}",
                severity_number=SeverityNumber.WARN,
                severity_text="WARN",
                attributes={"user": "u-1"},
                context=trace.set_span_in_context(span),
            )
        )
    metrics(meters.get_meter("shop"))
    tracers.shutdown()
    loggers.shutdown()
    meters.shutdown()
    print(json.dumps(sent))


main()
