// The method table against the inventory of the protocol.

import { expect } from 'chai';
import { METHODS, travels } from './methods.ts';

describe('METHODS', () => {
  it('marks as plumbing what carries no access of its own, and nothing else', () => {
    const plumbing = [...METHODS].filter(([, facts]) => facts.plumbing).map(([name]) => name);

    expect(plumbing).to.have.members([
      'initialize',
      'notifications/initialized',
      'server/discover',
      'ping',
      'notifications/cancelled',
      'notifications/progress',
      'subscriptions/listen',
      'notifications/subscriptions/acknowledged',
      'notifications/tools/list_changed',
      'notifications/prompts/list_changed',
      'notifications/resources/list_changed',
      'notifications/resources/updated',
      'notifications/message',
      'notifications/roots/list_changed',
      'notifications/elicitation/complete',
    ]);
  });

  it('names each list once', () => {
    const lists = [...METHODS].flatMap(([name, { list }]) => (list ? [[name, list]] : []));

    expect(Object.fromEntries(lists)).to.deep.equal({
      'tools/list': 'tools',
      'prompts/list': 'prompts',
      'resources/list': 'resources',
      'resources/templates/list': 'resourceTemplates',
    });
  });

  it('says where each target stands', () => {
    const targets = [...METHODS].flatMap(([name, { targetMember, targetKind }]) =>
      targetMember ? [[name, `${targetKind ?? 'either'} ${targetMember}`]] : [],
    );

    expect(Object.fromEntries(targets)).to.deep.equal({
      'tools/call': 'tool name',
      'prompts/get': 'prompt name',
      'resources/read': 'resource uri',
      'resources/subscribe': 'resource uri',
      'resources/unsubscribe': 'resource uri',
      'notifications/resources/updated': 'resource uri',
      'completion/complete': 'either ref',
      'tasks/get': 'task taskId',
      'tasks/result': 'task taskId',
      'tasks/cancel': 'task taskId',
      'tasks/update': 'task taskId',
      'notifications/tasks': 'task taskId',
      'notifications/tasks/status': 'task taskId',
    });
  });

  it('has no request from the server to the client in the modern revision', () => {
    const asked = [...METHODS].filter(
      ([, facts]) => facts.direction === 'toClient' && facts.kind === 'request',
    );

    expect(asked.map(([name]) => name)).to.have.members([
      'sampling/createMessage',
      'elicitation/create',
      'roots/list',
    ]);
    expect(asked.flatMap(([, facts]) => facts.revisions)).to.not.include('2026-07-28');
  });

  it('drops what 2026-07-28 removed', () => {
    const removed = ['initialize', 'ping', 'logging/setLevel', 'resources/subscribe'];

    const still = removed.filter((name) => METHODS.get(name)?.revisions.includes('2026-07-28'));

    expect(still).to.deep.equal([]);
  });

  it('calls a method a notification exactly when its name says so', () => {
    for (const [name, { kind }] of METHODS) {
      expect(kind === 'notification', name).to.equal(name.startsWith('notifications/'));
    }
  });
});

describe('travels', () => {
  const cases = [
    { method: 'tools/call', toServer: true, toClient: false },
    { method: 'elicitation/create', toServer: false, toClient: true },
    { method: 'ping', toServer: true, toClient: true },
    { method: 'tools/unheard_of', toServer: false, toClient: false },
    { method: 'constructor', toServer: false, toClient: false },
  ];
  for (const { method, toServer, toClient } of cases) {
    it(`says which way ${method} goes`, () => {
      expect(travels(method, 'toServer')).to.equal(toServer);
      expect(travels(method, 'toClient')).to.equal(toClient);
    });
  }
});
