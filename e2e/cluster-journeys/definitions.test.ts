// The API server itself takes and refuses what the contract does: every case at the edge of a check, and
// every example of the documents.

import { globSync } from 'node:fs';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { CHECK_CASES, documentOf } from '#crds/check-cases.ts';
import { kubectl, makeNamespace, removeNamespace, tryKubectl } from './cluster.ts';
import { eventually } from './eventually.ts';
import { installDefinitions, removeGatehouse } from './installation.ts';

describe('the definitions of policies', () => {
  let namespace: string;

  before(async () => {
    // Its webhooks refuse more than the definitions do.
    await removeGatehouse();
    namespace = await makeNamespace('definitions');
    await installDefinitions();
    const wait = ['wait', '--for=condition=Established', '--timeout=60s', ...DEFINITIONS];
    // kubectl does not wait for what has no conditions yet, and what is established is served a moment later.
    const list = ['get', 'mcpgatewaypolicies,mcpgatewayclusterpolicies', '-A'];
    await eventually('definitions', async () => {
      return (await tryKubectl(wait)).code === 0 && (await tryKubectl(list)).code === 0;
    });
  });

  after(() => removeNamespace(namespace));

  it('refuse at the API server what the contract refuses, at the same field', async () => {
    const documents = CHECK_CASES.map(({ spec }, index) =>
      stringify({ ...documentOf(spec), metadata: { name: `case-${index}` } }),
    );

    const answer = await tryKubectl(
      ['create', '--dry-run=server', '-n', namespace, '-f', '-'],
      documents.join('---\n'),
    );

    const problems = problemsByName(answer.problem);
    const wrong = CHECK_CASES.filter(({ refused }, index) => {
      const problem = problems.get(`case-${index}`);
      if (refused.length === 0) return problem !== undefined;
      return problem === undefined || !refused.every((path) => blames(problem, path));
    });
    expect(wrong.map(({ name }) => name)).to.deep.equal([]);
    expect(answer.out.match(/ created /g)).to.have.length(
      CHECK_CASES.filter(({ refused }) => refused.length === 0).length,
    );
  });

  it('take every example, without a field that they do not know', async () => {
    const files = globSync('examples/*/policy.yaml');

    for (const file of files) {
      await kubectl(
        ...['create', '--dry-run=server', '--validate=strict', '-n', namespace, '-f', file],
      );
    }

    expect(files).to.not.deep.equal([]);
  });

  it('refuse a field that nobody knows', async () => {
    const document = stringify(documentOf({ maksing: [] }));

    const answer = await tryKubectl(
      ['create', '--dry-run=server', '--validate=strict', '-n', namespace, '-f', '-'],
      document,
    );

    expect(answer.problem).to.include('unknown field "spec.maksing"');
  });
});

const DEFINITIONS = ['mcpgatewaypolicies', 'mcpgatewayclusterpolicies'].map(
  (plural) => `crd/${plural}.gatehouse.dev`,
);

/** What holds between entries of lists is said of all of them: `rules[].approval must be the name of …`. */
function blames(problem: string, path: string): boolean {
  const [ofAll = path] = /[a-z]+\[\].*$/i.exec(path.replaceAll(/\[\d+\]/g, '[]')) ?? [];
  return problem.includes(path) || problem.includes(ofAll);
}

/** What kubectl says about each document that was refused. */
function problemsByName(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(/^Error from server/m).map((problem) => {
      const [, name = ''] = /"(case-\d+)" is invalid/.exec(problem) ?? [];
      return [name, problem];
    }),
  );
}
