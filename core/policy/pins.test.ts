import { expect } from 'chai';
import type { McpGatewayPolicySpec } from '#crds/policy.ts';
import { compileWhole } from './compile.ts';
import { findUnapproved, quarantine } from './pins.ts';
import { document } from './policies.fixture.ts';

type Tools = NonNullable<McpGatewayPolicySpec['tools']>;

const [A, B] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];
const enforce = (pins: Record<string, string>): Tools => ({ pinning: 'Enforce', ...listOf(pins) });
const observe = (pins: Record<string, string>): Tools => ({ pinning: 'Observe', ...listOf(pins) });

describe('pinned tool definitions', () => {
  const cases: readonly {
    readonly name: string;
    readonly tools: readonly Tools[];
    /** Of the tool `echo`. */
    readonly digest?: string;
    /** Whose pins do not approve it. */
    readonly by?: string;
    readonly pinned?: string;
    readonly quarantined?: true;
  }[] = [
    { name: 'nothing is pinned', tools: [{}], digest: A },
    { name: 'pins are Disabled', tools: [{ pinning: 'Disabled', ...listOf({ echo: B }) }] },
    { name: 'it is as pinned', tools: [enforce({ echo: A })], digest: A },
    { name: 'every policy pins it alike', tools: [enforce({ echo: A }), enforce({ echo: A })] },
    {
      name: 'it differs from its pin',
      tools: [enforce({ echo: B })],
      by: 'p0',
      pinned: B,
      quarantined: true,
    },
    { name: 'it has no pin', tools: [enforce({ add: A })], by: 'p0', quarantined: true },
    {
      name: 'one of two policies has no pin for it',
      tools: [enforce({ echo: A }), enforce({ add: A })],
      by: 'p1',
      quarantined: true,
    },
    {
      name: 'another policy does not pin',
      tools: [{}, enforce({ echo: B })],
      by: 'p1',
      pinned: B,
      quarantined: true,
    },
    {
      name: 'it differs and changes are only observed',
      tools: [observe({ echo: B })],
      by: 'p0',
      pinned: B,
    },
    { name: 'it has no pin and changes are only observed', tools: [observe({})] },
    {
      name: 'one policy observes, another quarantines',
      tools: [observe({ echo: B }), enforce({})],
      by: 'p1',
      quarantined: true,
    },
  ];
  for (const { name, tools, digest = A, by, pinned, quarantined = false } of cases) {
    it(`${by === undefined ? 'approve' : quarantined ? 'quarantine' : 'note'} a tool when ${name}`, () => {
      const policy = policyOf(...tools);

      const found = findUnapproved(policy.pinSets, 'echo', digest);

      expect(found?.by.id).to.equal(by && `${by}/spec.tools.pins`);
      expect(found?.pinned).to.equal(pinned);
      expect(quarantine(policy, 'echo', digest) !== undefined).to.equal(quarantined);
    });
  }

  it('quarantine a tool whose definition has no digest', () => {
    expect(quarantine(policyOf(enforce({ echo: A })), 'echo', undefined)?.effect).to.equal('Deny');
  });

  it('deny in words that say what to do', () => {
    const changed = quarantine(policyOf(enforce({ echo: B })), 'echo', A);
    const unpinned = quarantine(policyOf(enforce({})), 'echo', A);

    expect(changed).to.deep.include({ rule: 'p0/spec.tools.pins', visible: true });
    expect(changed?.reason).to.include('changed since it was pinned').and.include('policy pin');
    expect(unpinned?.reason).to.include('is not pinned').and.include('policy pin');
  });
});

describe('the pins of several policies', () => {
  it('must agree on each tool', () => {
    expect(problemsOf(enforce({ echo: A }), enforce({ add: B, echo: B }))).to.deep.equal([
      '1 spec.tools.pins[1].digest: must be as in the other policy that pins this tool: it has one definition',
    ]);
  });

  it('may differ where one of them is Disabled', () => {
    const idle: Tools = { pinning: 'Disabled', ...listOf({ echo: B }) };

    expect(problemsOf(enforce({ echo: A }), idle, observe({ echo: A }))).to.deep.equal([]);
  });

  it('are the same whatever order the policies come in', () => {
    const documents = [enforce({ echo: A }), observe({ add: B })].map((tools, at) =>
      document({ tools }, `p${at}`),
    );

    const [one, other] = [compileWhole(documents), compileWhole(documents.toReversed())];

    expect(one.ok && one.policy.pinSets).to.deep.equal(other.ok && other.policy.pinSets);
  });
});

describe('pins that are not meant so', () => {
  const cases: readonly { readonly name: string; readonly tools: Tools; warning?: string }[] = [
    {
      name: 'pins without pinning',
      tools: listOf({ echo: A }),
      warning: 'spec.tools.pins: has no effect while pinning is Disabled',
    },
    {
      name: 'pinning without pins',
      tools: { pinning: 'Enforce' },
      warning:
        'spec.tools.pinning: quarantines every tool, since none is pinned; gatehouse policy pin prints pins',
    },
    { name: 'observing without pins', tools: { pinning: 'Observe' } },
    { name: 'both', tools: enforce({ echo: A }) },
  ];
  for (const { name, tools, warning } of cases) {
    it(`${warning === undefined ? 'are not warned of' : 'are warned of'}: ${name}`, () => {
      const compiled = compileWhole([document({ tools })]);

      const said = compiled.ok ? compiled.warnings : [];
      expect(said.map(({ path, message }) => `${path}: ${message}`)).to.deep.equal(
        warning === undefined ? [] : [warning],
      );
    });
  }
});

function listOf(pins: Record<string, string>): Pick<Tools, 'pins'> {
  return { pins: Object.entries(pins).map(([name, digest]) => ({ name, digest })) };
}

function policyOf(...tools: readonly Tools[]) {
  const compiled = compileWhole(tools.map((one, at) => document({ tools: one }, `p${at}`)));
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return compiled.policy;
}

function problemsOf(...tools: readonly Tools[]): readonly string[] {
  const compiled = compileWhole(tools.map((one, at) => document({ tools: one }, `p${at}`)));
  return compiled.ok
    ? []
    : compiled.problems.map(({ document: at, path, message }) => `${at} ${path}: ${message}`);
}
