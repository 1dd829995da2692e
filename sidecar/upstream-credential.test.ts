import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import type { Principal } from '#core/identity/principal.ts';
import { isForwardable } from '#core/identity/stripped-headers.ts';
import type { CompiledPolicy } from '#core/policy/compiled.ts';
import { newSigningKey } from '#platform/file/signing-key.ts';
import {
  CredentialFault,
  createUpstreamCredential,
  FILE_RECHECK_MS,
  requireSecretCredential,
} from './upstream-credential.ts';
import { UpstreamSigner } from './upstream-signer.ts';

const CALLER: Principal = {
  issuer: 'https://idp.example',
  issuerName: 'corp',
  subject: 'u-1',
  actors: [],
  groups: [],
  scopes: [],
  claims: {},
  expiresAtSeconds: 2_000_000_000,
};

describe('upstream credential', () => {
  let folder: string;
  let file: string;
  let nowMs: number;
  let stale: string[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-credential-'));
    file = join(folder, 'credential');
    nowMs = 1_800_000_000_000;
    stale = [];
  });

  afterEach(() => rm(folder, { recursive: true }));

  const create = (config: CompiledPolicy['upstream'], env: Record<string, string> = {}) =>
    createUpstreamCredential(config, {
      signer: new UpstreamSigner({
        key: newSigningKey(),
        issuer: 'https://mcp.example/mcp',
        audience: 'http://127.0.0.1:3000/mcp',
        now: () => nowMs,
        newId: () => 'id',
      }),
      env,
      secretsDir: folder,
      now: () => nowMs,
      onStale: (problem) => stale.push(problem),
    });
  const fromFile = (header = 'Authorization') =>
    create({ mode: 'Static', header, from: { kind: 'file', path: file } });
  const fromSecret = () =>
    create({ mode: 'Static', header: 'X-Key', from: { kind: 'secret', name: 'back', key: 'k' } });
  const fromEnv = (value: string, header = 'Authorization') =>
    create({ mode: 'Static', header, from: { kind: 'env', name: 'CRED' } }, { CRED: value });

  it('is a token that names the caller, and the exchange beside it', async () => {
    const credential = await create({ mode: 'GatehouseToken' });

    const headers = await credential.headersFor(CALLER, 'exchange-1');

    expect(headers['gatehouse-exchange']).to.equal('exchange-1');
    expect(headers.authorization).to.match(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
    expect(decodeJwt(headers.authorization?.slice('Bearer '.length) ?? '').sub).to.equal('u-1');
  });

  it('is nothing in mode None', async () => {
    const credential = await create({ mode: 'None' });

    const headers = await credential.headersFor(CALLER, 'exchange-1');

    expect(headers).to.deep.equal({ 'gatehouse-exchange': 'exchange-1' });
  });

  const values: { name: string; value: string; header?: string; sent: Record<string, string> }[] = [
    { name: 'a bare token', value: 't0ken', sent: { authorization: 'Bearer t0ken' } },
    { name: 'a value with scheme', value: 'Basic YTpi', sent: { authorization: 'Basic YTpi' } },
    {
      name: 'another header as it is',
      value: 'k3y',
      header: 'X-Api-Key',
      sent: { 'x-api-key': 'k3y' },
    },
  ];
  for (const { name, value, header, sent } of values) {
    it(`sends ${name} from the environment`, async () => {
      const credential = await fromEnv(value, header);

      const headers = await credential.headersFor(CALLER, 'e');

      expect(headers).to.deep.equal({ ...sent, 'gatehouse-exchange': 'e' });
    });
  }

  it('keeps its headers to itself, whatever the mode', async () => {
    const owned = await Promise.all([
      create({ mode: 'GatehouseToken' }),
      create({ mode: 'None' }),
      fromEnv('k3y', 'X-Api-Key'),
    ]);

    expect(owned.map(({ ownHeaders }) => [...ownHeaders])).to.deep.equal([
      ['authorization', 'gatehouse-exchange'],
      ['gatehouse-exchange'],
      ['x-api-key', 'gatehouse-exchange'],
    ]);
  });

  it('keeps a client from setting its header under another spelling', async () => {
    const { ownHeaders } = await fromEnv('k3y', 'X_My_Cred');

    const passes = ['X_My_Cred', 'x-my-cred', 'x-my_cred'].map((name) =>
      isForwardable(name, ownHeaders),
    );

    expect(passes).to.deep.equal([false, false, false]);
  });

  for (const value of ['', ' ', 'two\nlines', 'null\u0000', 'ümlaut', ' padded']) {
    it(`refuses ${JSON.stringify(value)} from the environment without quoting it`, async () => {
      const fault = await fromEnv(value).catch((error: unknown) => error);

      expect(fault).to.be.instanceOf(CredentialFault);
      expect(fault)
        .to.have.property('message')
        .that.equals(
          'spec.identity.upstream.static.valueFrom.env: CRED is unset or not a header value; set it to the credential alone',
        );
    });
  }

  it('refuses a variable that is not set', async () => {
    const config = { mode: 'Static', header: 'X', from: { kind: 'env', name: 'NONE' } } as const;

    const fault = await create(config).catch((error: unknown) => error);

    expect(fault).to.be.instanceOf(CredentialFault);
  });

  it('refuses a file that is missing, naming field and file', async () => {
    const fault = await fromFile().catch((error: unknown) => error);

    expect(fault).to.be.instanceOf(CredentialFault);
    expect(fault)
      .to.have.property('message')
      .that.equals(
        `spec.identity.upstream.static.valueFrom.file: ${file}: cannot be read (ENOENT)`,
      );
  });

  it('refuses a file of several lines without quoting it', async () => {
    await writeFile(file, 'SECRET\nX-Admin: yes\n');

    const fault = await fromFile().catch((error: unknown) => error);

    expect(fault)
      .to.have.property('message')
      .that.matches(/does not hold one header value/);
    expect(fault).to.have.property('message').that.does.not.include('SECRET');
  });

  it('sends a key of a Secret, and takes up one that changed', async () => {
    await mkdir(join(folder, 'back'));
    await writeFile(join(folder, 'back', 'k'), 'first');
    const credential = await fromSecret();
    const first = await credential.headersFor(CALLER, 'e');
    await writeFile(join(folder, 'back', 'k'), 'second');
    nowMs += FILE_RECHECK_MS;
    const second = await credential.headersFor(CALLER, 'e');

    expect([first['x-key'], second['x-key']]).to.deep.equal(['first', 'second']);
  });

  it('keeps its last value when the Secret is gone, and says which', async () => {
    await mkdir(join(folder, 'back'));
    await writeFile(join(folder, 'back', 'k'), 'first');
    const credential = await fromSecret();
    await rm(join(folder, 'back'), { recursive: true });
    nowMs += FILE_RECHECK_MS;

    expect((await credential.headersFor(CALLER, 'e'))['x-key']).to.equal('first');
    expect(stale).to.deep.equal([
      'spec.identity.upstream.static.valueFrom.secretRef: key k of Secret back: cannot be read (ENOENT)',
    ]);
  });

  it('refuses a Secret that is not mounted, naming it and its key', async () => {
    const fault = await fromSecret().catch((error: unknown) => error);

    expect(fault).to.be.instanceOf(CredentialFault);
    expect(fault)
      .to.have.property('message')
      .that.equals(
        'spec.identity.upstream.static.valueFrom.secretRef: key k of Secret back: cannot be read (ENOENT)',
      );
  });

  it('refuses a Secret outside a cluster', async () => {
    const config = { mode: 'Static', header: 'X', from: { kind: 'secret', name: 'a', key: 'b' } };
    const fault = await requireSecretCredential(config as CompiledPolicy['upstream'], {}).catch(
      (error: unknown) => error,
    );

    expect(fault)
      .to.have.property('message')
      .that.matches(/no Secrets outside a cluster/);
  });

  it('takes up a file that changed', async () => {
    await writeFile(file, 'first\n');
    const credential = await fromFile();
    await writeFile(file, 'second\n');
    const before = await credential.headersFor(CALLER, 'e');
    nowMs += FILE_RECHECK_MS;

    const [one, two] = await Promise.all([
      credential.headersFor(CALLER, 'e'),
      credential.headersFor(CALLER, 'e'),
    ]);

    expect(before.authorization).to.equal('Bearer first');
    expect(one.authorization).to.equal('Bearer second');
    expect(two.authorization).to.equal('Bearer second');
  });

  it('keeps the last value when the file is gone, and says so once', async () => {
    await writeFile(file, 'first');
    const credential = await fromFile();
    await rm(file);

    for (let n = 0; n < 3; n += 1) {
      nowMs += FILE_RECHECK_MS;
      const headers = await credential.headersFor(CALLER, 'e');
      expect(headers.authorization).to.equal('Bearer first');
    }

    expect(stale).to.have.lengthOf(1);
    expect(stale[0]).to.include('cannot be read (ENOENT)').and.not.include('first');
  });
});
