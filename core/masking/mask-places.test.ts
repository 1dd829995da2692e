// Masking by place: what is masked in messages as servers and clients write them, and what never is.

import { expect } from 'chai';
import type { JsonValue } from '#core/mcp/messages.ts';
import {
  ALL,
  answer,
  compiled,
  type Entries,
  maskedText,
  maskJson,
  textAnswer,
  VALUES,
} from './masking.testkit.ts';

type Action = Entries[number]['action'];

const { email: EMAIL } = VALUES;

function pii(action: Action = 'Redact'): Entries[number] {
  return { name: 'pii', detectors: ALL, action };
}

function notification(method: string, params: JsonValue): string {
  return JSON.stringify({ jsonrpc: '2.0', method, params });
}

function request(method: string, params: JsonValue): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 7, method, params });
}

describe('what is masked', () => {
  const places: readonly { name: string; text: string }[] = [
    { name: 'the text of a result', text: textAnswer(EMAIL) },
    { name: 'structured content', text: answer({ structuredContent: { a: [EMAIL] } }) },
    { name: 'a key', text: answer({ structuredContent: { [EMAIL]: 1 } }) },
    {
      name: 'the URI of an embedded resource',
      text: answer({
        content: [{ type: 'resource', resource: { uri: `crm://${EMAIL}`, text: '' } }],
      }),
    },
    {
      name: 'the text of an embedded resource',
      text: answer({ content: [{ type: 'resource', resource: { uri: 'a:b', text: EMAIL } }] }),
    },
    {
      name: 'a resource link',
      text: answer({
        content: [
          {
            type: 'resource_link',
            uri: `a:${EMAIL}`,
            name: EMAIL,
            description: EMAIL,
            title: EMAIL,
          },
        ],
      }),
    },
    {
      name: 'a blob',
      text: answer({
        contents: [{ uri: 'a:b', blob: Buffer.from(`to ${EMAIL}`).toString('base64') }],
      }),
    },
    { name: 'a resource', text: answer({ contents: [{ uri: 'a:b', text: EMAIL }] }) },
    {
      name: 'a prompt',
      text: answer({
        description: EMAIL,
        messages: [{ role: 'user', content: { type: 'text', text: EMAIL } }],
      }),
    },
    { name: 'completions', text: answer({ completion: { values: ['a', EMAIL] } }) },
    { name: '_meta', text: answer({ _meta: { 'x.example/owner': EMAIL } }) },
    {
      name: 'the description of a tool',
      text: answer({
        tools: [
          {
            name: 'a',
            description: `ask ${EMAIL}`,
            inputSchema: { type: 'object', properties: { to: { description: EMAIL } } },
          },
        ],
      }),
    },
    {
      name: 'a listed resource',
      text: answer({ resources: [{ uri: `crm://${EMAIL}`, name: EMAIL }] }),
    },
    {
      name: 'instructions of a server',
      text: answer({
        protocolVersion: '2025-11-25',
        instructions: EMAIL,
        serverInfo: { name: 'a', version: '1', title: EMAIL },
      }),
    },
    {
      name: 'an error',
      text: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        error: { code: 1, message: EMAIL, data: { at: [EMAIL] } },
      }),
    },
    {
      name: 'progress',
      text: notification('notifications/progress', {
        progressToken: 1,
        progress: 1,
        message: EMAIL,
      }),
    },
    {
      name: 'a log message',
      text: notification('notifications/message', {
        level: 'info',
        logger: EMAIL,
        data: { to: EMAIL },
      }),
    },
    {
      name: 'a log message that is a text',
      text: notification('notifications/message', { level: 'info', data: EMAIL }),
    },
    {
      name: 'an elicitation',
      text: request('elicitation/create', {
        message: EMAIL,
        requestedSchema: { type: 'object', properties: { a: { type: 'string', default: EMAIL } } },
      }),
    },
    {
      name: 'a sampling request',
      text: request('sampling/createMessage', {
        systemPrompt: EMAIL,
        messages: [{ role: 'user', content: { type: 'text', text: EMAIL } }],
      }),
    },
    {
      name: 'a question inside of a result',
      text: answer({
        resultType: 'input_required',
        inputRequests: { q: { method: 'elicitation/create', params: { message: EMAIL } } },
      }),
    },
    {
      name: 'a task',
      text: answer({ task: { taskId: 't', status: 'working', statusMessage: EMAIL } }),
    },
    {
      name: 'the result of a task',
      text: answer({ result: { content: [{ type: 'text', text: EMAIL }] } }),
    },
    {
      name: 'a member that no revision knows',
      text: JSON.stringify({ jsonrpc: '2.0', id: 1, result: {}, extra: { a: EMAIL } }),
    },
    {
      name: 'a tool failure',
      text: answer({ isError: true, content: [{ type: 'text', text: EMAIL }] }),
    },
  ];
  for (const { name, text } of places) {
    it(`includes ${name}`, () => {
      const masked = maskedText(text, compiled(pii()));

      expect(masked).to.not.include(EMAIL);
      expect(masked).to.not.include(Buffer.from(EMAIL).toString('base64').slice(4, -4));
      expect(masked.replaceAll(/\[REDACTED:email\]|"blob":"[^"]*"/g, '')).to.equal(
        text.replaceAll(EMAIL, '').replaceAll(/"blob":"[^"]*"/g, ''),
      );
    });
  }

  it('includes the arguments of a call, in the recorded copy alone', () => {
    const text = request('tools/call', { name: 'mail', arguments: { to: EMAIL } });

    const result = maskJson(text, compiled(pii()), { direction: 'toServer' });

    const decoder = new TextDecoder();
    expect(result.kind === 'masked' && decoder.decode(result.bytes)).to.equal(text);
    expect(result.kind === 'masked' && decoder.decode(result.recorded)).to.equal(
      text.replace(EMAIL, '[REDACTED:email]'),
    );
  });
});

