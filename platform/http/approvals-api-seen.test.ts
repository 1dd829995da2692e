// What whoever decides was shown, as the approvals API takes it.

import { expect } from 'chai';
import { ApiContract } from './api-contract.testkit.ts';
import { ApiBench } from './approvals-api.testkit.ts';
import { REASON } from './approvals-api-cases.testkit.ts';

describe('the approvals API, told what was seen,', () => {
  let contract: ApiContract;
  let api: ApiBench;
  let id: string;

  before(async () => {
    contract = await ApiContract.read();
  });

  beforeEach(async () => {
    api = new ApiBench();
    await api.start();
    id = await api.bench.ask('1');
  });

  afterEach(() => api.close());

  const act = async (word: string, seen: unknown) => {
    const answered = await api.send(`/approvals/${id}/${word}`, {
      token: 'bob',
      body: { ...REASON, seen },
    });
    expect(contract.problems(answered)).to.deep.equal([]);
    const { code, field } = answered.body as { readonly code?: string; readonly field?: string };
    return [answered.status, code, field].filter((part) => part !== undefined).join(' ');
  };

  it('lets nothing go on that is not as it was shown', async () => {
    const { body } = await api.send(`/approvals/${id}`, { token: 'bob' });
    const { digest } = body as { readonly digest: string };

    expect(await act('approve', 'f'.repeat(64))).to.equal('409 shown_otherwise');
    expect(await act('approve', 7)).to.equal('400 input_invalid seen');
    expect(await act('deny', digest)).to.equal('400 input_invalid body');
    expect(await act('approve', digest)).to.equal('200');
  });
});
