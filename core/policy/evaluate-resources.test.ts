import { expect } from 'chai';
import type { JsonObject } from '#core/mcp/messages.ts';
import { checkDecisions } from './decision-cases.fixture.ts';
import { allow, ask, decide, deny, readResource, request } from './policies.fixture.ts';

describe('resources', () => {
  const docs = allow({ match: { resources: ['file:///docs/**'] } });
  const all = allow({ match: { resources: ['**'] } });
  const secret = deny({ match: { resources: ['file:///docs/secret.txt', 'file:///keys/**'] } });
  const allowed: [uri: string, allowed: boolean][] = [
    ['file:///docs/a', true],
    ['FILE:///docs/a', true],
    ['file:///docs/./a', true],
    ['file:///docs/../keys/a', false],
    ['file:///docs/%2e%2e/keys/a', false],
    ['file:///docs/..%2fkeys/a', false],
    ['file:///other/../docs/a', true],
    ['file:///doc%73/a', true],
    ['file:///docs', false],
    ['docs/a', false],
  ];
  for (const [uri, isAllowed] of allowed) {
    it(`${uri} is ${isAllowed ? 'allowed' : 'denied'} where file:///docs/** is allowed`, () => {
      expect(decide([docs], readResource(uri)).effect).to.equal(isAllowed ? 'Allow' : 'Deny');
    });
  }

  const denied: string[] = [
    'file:///docs/secret.txt',
    'FILE:///docs/secret.txt',
    'file://localhost/docs/secret.txt',
    'file:/docs/secret.txt',
    'file:///docs/secret%2Etxt',
    'file:///docs/x/../secret.txt',
    'file:///docs/secret.txt#a',
    'file:///docs/secret.txt?a=b',
    'file:///docs/secret.txt/',
    'file:///docs//secret.txt',
    'file:///docs%2Fsecret.txt',
    'file:///docs\\secret.txt',
    'file:///keys',
    'file:///keys/a/b?c#d',
  ];
  for (const uri of denied) {
    it(`${uri} is denied however it is written`, () => {
      expect(decide([all, secret], readResource(uri)).effect).to.equal('Deny');
    });
  }

  checkDecisions([
    ...['resources/subscribe', 'resources/unsubscribe'].map((method) => ({
      name: `a rule on resources allows ${method}`,
      rules: [docs],
      message: request(method, {}, { kind: 'resource', name: 'file:///docs/a' }),
      told: 'Allow allow',
    })),
    {
      name: 'a URI that an approval is asked for is asked for however it is written',
      rules: [all, ask({ match: { resources: ['file:///docs/secret.txt'] } })],
      message: readResource('file:///docs/secret.txt#a'),
      told: 'RequireApproval ask finance',
    },
    {
      name: 'conditions see the URI in the spelling that rules are matched against',
      rules: [allow({ match: { resources: ['**'] }, when: ['target.name == "file:///docs/a"'] })],
      message: readResource('FILE:///docs/public/../a'),
      told: 'Allow allow',
    },
    {
      name: 'a condition on a prefix is not met by a URI that only begins like it',
      rules: [
        allow({
          match: { resources: ['file:///**'] },
          when: ['target.name.startsWith("file:///public/")'],
        }),
      ],
      message: readResource('file:///public/../etc/passwd'),
      told: 'Deny',
    },
  ]);
});