describe('what is never masked', () => {
  // a value where the protocol has words of its own
  const exempt: readonly { name: string; text: string; direction?: 'toServer' }[] = [
    { name: 'ids', text: JSON.stringify({ jsonrpc: '2.0', id: EMAIL, result: {} }) },
    {
      name: 'cursors and states',
      text: answer({ nextCursor: EMAIL, requestState: EMAIL, resultType: 'complete' }),
    },
    {
      name: 'progress tokens',
      text: notification('notifications/progress', { progressToken: EMAIL }),
    },
    {
      name: 'the id of a cancelled request',
      text: notification('notifications/cancelled', { requestId: EMAIL }),
    },
    { name: 'ids of tasks', text: answer({ task: { taskId: EMAIL }, tasks: [{ taskId: EMAIL }] }) },
    {
      name: 'names of tools and prompts',
      text: answer({ tools: [{ name: EMAIL }], prompts: [{ name: EMAIL }] }),
    },
    {
      name: 'the name in a call',
      text: request('tools/call', { name: EMAIL, arguments: {} }),
      direction: 'toServer',
    },
    {
      name: 'the trace and the progress token of a call',
      text: request('tools/call', {
        name: 'a',
        _meta: { progressToken: EMAIL, traceparent: EMAIL },
      }),
      direction: 'toServer',
    },
    {
      name: 'who the server says it is',
      text: answer({ serverInfo: { name: EMAIL, version: EMAIL } }),
    },
  ];
  for (const { name, text, direction = 'toClient' } of exempt) {
    it(`includes ${name}`, () => {
      const result = maskJson(text, compiled(pii('Drop')), { direction });

      expect(result.kind === 'masked' && new TextDecoder().decode(result.recorded)).to.equal(text);
    });
  }

  it('is so only where the protocol puts it', () => {
    const text = answer({
      structuredContent: { id: EMAIL, nextCursor: EMAIL, taskId: EMAIL, type: EMAIL },
    });

    expect(maskedText(text, compiled(pii()))).to.not.include(EMAIL);
  });

  it('is no place to hide: a type or a role that is no word of MCP is masked', () => {
    const text = answer({
      content: [{ type: EMAIL, mimeType: EMAIL, text: '' }],
      messages: [{ role: EMAIL }],
    });

    expect(maskedText(text, compiled(pii()))).to.not.include(EMAIL);
  });

  it('includes what field rules would hit', () => {
    const fields = ['**.id', '**.type', '**.name', '**.method', '**.nextCursor'];
    const text = answer({
      nextCursor: 'c',
      content: [{ type: 'text', text: 'a' }],
      tools: [{ name: 'a' }],
    });

    expect(maskedText(text, compiled({ name: 'ids', fields, action: 'Redact' }))).to.equal(text);
  });
});
