import { expect } from 'chai';
import { isObject, type JsonObject, type JsonValue } from './messages.ts';
import { splice } from './splice.ts';
import {
  createdTask,
  declaresTasks,
  declareTasks,
  listedTasks,
  relatedTask,
  renameTask,
  statedTask,
} from './tasks.ts';

const RELATED = 'io.modelcontextprotocol/related-task';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const EXTENSION = 'io.modelcontextprotocol/tasks';

describe('tasks in messages', () => {
  const declared: readonly { name: string; capabilities: JsonValue; takes: boolean }[] = [
    { name: 'an empty object', capabilities: { extensions: { [EXTENSION]: {} } }, takes: true },
    { name: 'settings', capabilities: { extensions: { [EXTENSION]: { a: 1 } } }, takes: true },
    { name: 'another extension', capabilities: { extensions: { other: {} } }, takes: false },
    { name: 'no object', capabilities: { extensions: { [EXTENSION]: true } }, takes: false },
    { name: 'no extensions', capabilities: {}, takes: false },
    { name: 'the tasks of 2025-11-25', capabilities: { tasks: {} }, takes: false },
  ];
  for (const { name, capabilities, takes } of declared) {
    it(`${takes ? 'are' : 'are not'} what a client takes that declares ${name}`, () => {
      expect(declaresTasks({ _meta: { [CAPABILITIES]: capabilities } })).to.equal(takes);
    });
  }

  const created: readonly { name: string; params?: JsonObject; result: JsonObject; id: unknown }[] =
    [
      { name: 'of 2026-07-28', result: { resultType: 'task', taskId: 't' }, id: 't' },
      { name: 'of 2025-11-25', params: { task: {} }, result: { task: { taskId: 't' } }, id: 't' },
      { name: 'without an id', result: { resultType: 'task' }, id: 'unnamed' },
      { name: 'with an empty id', result: { resultType: 'task', taskId: '' }, id: 'unnamed' },
      {
        name: 'whose id is a number',
        params: { task: {} },
        result: { task: { taskId: 1 } },
        id: 'unnamed',
      },
      { name: 'that nobody asked for', result: { task: { taskId: 't' } }, id: undefined },
      { name: 'that is a result', result: { taskId: 't', content: [] }, id: undefined },
    ];
  for (const { name, params = {}, result, id } of created) {
    it(`are seen to be made: one ${name}`, () => {
      const task = createdTask(params, result);

      expect(typeof task === 'object' ? task.id : task).to.equal(id);
    });
  }

  it('are found where a message belongs to one', () => {
    const meta = { _meta: { [RELATED]: { taskId: 't' } } };

    expect(relatedTask({ params: meta })?.path).to.deep.equal([
      'params',
      '_meta',
      RELATED,
      'taskId',
    ]);
    expect(relatedTask({ result: meta })?.id).to.equal('t');
    expect(relatedTask({ params: { taskId: 't' } })).to.equal(undefined);
    expect(statedTask({ params: { taskId: 't' } }, 'params')?.id).to.equal('t');
  });

  it('are a list only where each of them is named', () => {
    expect(
      listedTasks({ tasks: [{ taskId: 'a' }, { taskId: 'b' }] })?.map(({ id }) => id),
    ).to.deep.equal(['a', 'b']);
    expect(listedTasks({ tasks: [{ taskId: 'a' }, {}] })).to.equal(undefined);
    expect(listedTasks({})).to.equal(undefined);
  });

  it('are renamed, and every other byte stays', () => {
    const bytes = Buffer.from('{ "result":{"taskId" : "old","n":1.0} }');

    const renamed = splice(
      bytes,
      renameTask(bytes, { id: 'old', path: ['result', 'taskId'] }, 'new'),
    );

    expect(Buffer.from(renamed).toString()).to.equal('{ "result":{"taskId" : "new","n":1.0} }');
    expect(renameTask(bytes, { id: 'x', path: ['params', 'taskId'] }, 'new')).to.deep.equal([]);
  });

  const offers = [
    {
      name: 'no extensions',
      capabilities: '{"tools":{}}',
      says: `{"tools":{},"extensions":{"${EXTENSION}":{}}}`,
    },
    {
      name: 'another one',
      capabilities: '{"extensions":{"o":{}}}',
      says: `{"extensions":{"o":{},"${EXTENSION}":{}}}`,
    },
    {
      name: 'this one',
      capabilities: `{"extensions":{"${EXTENSION}":{"a":1}}}`,
      says: `{"extensions":{"${EXTENSION}":{"a":1}}}`,
    },
  ];
  for (const { name, capabilities, says } of offers) {
    it(`are declared beside a server's own capabilities: ${name}`, () => {
      const bytes = Buffer.from(`{"result":{"capabilities":${capabilities}}}`);
      const value: JsonValue = JSON.parse(capabilities);

      const edits = isObject(value) ? declareTasks(bytes, value) : [];

      expect(Buffer.from(splice(bytes, edits)).toString()).to.equal(
        `{"result":{"capabilities":${says}}}`,
      );
    });
  }
});
