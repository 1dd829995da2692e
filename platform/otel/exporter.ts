// The SDK's OTLP exporter for one signal, put together by hand: explicit settings instead of the
// environment, our transport, and an answer that says what became of the batch.

import {
  createOtlpNetworkExportDelegate,
  ExporterMetrics,
  OTLPExporterBase,
} from '@opentelemetry/otlp-exporter-base';
import type { IExporterMetricsHelper, ISerializer } from '@opentelemetry/otlp-transformer';
import { type Delivery, DeliveryFault, type Failure } from './delivery.ts';
import type { OtlpEndpoint } from './otlp-settings.ts';
import { OtlpTransport, readTls } from './transport.ts';

export interface Exporter<Items> {
  /** Encodes at once and sends; never rejects. */
  readonly send: (items: Items) => Promise<Delivery>;
  /** Cuts off what is under way; idempotent. */
  readonly close: () => void;
}

/** How one signal is written, and what its receivers call refused items. */
export interface SignalCodec<Items, Response> {
  readonly json: ISerializer<Items, Response>;
  readonly protobuf: ISerializer<Items, Response>;
  readonly helper: IExporterMetricsHelper<Items>;
  readonly rejectedIn: (response: Response) => number | string | undefined;
}

/** Encoding and sending are strictly one after the other; the SDK frees its slot a moment late. */
const CONCURRENCY = 2;

export async function createExporter<Items, Response>(
  endpoint: OtlpEndpoint,
  codec: SignalCodec<Items, Response>,
): Promise<Exporter<Items>> {
  const transport = new OtlpTransport(endpoint, await readTls(endpoint));
  let rejected = 0;
  const serializer = codec[endpoint.encoding];
  const exporter = new OTLPExporterBase(
    createOtlpNetworkExportDelegate<Items, Response>(
      { timeoutMillis: endpoint.timeoutMillis, concurrencyLimit: CONCURRENCY, compression: NONE },
      {
        serializeRequest: (items) => serializer.serializeRequest(items),
        deserializeResponse: (data) => {
          const response = serializer.deserializeResponse(data);
          rejected = countOf(codec.rejectedIn(response));
          return response;
        },
      },
      unmeasured(codec.helper),
      transport,
    ),
  );
  const send = (items: Items): Promise<Delivery> => {
    rejected = 0;
    const { promise, resolve } = Promise.withResolvers<Delivery>();
    try {
      exporter.export(items, ({ error }) => {
        if (error === undefined) resolve({ kind: 'delivered', rejected });
        else resolve({ kind: 'failed', ...failureOf(error) });
      });
    } catch {
      resolve({ kind: 'failed', ...UNWRITABLE });
    }
    return promise;
  };
  return { send, close: () => transport.shutdown() };
}

/** What a receiver says is not to be trusted: at least 0, and a number. */
function countOf(said: number | string | undefined): number {
  const count = Number(said ?? 0);
  return count > 0 ? Math.trunc(count) : 0;
}

/** What is sent is compressed by our transport, if at all. */
const NONE = 'none' as const;

/** The SDK would measure itself; what we count is counted for Prometheus, from outside. */
function unmeasured<Items>(metricsHelper: IExporterMetricsHelper<Items>): ExporterMetrics<Items> {
  return new ExporterMetrics({
    componentType: 'otlp_http',
    metricsHelper,
    url: undefined,
    meterProvider: undefined,
    responseAttributesFromError: () => ({}),
  });
}

/** The SDK's own complaint about a batch: it would have the same again. */
const UNWRITABLE = { cause: 'encoding', isFinal: true } as const;

function failureOf(error: Error): Failure {
  return error instanceof DeliveryFault ? error.failure : UNWRITABLE;
}
