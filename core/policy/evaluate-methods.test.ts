import { expect } from 'chai';
import { checkDecisions, type DecisionCase } from './decision-cases.fixture.ts';
import { allow, callTool, decide, deny, request } from './policies.fixture.ts';
import type { JudgedMessage } from './question.ts';

describe('methods without a rule', () => {
  const others = [
    'logging/setLevel',
    'tasks/list',
    'resources/subscribe',
    'resources/unsubscribe',
    'completion/complete',
    'myext/do',
  ];
  checkDecisions([
    ...['initialize', 'ping', 'server/discover'].map((method) => ({
      name: `${method} is plumbing`,
      rules: [],
      message: request(method),
      told: 'Allow plumbing',
    })),
    ...['notifications/initialized', 'notifications/cancelled', 'notifications/progress'].map(
      (method) => ({
        name: `${method} is plumbing`,
        rules: [],
        message: { kind: 'notification', method, params: {} } as const,
        told: 'Allow plumbing',
      }),
    ),
    ...['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'].map(
      (method) => ({
        name: `${method} is allowed`,
        rules: [],
        message: request(method),
        told: 'Allow plumbing',
      }),
    ),
    ...others.map((method) => ({
      name: `${method} needs one`,
      rules: [],
      message: request(method, {}, { kind: 'resource', name: 'x:y' }),
      told: 'Deny',
    })),
    {
      name: 'a request in the place of a notification is denied',
      rules: [allow()],
      message: request('notifications/initialized'),
      told: 'Deny',
    },
    {
      name: 'a notification in the place of a request is denied',
      rules: [allow()],
      message: {
        kind: 'notification',
        method: 'tools/call',
        params: {},
        target: { kind: 'tool', name: 'x' },
      },
      told: 'Deny',
    },
    {
      name: 'what only servers ask is denied to clients',
      rules: [allow({ match: { methods: ['*'] } })],
      message: request('sampling/createMessage'),
      told: 'Deny',
    },
    {
      name: 'what only clients ask is denied to servers',
      rules: [allow({ match: { methods: ['*'] } })],
      message: callTool('x'),
      direction: 'toClient',
      told: 'Deny',
    },
  ]);

  it('obliges to filter lists', () => {
    expect(decide([], request('tools/list'))).to.deep.equal({
      effect: 'Allow',
      rule: 'plumbing',
      obligations: { filterList: true },
    });
  });
});

describe('rules on methods', () => {
  const notify = (method: string): JudgedMessage => ({ kind: 'notification', method, params: {} });
  checkDecisions([
    {
      name: 'a Deny that names plumbing denies it',
      rules: [deny({ match: { methods: ['initialize'] } })],
      message: request('initialize'),
      told: 'Deny deny',
    },
    {
      name: 'a Deny that names a list denies it',
      rules: [deny({ match: { methods: ['resources/*'] } })],
      message: request('resources/list'),
      told: 'Deny deny',
    },
    {
      name: 'a Deny that names plumbing and does not apply leaves it',
      rules: [deny({ match: { methods: ['ping'] }, subjects: { groups: ['support'] } })],
      message: request('ping'),
      told: 'Allow plumbing',
    },
    {
      name: 'a conditional Deny counts for plumbing when its condition holds',
      rules: [
        deny({ match: { methods: ['initialize'] }, when: ['params.clientInfo.name == "bad"'] }),
      ],
      message: request('initialize', { clientInfo: { name: 'bad' } }),
      told: 'Deny deny',
    },
    {
      name: 'a Deny without match does not name plumbing',
      rules: [deny()],
      message: request('initialize'),
      told: 'Allow plumbing',
    },
    {
      name: 'nor lists',
      rules: [deny()],
      message: request('tools/list'),
      told: 'Allow plumbing',
    },
    {
      name: 'an Allow that names plumbing changes nothing',
      rules: [allow({ match: { methods: ['ping'] }, subjects: { groups: ['support'] } })],
      message: request('ping'),
      told: 'Allow plumbing',
    },
    {
      name: 'logging/setLevel is allowed by a rule without match',
      rules: [allow()],
      message: request('logging/setLevel'),
      told: 'Allow allow',
    },
    {
      name: 'logging/setLevel is allowed by its name',
      rules: [allow({ match: { methods: ['logging/setLevel'] } })],
      message: request('logging/setLevel'),
      told: 'Allow allow',
    },
    {
      name: 'a rule on tools says nothing of it',
      rules: [allow({ match: { tools: ['*'] } })],
      message: request('logging/setLevel'),
      told: 'Deny',
    },
    {
      name: 'an unknown method is allowed when spelled out',
      rules: [allow({ match: { methods: ['myext/do'] } })],
      message: request('myext/do'),
      told: 'Allow allow',
    },
    {
      name: 'an unknown method is not allowed by a wildcard',
      rules: [allow({ match: { methods: ['*'] } })],
      message: request('myext/do'),
      told: 'Deny',
    },
    {
      name: 'nor by a rule without match',
      rules: [allow()],
      message: request('myext/do'),
      told: 'Deny',
    },
    {
      name: 'but it is denied by a wildcard',
      rules: [
        allow({ match: { methods: ['myext/do'] } }),
        deny({ match: { methods: ['*/*'] }, when: ['true'] }),
      ],
      message: request('myext/do'),
      told: 'Deny deny',
    },
    {
      name: 'and by a rule without match',
      rules: [
        allow({ match: { methods: ['myext/do'] } }),
        deny({ subjects: { groups: ['engineering'] } }),
      ],
      message: request('myext/do'),
      told: 'Deny deny',
    },
    ...['sampling/createMessage', 'elicitation/create', 'roots/list'].flatMap(
      (method): DecisionCase[] => [
        {
          name: `${method} of the server is allowed by its name`,
          rules: [allow({ match: { methods: [method] } })],
          message: request(method),
          direction: 'toClient',
          told: 'Allow allow',
        },
        {
          name: `${method} of the server is not allowed by a rule without match`,
          rules: [allow()],
          message: request(method),
          direction: 'toClient',
          told: 'Deny',
        },
        {
          name: `${method} of the server is denied by a rule without match`,
          rules: [
            allow({ match: { methods: [method] } }),
            deny({ subjects: { groups: ['engineering'] } }),
          ],
          message: request(method),
          direction: 'toClient',
          told: 'Deny deny',
        },
      ],
    ),
    {
      name: 'a task needs a rule that names its method',
      rules: [allow()],
      message: request('tasks/get', { taskId: 't' }, { kind: 'task', name: 't' }),
      told: 'Deny',
    },
    {
      name: 'so does one that only clients may send',
      rules: [allow()],
      message: request('tasks/update', { taskId: 't' }, { kind: 'task', name: 't' }),
      told: 'Deny',
    },
    {
      name: 'and is allowed by one',
      rules: [allow({ match: { methods: ['tasks/*'] } })],
      message: request('tasks/get', { taskId: 't' }, { kind: 'task', name: 't' }),
      told: 'Allow allow',
    },
    {
      name: 'progress of the server is plumbing',
      rules: [],
      message: notify('notifications/progress'),
      direction: 'toClient',
      told: 'Allow plumbing',
    },
  ]);
});
