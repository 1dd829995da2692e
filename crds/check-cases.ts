// Policies at the edge of each check of the contract, for the tests of everything that evaluates them.

export interface CheckCase {
  readonly name: string;
  readonly spec: Fields;
  /** Paths of the fields that are refused; none where the policy is valid. */
  readonly refused: readonly string[];
}

type Fields = Record<string, unknown>;

const CORP = { name: 'corp', issuer: 'https://idp.example.com' };
const LAB = { name: 'lab', issuer: 'https://lab.example.com' };
const TWO_ISSUERS = { identity: { issuers: [CORP, LAB] } };

function rule(fields: Fields): Fields {
  return { rules: [{ name: 'read', effect: 'Allow', ...fields }] };
}

function approval(fields: Fields): Fields {
  return {
    approvals: [{ name: 'finance', approvers: { groups: ['finance'] }, ...fields }],
  };
}

function upstream(fields: Fields): Fields {
  return { identity: { upstream: { mode: 'GatehouseToken', ...fields } } };
}

function staticFrom(valueFrom: Fields, header?: string): Fields {
  return upstream({ mode: 'Static', static: { valueFrom, ...(header ? { header } : {}) } });
}

function masking(fields: Fields): Fields {
  return { masking: [{ name: 'pii', action: 'Redact', ...fields }] };
}

function notification(fields: Fields): Fields {
  return { notifications: [{ name: 'room', ...fields }] };
}

const FROM_FILE = { file: '/run/secret' };

