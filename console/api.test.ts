// The approvals API of a console, for programs: the same contract as at a gateway, below each namespace.

import { expect } from 'chai';
import { principal } from '#core/approvals/approvals.testkit.ts';
import { ApiContract } from '#platform/http/api-contract.testkit.ts';
import { ConsoleBench } from './console.testkit.ts';

interface Said {
  readonly code?: string;
  readonly state?: string;
  readonly arguments?: string;
  readonly approvals?: readonly { readonly id: string }[];
}

describe('the approvals API of a console', () => {
  let contract: ApiContract;
  let bench: ConsoleBench;
  let id: string;

  beforeEach(async () => {
    contract = await ApiContract.read();
    bench = await ConsoleBench.start();
    bench.person = principal('carol', { groups: ['finance'] });
    id = await bench.ask('one');
  });
  afterEach(() => bench.close());

  /** Sends, and holds the answer to the contract. */
  async function ask(path: string, body?: object, namespace = 'default') {
    const method = body === undefined ? 'GET' : 'POST';
    const answer = await fetch(`${bench.origin}/api/namespaces/${namespace}${path}`, {
      method,
      headers: { authorization: 'Bearer token', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { status, headers } = answer;
    const said: Said = JSON.parse(await answer.text());
    expect(contract.problems({ method, path, status, headers, body: said })).to.deep.equal([]);
    return { status, said };
  }

  it('lists, shows and takes decisions of whoever brings a token', async () => {
    const listed = await ask('/approvals?state=PENDING');
    const shown = await ask(`/approvals/${id}`);
    const approved = await ask(`/approvals/${id}/approve`, { reason: 'checked' });

    expect(listed.said.approvals?.map((each) => each.id)).to.deep.equal([id]);
    expect(shown.said).to.have.property('arguments');
    expect(approved.said.state).to.equal('GRANTED');
  });

  it('knows the acts that the contract has, and says no in its words', async () => {
    for (const { method, path } of contract.ways.filter((way) => way.method === 'POST')) {
      const verdict = path.endsWith('/review') ? { verdict: 'justified' } : {};
      const { status, said } = await ask(path, { reason: 'checked', ...verdict });
      expect([method, path, status, said.code]).to.deep.equal([method, path, 404, 'unknown']);
    }
  });

  it('turns away whoever proves nothing, and asks nothing of a namespace that is not served', async () => {
    bench.person = undefined;

    expect(await ask('/approvals')).to.have.nested.property('said.code', 'token_invalid');
    expect(bench.unproven).to.deep.equal(['none']);
    const elsewhere = await ask('/approvals', undefined, 'nowhere');
    expect(elsewhere).to.deep.include({ status: 404 });
    expect(elsewhere.said.code).to.equal('path_unknown');
    expect(bench.unproven).to.have.length(1);
  });
});
