import { expect } from 'chai';
import { Reflector } from './reflector.ts';
import {
  type Answer,
  json,
  type ScriptedApi,
  scriptedApi,
  watching,
} from './scripted-api.fixture.ts';

interface Thing {
  readonly key: string;
  readonly value: string;
}

function thing(name: string, value: string, version: string) {
  return { metadata: { name, resourceVersion: version }, value };
}

function read(object: unknown): Thing | undefined {
  const { metadata, value } = object as ReturnType<typeof thing>;
  return value === 'ignored' ? undefined : { key: metadata.name, value };
}

const page = (items: readonly object[], version: string, next?: string) =>
  json({ items, metadata: { resourceVersion: version, ...(next ? { continue: next } : {}) } });
const event = (type: string, object: object) => ({ type, object });
const GONE = event('ERROR', { kind: 'Status', code: 410, reason: 'Expired' });

describe('a reflector', () => {
  let api: ScriptedApi;
  let reflector: Reflector<Thing>;
  let heard: string[];
  let faults: unknown[];
  let changed: (() => void)[] = [];

  async function start(...answers: readonly Answer[]): Promise<void> {
    api = await scriptedApi(...answers);
    heard = [];
    faults = [];
    reflector = new Reflector({
      client: api.client,
      path: '/things',
      read,
      onChange: (key, now) => {
        heard.push(`${key}=${now?.value ?? 'gone'}`);
        for (const resolve of changed) resolve();
        changed = [];
      },
      onFault: (error) => faults.push(error),
      random: () => 0.5,
      backoff: { leastMillis: 1, mostMillis: 5 },
    });
    reflector.start();
  }

  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => setTimeout(resolve, 2));
  }

  afterEach(async () => {
    await reflector.close();
    await api.close();
  });

  it('lists in pages and then hears what changes', async () => {
    await start(
      page([thing('a', '1', '5')], '7', 'more'),
      page([thing('b', '1', '6')], '7'),
      watching([
        event('MODIFIED', thing('a', '2', '8')),
        event('DELETED', thing('b', '1', '9')),
        event('ADDED', thing('c', 'ignored', '10')),
        event('ADDED', thing('d', '1', '11')),
      ]),
    );

    await until(() => heard.length === 5);

    expect(heard).to.deep.equal(['a=1', 'b=1', 'a=2', 'b=gone', 'd=1']);
    expect(reflector.items().map(({ key }) => key)).to.deep.equal(['a', 'd']);
    expect(api.asked[1]).to.include('continue=more');
    expect(api.asked[2])
      .to.match(/watch=true/)
      .and.match(/allowWatchBookmarks=true/);
    expect(api.asked[2])
      .to.match(/resourceVersion=7/)
      .and.match(/timeoutSeconds=440/);
  });

  it('goes on from the last bookmark when a watch ends by its time', async () => {
    await start(
      page([], '7'),
      watching([event('BOOKMARK', { metadata: { resourceVersion: '90' } })], 'end'),
      watching([]),
    );

    await until(() => api.asked.length === 3);

    expect(api.asked[2]).to.include('resourceVersion=90');
    expect(faults).to.deep.equal([]);
  });

  it('takes a watch that ends at once and for nothing for a fault, and waits before the next', async () => {
    await start(page([], '7'), watching([], 'end'));

    await until(() => faults.length === 2);

    expect(faults[1]).to.include({ reason: 'ShortWatch' });
    expect(api.asked[2]).to.include('resourceVersion=7');
  });

  it('goes on from the last whole event when a connection breaks in the middle of one', async () => {
    await start(
      page([], '7'),
      watching([event('ADDED', thing('a', '1', '8')), '{"type":"ADDED","obj'], 'break'),
      watching([event('ADDED', thing('b', '1', '9'))]),
    );

    await until(() => heard.length === 2);

    expect(api.asked[2]).to.include('resourceVersion=8');
    expect(heard).to.deep.equal(['a=1', 'b=1']);
    expect(reflector.restarts).to.equal(1);
  });

  for (const { name, answer } of [
    { name: 'as an event', answer: watching([GONE]) },
    { name: 'as a status', answer: json({ kind: 'Status', reason: 'Expired' }, 410) },
  ]) {
    it(`lists again when its version is gone, told ${name}, and finds what was deleted`, async () => {
      await start(
        page([thing('a', '1', '5'), thing('b', '1', '6')], '7'),
        answer,
        page([thing('b', '1', '6')], '20'),
        watching([]),
      );

      await until(() => api.asked.length === 4);

      expect(heard).to.deep.equal(['a=1', 'b=1', 'a=gone', 'b=1']);
      expect(api.asked[3]).to.include('resourceVersion=20');
    });
  }

  it('lists from the beginning when the version is gone between two pages', async () => {
    await start(
      page([thing('a', '1', '5')], '7', 'more'),
      json({ reason: 'Expired' }, 410),
      page([thing('b', '1', '6')], '8'),
      watching([]),
    );

    await until(() => api.asked.length === 4);

    expect(heard).to.deep.equal(['b=1']);
  });

  it('waits as long as a busy server asks, and is not synced before', async () => {
    await start(
      json({ reason: 'TooManyRequests' }, 429, { 'retry-after': '1' }),
      page([], '7'),
      watching([]),
    );
    const began = performance.now();
    await until(() => api.asked.length === 1);
    expect(reflector.hasSynced).to.equal(false);

    await reflector.synced;

    expect(performance.now() - began).to.be.above(950);
    expect(faults).to.have.length(1);
  });

  for (const { name, answer } of [
    { name: 'forbidden', answer: json({ reason: 'Forbidden' }, 403) },
    { name: 'broken', answer: json({}, 500) },
    { name: 'no list', answer: json({ hello: 1 }) },
    { name: 'no JSON', answer: watching(['<html>'], 'end') },
  ]) {
    it(`tries again when a list is ${name}`, async () => {
      await start(answer, page([thing('a', '1', '5')], '7'), watching([]));

      await until(() => heard.length === 1);

      expect(faults).to.have.length(1);
      expect(String(faults[0])).to.not.include('hello');
    });
  }

  for (const frame of [
    'nonsense\n',
    '{"type":"ADDED"}\n',
    '{"type":"NEW","object":{"metadata":{"resourceVersion":"1"}}}\n',
  ]) {
    it(`takes nothing from a watch that says ${frame.trim()}`, async () => {
      await start(
        page([], '7'),
        watching([frame]),
        watching([event('ADDED', thing('a', '1', '8'))]),
      );

      await until(() => heard.length === 1);

      expect(faults).to.have.length(1);
    });
  }

  it('outlives a handler that throws', async () => {
    api = await scriptedApi(page([thing('a', '1', '5'), thing('b', '1', '6')], '7'), watching([]));
    const seen: string[] = [];
    faults = [];
    reflector = new Reflector({
      client: api.client,
      path: '/things',
      read,
      onChange: (key) => {
        seen.push(key);
        throw new Error('handler');
      },
      onFault: (error) => faults.push(error),
      random: () => 0.5,
    });
    reflector.start();

    await reflector.synced;

    expect(seen).to.deep.equal(['a', 'b']);
    expect(faults).to.have.length(2);
  });
});