export const CHECK_CASES: readonly CheckCase[] = [
  // which pods
  { name: 'an empty selector', spec: { selector: {} }, refused: [] },
  {
    name: 'selector and targetRefs together',
    spec: { selector: {}, targetRefs: [{ group: 'apps', kind: 'Deployment', name: 'a' }] },
    refused: ['spec.targetRefs'],
  },
  {
    name: 'a Job in another API group',
    spec: { targetRefs: [{ group: 'apps', kind: 'Job', name: 'a' }] },
    refused: ['spec.targetRefs[0].group'],
  },
  {
    name: 'In without values',
    spec: { selector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
    refused: ['spec.selector.matchExpressions[0].values'],
  },
  {
    name: 'Exists with values',
    spec: { selector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] } },
    refused: ['spec.selector.matchExpressions[0].values'],
  },
  // mode
  { name: 'observe while enforcing', spec: { observe: {} }, refused: ['spec.observe'] },
  { name: 'observe while observing', spec: { mode: 'Observe', observe: {} }, refused: [] },
  // server
  {
    name: 'two ways to move the port',
    spec: { server: { capture: { mode: 'Auto', portEnv: 'A', portArg: '--a' } } },
    refused: ['spec.server.capture.portArg'],
  },
  {
    name: 'two ways to move the host',
    spec: { server: { capture: { mode: 'Auto', hostEnv: 'A', hostArg: '--a' } } },
    refused: ['spec.server.capture.hostArg'],
  },
  {
    name: 'PortTakeover without a way to move the host',
    spec: { server: { capture: { mode: 'PortTakeover', portEnv: 'A' } } },
    refused: ['spec.server.capture.mode'],
  },
  // identity
  {
    name: 'an issuer with a reserved name',
    spec: { identity: { issuers: [{ ...CORP, name: 'kubernetes' }] } },
    refused: ['spec.identity.issuers[0].name'],
  },
  {
    name: 'one issuer under two names',
    spec: { identity: { issuers: [CORP, { ...CORP, name: 'again' }] } },
    refused: ['spec.identity.issuers[0].issuer', 'spec.identity.issuers[1].issuer'],
  },
  {
    name: 'an approval audience that is an MCP audience',
    spec: { identity: { issuers: [{ ...CORP, audiences: ['a'] }], approvalAudience: 'a' } },
    refused: ['spec.identity.issuers[0].audiences'],
  },
  {
    name: 'an approval audience of its own',
    spec: { identity: { issuers: [{ ...CORP, audiences: ['a'] }, LAB], approvalAudience: 'b' } },
    refused: [],
  },
  // upstream
  {
    name: 'Static without a credential',
    spec: upstream({ mode: 'Static' }),
    refused: ['spec.identity.upstream.static'],
  },
  {
    name: 'a credential without Static',
    spec: upstream({ static: { valueFrom: FROM_FILE } }),
    refused: ['spec.identity.upstream.static'],
  },
  {
    name: 'Exchange without its endpoint',
    spec: upstream({ mode: 'Exchange' }),
    refused: ['spec.identity.upstream.exchange'],
  },
  {
    name: 'a credential from nowhere',
    spec: staticFrom({}),
    refused: ['spec.identity.upstream.static.valueFrom'],
  },
  {
    name: 'a credential from two places',
    spec: staticFrom({ file: '/a', env: 'A' }),
    refused: ['spec.identity.upstream.static.valueFrom'],
  },
  {
    name: "Gatehouse's own settings as a credential",
    spec: staticFrom({ env: 'GATEHOUSE_REDIS_URL' }),
    refused: ['spec.identity.upstream.static.valueFrom.env'],
  },
  ...['Host', 'COOKIE', 'content-length', 'Mcp-Session-Id', 'x-forwarded-for'].map((header) => ({
    name: `a credential in ${header}`,
    spec: staticFrom(FROM_FILE, header),
    refused: ['spec.identity.upstream.static.header'],
  })),
  { name: 'a credential in X-Api-Key', spec: staticFrom(FROM_FILE, 'X-Api-Key'), refused: [] },
  // rules
  {
    name: 'tools and prompts in one match',
    spec: rule({ match: { tools: ['a'], prompts: ['a'], methods: ['b'] } }),
    refused: ['spec.rules[0].match'],
  },
  {
    name: 'tools and methods in one match',
    spec: rule({ match: { tools: ['a'], methods: ['tools/call'] } }),
    refused: [],
  },
  {
    name: 'RequireApproval without an approval',
    spec: rule({ effect: 'RequireApproval' }),
    refused: ['spec.rules[0].approval'],
  },
  {
    name: 'an approval without RequireApproval',
    spec: { ...rule({ approval: 'finance' }), ...approval({}) },
    refused: ['spec.rules[0].approval'],
  },
  {
    name: 'an approval that is not listed',
    spec: { ...rule({ effect: 'RequireApproval', approval: 'legal' }), ...approval({}) },
    refused: ['spec.rules[0].approval'],
  },
  {
    name: 'reapproveOnInput without RequireApproval',
    spec: rule({ reapproveOnInput: false }),
    refused: ['spec.rules[0].reapproveOnInput'],
  },
  {
    name: 'a message for what is allowed',
    spec: rule({ message: 'a' }),
    refused: ['spec.rules[0].message'],
  },
  {
    name: 'subjects of no issuer where two are listed',
    spec: {
      ...TWO_ISSUERS,
      rules: [
        { name: 'a', effect: 'Allow' },
        { name: 'b', effect: 'Allow', subjects: { groups: ['g'] } },
      ],
    },
    refused: ['spec.rules[1].subjects.issuer'],
  },
  {
    name: 'subjects of an issuer that is not listed',
    spec: { ...TWO_ISSUERS, ...rule({ subjects: { issuer: 'none' } }) },
    refused: ['spec.rules[0].subjects.issuer'],
  },
  {
    name: 'subjects of the cluster without ServiceAccounts',
    spec: { ...TWO_ISSUERS, ...rule({ subjects: { issuer: 'kubernetes' } }) },
    refused: ['spec.rules[0].subjects.issuer'],
  },
  {
    name: 'subjects of an issuer that another policy may list',
    spec: rule({ subjects: { issuer: 'corp' } }),
    refused: [],
  },
  // approvals
  ...['approvers', 'breakGlass'].flatMap((people) => [
    {
      name: `${people} of no issuer where two are listed`,
      spec: {
        ...TWO_ISSUERS,
        ...approval({ approvers: { issuer: 'corp', groups: ['a'] }, [people]: { groups: ['a'] } }),
      },
      refused: [`spec.approvals[0].${people}.issuer`],
    },
    {
      name: `${people} of an issuer that is not listed`,
      spec: {
        identity: { issuers: [CORP] },
        ...approval({ [people]: { issuer: 'none', groups: ['a'] } }),
      },
      refused: [`spec.approvals[0].${people}.issuer`],
    },
    {
      name: `${people} who are nobody`,
      spec: approval({ [people]: { issuer: 'corp' } }),
      refused: [`spec.approvals[0].${people}`],
    },
  ]),
  {
    name: 'a request that waits for two days',
    spec: approval({ pendingTtl: '48h' }),
    refused: ['spec.approvals[0].pendingTtl'],
  },
  {
    name: 'a grant that is gone at once',
    spec: approval({ grantTtl: '1s' }),
    refused: ['spec.approvals[0].grantTtl'],
  },
  {
    name: 'a window without its length',
    spec: approval({ scope: 'Window' }),
    refused: ['spec.approvals[0].window'],
  },
  {
    name: 'a time of day in no time zone',
    spec: approval({ scope: 'Window', window: { ttl: '1h', closesAt: '18:00' } }),
    refused: ['spec.approvals[0].window.timeZone'],
  },
  {
    name: 'a window that never closes',
    spec: approval({ scope: 'Window', window: { ttl: '9h' } }),
    refused: ['spec.approvals[0].window.ttl'],
  },
  {
    name: 'a receiver that is not listed',
    spec: approval({ notify: ['room'] }),
    refused: ['spec.approvals[0].notify'],
  },
  // masking, tools, notifications
  { name: 'pinning of what is seen first', spec: { tools: { pinning: 'Enforce' } }, refused: [] },
  { name: 'masking of nothing', spec: masking({}), refused: ['spec.masking[0]'] },
  {
    name: 'a webhook without its address',
    spec: notification({ type: 'Webhook' }),
    refused: ['spec.notifications[0].webhook'],
  },
  {
    name: 'a webhook that is Slack',
    spec: notification({ type: 'Webhook', slack: { urlFrom: FROM_FILE } }),
    refused: ['spec.notifications[0].webhook', 'spec.notifications[0].slack'],
  },
];

/** The whole document around a spec. */
export function documentOf(spec: Fields): Fields {
  return {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'McpGatewayPolicy',
    metadata: { name: 'payments' },
    spec,
  };
}
