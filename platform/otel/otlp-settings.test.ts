import { expect } from 'chai';
import { OtlpFault } from './otlp-env.ts';
import { type OtlpSource, readOtlpSettings } from './otlp-settings.ts';

type Env = OtlpSource['env'];

const BASE = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example:4318/otlp/' };

function read(env: Env, others: Partial<OtlpSource> = {}) {
  return readOtlpSettings({ env, version: '1.2.3', allowPlainHttp: false, ...others });
}

function urls(env: Env, others: Partial<OtlpSource> = {}): Record<string, string> {
  const endpoints = [...(read(env, others)?.endpoints ?? [])];
  return Object.fromEntries(endpoints.map(([signal, { url }]) => [signal, url.href]));
}

describe('where telemetry goes', () => {
  it('is nowhere unless somebody says so', () => {
    expect(read({})).to.equal(undefined);
    expect(read({ ...BASE, OTEL_SDK_DISABLED: 'true' })).to.equal(undefined);
    expect(read({ OTEL_TRACES_EXPORTER: 'console', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).to.equal(
      undefined,
    );
  });

  it('is a path for each signal below the endpoint', () => {
    expect(urls(BASE)).to.deep.equal({
      traces: 'https://collector.example:4318/otlp/v1/traces',
      metrics: 'https://collector.example:4318/otlp/v1/metrics',
      logs: 'https://collector.example:4318/otlp/v1/logs',
    });
  });

  it("is a signal's own endpoint as it is written", () => {
    const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example/in' };

    expect(urls(env)).to.deep.equal({ traces: 'https://traces.example/in' });
  });

  it('is what --otlp says, whatever the variables say', () => {
    const env = { ...BASE, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example/in' };

    expect(urls(env, { url: new URL('http://127.0.0.1:4318') })).to.deep.equal({
      traces: 'http://127.0.0.1:4318/v1/traces',
      metrics: 'http://127.0.0.1:4318/v1/metrics',
      logs: 'http://127.0.0.1:4318/v1/logs',
    });
  });

  it('leaves out a signal whose exporter is none', () => {
    expect(
      urls({ ...BASE, OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'otlp' }),
    ).to.have.keys('traces', 'logs');
  });

  it('goes beyond this machine by plain http only when that is allowed', () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318' };

    expect(() => read(env)).to.throw(OtlpFault, /use https, or add --allow-plain-http/);
    expect(urls(env, { allowPlainHttp: true })).to.have.keys('traces', 'metrics', 'logs');
  });
});

describe('how telemetry goes', () => {
  it('has the defaults of OTLP', () => {
    expect(read(BASE)?.endpoints.get('traces')).to.deep.include({
      headers: new Map(),
      encoding: 'protobuf',
      gzip: false,
      timeoutMillis: 10_000,
      tls: {},
      delayMillis: 1000,
    });
  });

  it('is read from the standard variables, those of one signal first', () => {
    const settings = read({
      ...BASE,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_HEADERS: 'X-Key=general,x-more=1',
      OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'x-key=logs',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: '1500',
      OTEL_EXPORTER_OTLP_CERTIFICATE: '/etc/ca.pem',
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: '/etc/cert.pem',
      OTEL_EXPORTER_OTLP_CLIENT_KEY: '/etc/key.pem',
      OTEL_BLRP_SCHEDULE_DELAY: '20',
    });

    expect(settings?.endpoints.get('logs')).to.deep.include({
      headers: new Map([
        ['x-key', 'logs'],
        ['x-more', '1'],
      ]),
      encoding: 'json',
      gzip: true,
      timeoutMillis: 1500,
      tls: { ca: '/etc/ca.pem', cert: '/etc/cert.pem', key: '/etc/key.pem' },
      delayMillis: 20,
    });
    expect(settings?.endpoints.get('metrics')?.headers.get('x-key')).to.equal('general');
  });

  it('says which service it comes from', () => {
    const named = read({
      ...BASE,
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=ignored,deployment.environment.name=prod',
      OTEL_SERVICE_NAME: 'payments-gatehouse',
    });

    expect(Object.fromEntries(read(BASE)?.resource ?? [])).to.deep.equal({
      'service.name': 'gatehouse',
      'service.version': '1.2.3',
    });
    expect(Object.fromEntries(named?.resource ?? [])).to.deep.equal({
      'service.name': 'payments-gatehouse',
      'service.version': '1.2.3',
      'deployment.environment.name': 'prod',
    });
  });

  it("takes which errors are the caller's own", () => {
    expect(read(BASE)?.callerErrors).to.deep.equal(new Set([-32700, -32600, -32601, -32602]));
    expect(read(BASE, { callerErrors: '-32002, 7' })?.callerErrors).to.deep.equal(
      new Set([-32002, 7]),
    );
  });
});

describe('settings that cannot be', () => {
  const bad: { name: string; env?: Env; others?: Partial<OtlpSource>; says: string }[] = [
    {
      name: 'an endpoint that is no URL',
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: 's3cret:4318' },
      says: 'OTEL_EXPORTER_OTLP_ENDPOINT: must be a URL',
    },
    {
      name: 'credentials in a URL',
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://u:s3cret@collector.example' },
      says: 'put credentials in OTEL_EXPORTER_OTLP_HEADERS',
    },
    {
      name: 'gRPC',
      env: { ...BASE, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc' },
      says: 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: Gatehouse speaks http/protobuf and http/json',
    },
    {
      name: 'another exporter',
      env: { ...BASE, OTEL_TRACES_EXPORTER: 'zipkin' },
      says: 'OTEL_TRACES_EXPORTER: Gatehouse exports otlp or none',
    },
    {
      name: 'another compression',
      env: { ...BASE, OTEL_EXPORTER_OTLP_COMPRESSION: 'zstd' },
      says: 'OTEL_EXPORTER_OTLP_COMPRESSION: must be gzip or none',
    },
    {
      name: 'a header that could smuggle another',
      env: { ...BASE, OTEL_EXPORTER_OTLP_HEADERS: 'x-key=s3cret%0d%0ax-admin: 1' },
      says: 'OTEL_EXPORTER_OTLP_HEADERS: holds something that cannot be a header',
    },
    {
      name: 'codes that are none',
      env: BASE,
      others: { callerErrors: 'all' },
      says: '--otlp-caller-errors: must be JSON-RPC codes',
    },
  ];
  for (const { name, env = {}, others = {}, says } of bad) {
    it(`are refused by name, and no value is repeated: ${name}`, () => {
      expect(() => read(env, others))
        .to.throw(OtlpFault, says)
        .with.property('message')
        .that.does.not.include('s3cret');
    });
  }
});
