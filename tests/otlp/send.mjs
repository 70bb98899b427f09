// Sends spans with OpenTelemetry's JavaScript SDK, as a service would: JSON or protobuf over HTTP.
//
// usage: send.mjs json|proto HOST:PORT none|gzip    prints the trace's id and its spans' ids as JSON
import { SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

const [protocol, address, compression] = process.argv.slice(2);

const Exporter = protocol === 'json' ? JsonExporter : ProtoExporter;
const exporter = new Exporter({ url: `http://${address}/v1/traces`, compression });
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ 'service.name': `js-${protocol}-${compression}` }),
  spanProcessors: [new BatchSpanProcessor(exporter)],
});
provider.register();
const tracer = trace.getTracer('shop', '0.1');

const server = tracer.startSpan('GET /cart', {
  kind: SpanKind.SERVER,
  attributes: { 'http.request.method': 'GET', items: 3, share: 0.5, tags: [], big: 2 ** 53 },
});
const client = tracer.startSpan(
  'SELECT',
  { kind: SpanKind.CLIENT, links: [{ context: server.spanContext() }] },
  trace.setSpan(context.active(), server),
);
client.recordException(new Error('no such cart'));
client.setStatus({ code: SpanStatusCode.ERROR, message: 'no such cart' });
client.end();
server.end();
await provider.shutdown();
const sent = [server, client].map((span) => span.spanContext());
console.log(JSON.stringify(sent.map(({ traceId, spanId }) => ({ trace: traceId, span: spanId }))));