describe('completions', () => {
  const complete = (kind: 'prompt' | 'resource', name: string, value = 'x') =>
    request('completion/complete', { argument: { name: 'id', value } }, { kind, name });
  checkDecisions([
    {
      name: 'of a prompt are governed by rules on prompts',
      rules: [allow({ match: { prompts: ['greet'] } })],
      message: complete('prompt', 'greet'),
      told: 'Allow allow',
    },
    {
      name: 'of another prompt are denied',
      rules: [allow({ match: { prompts: ['greet'] } })],
      message: complete('prompt', 'other'),
      told: 'Deny',
    },
    {
      name: 'of a template are allowed when all it expands to is',
      rules: [allow({ match: { resources: ['file:///docs/*'] } })],
      message: complete('resource', 'file:///docs/{name}'),
      told: 'Allow allow',
    },
    {
      name: 'of a template are denied when it expands to more',
      rules: [allow({ match: { resources: ['file:///docs/*'] } })],
      message: complete('resource', 'file:///{name}'),
      told: 'Deny',
    },
    {
      name: 'of a template with slashes need a pattern with slashes',
      rules: [allow({ match: { resources: ['file:///docs/*'] } })],
      message: complete('resource', 'file:///docs/{+path}'),
      told: 'Deny',
    },
    {
      name: 'of a template are denied when something it expands to is',
      rules: [
        allow({ match: { resources: ['**'] } }),
        deny({ match: { resources: ['file:///docs/secret'] } }),
      ],
      message: complete('resource', 'file:///docs/{name}'),
      told: 'Deny deny',
    },
    {
      name: 'of a template that cannot be read are denied',
      rules: [allow({ match: { resources: ['**'] } })],
      message: complete('resource', 'file:///docs/{name'),
      told: 'Deny',
    },
    {
      name: 'show conditions the one argument',
      rules: [allow({ when: ['args.name == "id" && args.value == "x"'] })],
      message: complete('prompt', 'greet'),
      told: 'Allow allow',
    },
  ]);

  it('are where templates end: a template cannot be read', () => {
    const decision = decide([allow({ match: { resources: ['**'] } })], readResource('file:///{a}'));

    expect(decision.effect).to.equal('Deny');
  });
});

describe('a stream of subscriptions', () => {
  const listen = (notifications: JsonObject) => request('subscriptions/listen', { notifications });
  const docs = allow({ match: { resources: ['file:///docs/**'] } });
  checkDecisions([
    {
      name: 'is plumbing when it is about lists alone',
      rules: [],
      message: listen({ toolsListChanged: true, resourceSubscriptions: [] }),
      told: 'Allow plumbing',
    },
    {
      name: 'is plumbing without any filter',
      rules: [],
      message: request('subscriptions/listen'),
      told: 'Allow plumbing',
    },
    {
      name: 'is allowed by the rules of its resources',
      rules: [docs],
      message: listen({ resourceSubscriptions: ['file:///docs/a', 'file:///docs/b'] }),
      told: 'Allow allow',
    },
    {
      name: 'is denied when one of its resources is',
      rules: [docs],
      message: listen({ resourceSubscriptions: ['file:///docs/a', 'file:///keys/b'] }),
      told: 'Deny',
    },
    {
      name: 'is denied with a resource that cannot be judged',
      rules: [docs],
      message: listen({ resourceSubscriptions: ['file:///docs/..%2fb'] }),
      told: 'Deny',
    },
    {
      name: 'is denied with a resource that is no text',
      rules: [docs],
      message: listen({ resourceSubscriptions: [1] }),
      told: 'Deny',
    },
    {
      name: 'is denied when its resources are no list',
      rules: [docs],
      message: listen({ resourceSubscriptions: 'file:///docs/a' }),
      told: 'Deny',
    },
    {
      name: 'is denied with more resources than anyone follows',
      rules: [docs],
      message: listen({ resourceSubscriptions: Array(1001).fill('file:///docs/a') }),
      told: 'Deny',
    },
    {
      name: 'is let in with tasks, which are looked at before',
      rules: [allow()],
      message: listen({ taskIds: ['t'] }),
      told: 'Allow plumbing',
    },
    {
      name: 'is denied when its tasks are no list',
      rules: [allow()],
      message: listen({ taskIds: 't' }),
      told: 'Deny',
    },
    {
      name: 'is denied with more tasks than anyone follows',
      rules: [allow()],
      message: listen({ taskIds: Array(1001).fill('t') }),
      told: 'Deny',
    },
    {
      name: 'is denied by a rule that names the method',
      rules: [docs, deny({ match: { methods: ['subscriptions/listen'] } })],
      message: listen({ resourceSubscriptions: ['file:///docs/a'] }),
      told: 'Deny deny',
    },
    {
      name: 'waits when one of its resources does',
      rules: [docs, ask({ match: { resources: ['file:///docs/b'] } })],
      message: listen({ resourceSubscriptions: ['file:///docs/a', 'file:///docs/b'] }),
      told: 'RequireApproval ask finance',
    },
  ]);
});
