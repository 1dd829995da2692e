import { expect } from 'chai';
import { SettingsFault } from '../settings.ts';
import { type Environment, readPodSettings } from './settings.ts';

/** As injection sets it. */
const GIVEN = {
  GATEHOUSE_POD_NAME: 'payments-0',
  GATEHOUSE_POD_NAMESPACE: 'payments',
  GATEHOUSE_WORKLOAD_KEY: 'deployment-payments-0a1b2c3d4e',
  GATEHOUSE_UPSTREAM: 'http://127.0.0.1:3000/mcp',
  GATEHOUSE_LISTEN: '0.0.0.0:15020',
  GATEHOUSE_ADMIN: '0.0.0.0:15021',
  GATEHOUSE_PEER_LISTEN: '10.0.0.7:15022',
  GATEHOUSE_OPERATOR: 'https://gatehouse-operator.gatehouse.svc:8443',
  GATEHOUSE_CAPTURE: 'Redirect',
  GATEHOUSE_DRAIN_SECONDS: '25',
} as const satisfies Environment;

describe('what a sidecar in a pod is started with', () => {
  it('is what injection sets, and where its volumes are', () => {
    const { gateway, files, drainSeconds, capture } = readPodSettings(GIVEN);

    expect(gateway.listen).to.deep.equal({ host: '0.0.0.0', port: 15_020 });
    expect(gateway.peerListen).to.deep.equal({ host: '10.0.0.7', port: 15_022 });
    expect(gateway.keysDir).to.equal('/etc/gatehouse/runtime');
    expect(gateway.approvalKeyFile).to.equal('/etc/gatehouse/runtime/approval.pub');
    expect(gateway.trustKeyFile).to.equal(undefined);
    expect(gateway.allowPlainHttp).to.equal(false);
    expect(files.document).to.equal('/etc/gatehouse/policy/policy.jws');
    expect(files.token).to.equal('/var/run/secrets/gatehouse/token');
    expect({ drainSeconds, capture }).to.deep.equal({ drainSeconds: 25, capture: 'Redirect' });
  });

  it('may send people to a console by https, or here by http on loopback', () => {
    for (const text of ['https://desk.example/', 'http://localhost:8443/']) {
      const { gateway } = readPodSettings({ ...GIVEN, GATEHOUSE_CONSOLE_URL: text });

      expect(gateway.consoleUrl?.href).to.equal(text);
    }
  });

  it('may be in a pod that has an address of IPv6, with its brackets or as the kubelet puts it in', () => {
    for (const text of ['fd00::7:15022', '[fd00::7]:15022']) {
      const { gateway } = readPodSettings({ ...GIVEN, GATEHOUSE_PEER_LISTEN: text });

      expect(gateway.peerListen, text).to.deep.equal({ host: 'fd00::7', port: 15_022 });
    }
  });

  const wrong: Record<string, readonly (string | undefined)[]> = {
    GATEHOUSE_UPSTREAM: [undefined, '', 'server:3000', 'http://a:b@127.0.0.1:3000'],
    GATEHOUSE_LISTEN: [undefined, 'pod:15020', '0.0.0.0', '0.0.0.0:0', '0.0.0.0:70000'],
    GATEHOUSE_OPERATOR: [undefined, 'http://gatehouse-operator.gatehouse.svc:8443'],
    GATEHOUSE_POD_NAMESPACE: [undefined, 'Not A Namespace'],
    GATEHOUSE_WORKLOAD_KEY: [undefined],
    GATEHOUSE_CAPTURE: [undefined, 'Auto'],
    GATEHOUSE_DRAIN_SECONDS: ['0', 'soon', '3601'],
    GATEHOUSE_CONSOLE_URL: ['', 'desk', 'http://desk.example', 'https://desk.example/decide'],
    GATEHOUSE_LOG_LEVEL: ['loud'],
  };
  for (const [name, values] of Object.entries(wrong)) {
    it(`is refused where ${name} is missing or wrong, by its name`, () => {
      for (const value of values) {
        const read = () => readPodSettings({ ...GIVEN, [name]: value });

        expect(read, String(value)).to.throw(SettingsFault, `${name}: `);
      }
    });
  }

  it('has a certificate and its key, or neither', () => {
    const cert = { ...GIVEN, GATEHOUSE_TLS_CERT: '/etc/gatehouse/tls/tls.crt' };

    expect(() => readPodSettings(cert)).to.throw(SettingsFault, 'GATEHOUSE_TLS_KEY: is missing');
  });
});
