import { expect } from 'chai';
import { FINANCE, principal, request, TERMS } from './approvals.testkit.ts';
import { type ApprovalRequest, MAX_PREVIEW_BYTES, requesterOf, requestProblem } from './request.ts';

const ASKED = request('1');
const by = ASKED.requester;

const flawed: readonly {
  readonly field: string;
  readonly with: Partial<ApprovalRequest>;
}[] = [
  { field: 'id', with: { id: 'short' } },
  { field: 'id', with: { id: '../../../../etc/passwd' } },
  { field: 'binding', with: { binding: 'A'.repeat(64) } },
  { field: 'terms.needs', with: { terms: { ...TERMS, needs: [] } } },
  { field: 'terms.needs', with: { terms: { ...TERMS, needs: Array(9).fill(FINANCE) } } },
  {
    field: 'requester.actors',
    with: { requester: { ...by, actors: Array(9).fill({ subject: 'bot' }) } },
  },
  { field: 'requester.person', with: { requester: { ...by, person: ' ' } } },
  { field: 'requester.client', with: { requester: { ...by, client: 'c'.repeat(2049) } } },
  { field: 'server', with: { server: 's'.repeat(2049) } },
  { field: 'target', with: { target: { kind: 'tool', name: 't'.repeat(2049) } } },
  { field: 'rule', with: { rule: 'r'.repeat(2049) } },
  { field: 'preview', with: { preview: '\udc00' } },
  { field: 'arguments', with: { preview: 'é'.repeat(MAX_PREVIEW_BYTES / 2 + 1) } },
];

describe('a request', () => {
  it('is whole as the pipeline makes it', () => {
    expect(requestProblem(ASKED)).to.equal(undefined);
    expect(requestProblem({ ...ASKED, preview: 'é'.repeat(MAX_PREVIEW_BYTES / 2) })).to.equal(
      undefined,
    );
  });

  for (const { field, with: edit } of flawed) {
    it(`is refused for its ${field}: ${JSON.stringify(edit).slice(0, 50)}`, () => {
      expect(requestProblem({ ...ASKED, ...edit })).to.match(new RegExp(`^${field}`));
    });
  }

  it('comes from a person, with everyone who acts for them', () => {
    const actors = [{ subject: 'bot' }];

    expect(requesterOf(principal('alice', { actors, clientId: 'agent' }))).to.deep.equal({
      ok: true,
      requester: {
        issuer: by.issuer,
        subject: 'alice',
        person: 'alice@example.com',
        client: 'agent',
        actors,
      },
    });
  });

  it('cannot be made where nobody knows which human is behind it', () => {
    const { person: _, ...nameless } = principal('system:serviceaccount:ci:runner');

    const read = requesterOf(nameless);

    expect(read.ok ? '' : read.reason).to.include('person');
  });
});
