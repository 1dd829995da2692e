// Which namespaces a console serves: opened and closed as policies come and go, each kept from harm by the
// others.

import { expect } from 'chai';
import { compilePolicies } from '#core/policy/compile.ts';
import type { GoodPolicy, LoadedPolicy } from '#platform/file/load-policy.ts';
import { createLogger } from '#platform/process/log.ts';
import { Namespaces } from './namespaces.ts';
import type { OpenNamespace } from './open-namespace.ts';

const POLICY = compilePolicies([
  {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'McpGatewayPolicy',
    metadata: { name: 'tools' },
    spec: {
      identity: {
        approvalAudience: 'urn:approvals',
        issuers: [{ name: 'corp', issuer: 'https://idp.example' }],
      },
    },
  },
]);

function good(digest: string, asks = true): GoodPolicy {
  if (!POLICY.ok) throw new Error('the policy of this test is wrong');
  const { approvalAudience: _, ...silent } = POLICY.policy;
  return { ok: true, policy: asks ? POLICY.policy : silent, digest, documents: [] };
}

const BAD: LoadedPolicy = {
  ok: false,
  problems: [{ file: 'b.yaml', line: 3, path: 'spec.rules', message: 'is wrong' }],
};

describe('the namespaces of a console', () => {
  let story: string[];
  let failing: Set<string>;
  let said: string;
  let namespaces: Namespaces;

  beforeEach(() => {
    story = [];
    failing = new Set();
    said = '';
    const log = createLogger({
      level: 'info',
      write: (text) => {
        said += text;
      },
      now: () => '',
    });
    namespaces = new Namespaces({
      log,
      metrics: { policyLoaded: (result) => void story.push(result) },
      retryMillis: 5,
      open: async (name, { digest }) => {
        if (failing.has(name)) throw new Error('away');
        story.push(`open ${name} ${digest}`);
        return opened(name);
      },
    });
  });
  afterEach(() => namespaces.close());

  /** What the class uses of one. */
  function opened(name: string): OpenNamespace {
    return {
      name,
      isWell: () => !failing.has(name),
      activate: async ({ digest }: GoodPolicy) => {
        if (failing.has(name)) throw new Error('away');
        story.push(`activate ${name} ${digest}`);
      },
      close: async () => void story.push(`close ${name}`),
    } as unknown as OpenNamespace;
  }

  const apply = (each: Readonly<Record<string, LoadedPolicy>>) =>
    namespaces.apply({ ok: true, byNamespace: new Map(Object.entries(each)) });
  const names = () => namespaces.all.map(({ name }) => name);

  it('are those that policies ask people in, by name', async () => {
    await apply({ support: good('1'), payments: good('1'), quiet: good('1', false) });

    expect(names()).to.deep.equal(['payments', 'support']);
  });

  it('are opened once, and go by a new policy when there is one', async () => {
    await apply({ payments: good('1') });
    await apply({ payments: good('1') });
    await apply({ payments: good('2') });

    expect(story).to.deep.equal([
      ...['open payments 1', 'loaded', 'activate payments 2', 'loaded'],
    ]);
  });

  it('are closed when their policies are gone, or ask nobody any more', async () => {
    await apply({ payments: good('1'), support: good('1') });
    await apply({ support: good('2', false) });

    expect(names()).to.deep.equal([]);
    expect(story).to.include.members(['close payments', 'close support']);
  });

  it('keep their last good policy, and others get their new one', async () => {
    await apply({ payments: good('1'), support: good('1') });
    await apply({ payments: BAD, support: good('2') });

    expect(names()).to.deep.equal(['payments', 'support']);
    expect(story.slice(4)).to.deep.equal(['rejected', 'activate support 2', 'loaded']);
  });

  it('stay as they are when a file cannot be read', async () => {
    await apply({ payments: good('1') });
    await namespaces.apply(BAD);

    expect(names()).to.deep.equal(['payments']);
    expect(story.at(-1)).to.equal('rejected');
  });

  it('are tried again when they could not be opened, and keep no other waiting', async () => {
    failing.add('payments');
    const faults = await apply({ payments: good('1'), support: good('1') });
    const before = names();

    failing.clear();
    while (names().length < 2) await new Promise((resolve) => setTimeout(resolve, 5));

    expect(faults.map(({ message }) => message)).to.deep.equal(['away']);
    expect(before).to.deep.equal(['support']);
    expect(said).to.include('a namespace cannot be served as its policy says');
  });

  it('go on as they were while a new policy cannot be put on record', async () => {
    await apply({ payments: good('1') });
    failing.add('payments');
    await apply({ payments: good('2') });
    const during = names();

    failing.clear();
    while (!story.includes('activate payments 2')) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }

    expect(during).to.deep.equal(['payments']);
  });

  it('are no namespaces where the name could not be one', async () => {
    const [fault] = await apply({ 'Pay/ments': good('1') });

    expect(fault?.message).to.include('DNS label');
    expect(names()).to.deep.equal([]);
  });

  it('are not well when one of them is not', async () => {
    await apply({ payments: good('1') });
    failing.add('payments');

    expect(namespaces.areWell).to.equal(false);
  });

  it('are all closed at the end', async () => {
    await apply({ payments: good('1'), support: good('1') });

    await namespaces.close();

    expect(story.filter((each) => each.startsWith('close'))).to.deep.equal(
      ['close support', 'close payments'].toSorted(),
    );
  });
});
