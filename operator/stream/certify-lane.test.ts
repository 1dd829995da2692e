import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { isCertified } from '#core/evidence/lane.ts';
import { rawPublicKey, signatureKey } from '#core/evidence/signature.ts';
import { missingApiServer } from '../kube/api-server.fixture.ts';
import { PATHS } from '../kube/paths.ts';
import { NS } from '../operator-rig.fixture.ts';
import { type StreamRig, startStreamRig } from './stream-rig.fixture.ts';

describe('a lane, on a real API server and a real Redis', function () {
  this.timeout(120_000);
  let stream: StreamRig;

  before(async function () {
    if (missingApiServer() !== undefined) this.skip();
    stream = await startStreamRig();
  });
  after(async () => {
    await stream?.stop();
  });

  const lane = (name: string) => ({
    lane: name.padEnd(26, 'a'),
    publicKey: rawPublicKey(generateKeyPairSync('ed25519').publicKey),
    bootNonce: 'ab'.repeat(16),
  });

  async function running(containerID: string): Promise<void> {
    await stream.rig.api.client.merge(`${PATHS.pod(NS, 'pay-0')}/status`, {
      status: {
        initContainerStatuses: [
          {
            name: 'gatehouse',
            containerID,
            image: 'sidecar:1',
            imageID: '',
            ready: true,
            restartCount: 0,
            state: { running: {} },
          },
        ],
      },
    });
  }

  it('waits until its container is known to run', async () => {
    const answer = await stream.ask('POST', '/v1/lanes', lane('first'));

    expect([answer.status, answer.json.error]).to.deep.equal([503, 'not_seen']);
  });

  it('is certified once for each start of the container', async () => {
    await running('containerd://one');
    const first = lane('first');

    const answer = await stream.ask('POST', '/v1/lanes', first);

    const { trust } = stream.rig.operator.keys;
    expect([answer.status, answer.json.trustKeyId]).to.deep.equal([201, trust.id]);
    expect(
      isCertified(
        { ...first, certificate: answer.json.certificate },
        signatureKey(trust.signer.publicKey),
      ),
    ).to.equal(true);
    expect((await stream.ask('POST', '/v1/lanes', first)).json).to.deep.equal(answer.json);
    expect((await stream.ask('POST', '/v1/lanes', lane('second'))).json.error).to.equal(
      'lane_taken',
    );
    await running('containerd://two');
    expect((await stream.ask('POST', '/v1/lanes', lane('second'))).status).to.equal(201);
  });

  it('is refused when the sidecar is not the one that was injected', async () => {
    stream.injection.problem = 'the container was changed';

    const answer = await stream.ask('POST', '/v1/lanes', lane('third'));

    stream.injection.problem = undefined;
    expect([answer.status, answer.json.message]).to.deep.equal([403, 'the container was changed']);
  });

  for (const [field, value] of [
    ['lane', 'A'.repeat(26)],
    ['publicKey', 'x'],
    ['bootNonce', 'x'],
  ]) {
    it(`is refused with a ${field} that is none`, async () => {
      const answer = await stream.ask('POST', '/v1/lanes', { ...lane('fourth'), [field!]: value });

      expect(answer.status).to.equal(400);
    });
  }

  it('that was refused was told', () => {
    expect(new Set(stream.lanes)).to.deep.equal(
      new Set(['certified', 'lane_taken', 'not_injected', 'invalid']),
    );
  });
});
