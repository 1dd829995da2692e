// What a server says that should have been hidden, in every place where MCP has room for it. The place
// is the key; the value is what to say there.

import type { Secrets } from './leaks.ts';
import { plantAll } from './sensitive-values.ts';

/** A message of a server, all but `jsonrpc` and the id. */
export type Said = Readonly<Record<string, unknown>>;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Every part of the result of one call. */
export function leakingResult(secrets: Secrets, call: string): Said {
  const say = (where: string): string => plantAll(secrets, `${call}: ${where}`);
  const content = { owner: say('structured content'), list: [{ note: say('deep in it') }] };
  return {
    resultType: 'complete',
    content: [
      { type: 'text', text: say('text') },
      { type: 'text', text: JSON.stringify(content) },
      { type: 'text', text: JSON.stringify(JSON.stringify({ note: say('JSON in JSON') })) },
      { type: 'text', text: `see https://x.example/?q=${encodeURIComponent(say('URL'))}` },
      { type: 'text', text: `attached: ${base64(say('base64 in text'))}` },
      { type: 'text', text: `dump ${Buffer.from(say('hex in text')).toString('hex')}` },
      {
        type: 'resource',
        resource: {
          uri: `crm://${encodeURIComponent(say('uri'))}`,
          mimeType: 'text/plain',
          text: say('resource'),
        },
      },
      {
        type: 'resource',
        resource: { uri: 'crm://blob', mimeType: 'text/csv', blob: base64(say('blob')) },
      },
      {
        type: 'resource_link',
        uri: 'crm://link',
        name: say('name of a link'),
        title: say('title of a link'),
        description: say('description of a link'),
      },
    ],
    structuredContent: content,
    _meta: { 'x.example/trace': { who: say('_meta') } },
  };
}

/** Answers by method; those of calls are made by `leakingResult`. */
export function leakingAnswers(secrets: Secrets): ReadonlyMap<string, Said> {
  const say = (where: string): string => plantAll(secrets, where);
  const listed = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' };
  return new Map<string, Said>([
    ['tools/list', { result: { ...listed, tools: [tool(say)] } }],
    [
      'prompts/list',
      { result: { ...listed, prompts: [{ name: 'p', description: say('a prompt') }] } },
    ],
    [
      'resources/list',
      {
        result: {
          ...listed,
          resources: [
            { uri: 'crm://a', name: say('name of a resource'), description: say('a resource') },
          ],
        },
      },
    ],
    [
      'resources/templates/list',
      {
        result: {
          ...listed,
          resourceTemplates: [
            { uriTemplate: 'crm://{a}', name: 't', description: say('a template') },
          ],
        },
      },
    ],
    [
      'resources/read',
      {
        result: {
          ...listed,
          contents: [
            { uri: 'crm://a', text: say('a resource that is read') },
            { uri: 'crm://b', blob: base64(say('a blob that is read')) },
          ],
        },
      },
    ],
    [
      'prompts/get',
      {
        result: {
          resultType: 'complete',
          description: say('what a prompt is for'),
          messages: [
            { role: 'user', content: { type: 'text', text: say('a prompt that is got') } },
          ],
        },
      },
    ],
    [
      'completion/complete',
      { result: { resultType: 'complete', completion: { values: [say('a completion')] } } },
    ],
  ]);
}

function tool(say: (where: string) => string): Said {
  return {
    name: 'echo',
    title: say('title of a tool'),
    description: say('a tool'),
    inputSchema: {
      type: 'object',
      properties: {
        a: { type: 'string', description: say('a parameter'), default: say('a default') },
      },
    },
    annotations: { title: say('annotation of a tool') },
  };
}

/** What comes on a stream before an answer. */
export function leakingNotifications(secrets: Secrets, call: string): readonly Said[] {
  const say = (where: string): string => plantAll(secrets, `${call}: ${where}`);
  return [
    {
      method: 'notifications/progress',
      params: { progressToken: 'p', progress: 1, message: say('progress') },
    },
    {
      method: 'notifications/message',
      params: { level: 'info', logger: say('logger'), data: say('log') },
    },
    {
      method: 'notifications/message',
      params: { level: 'error', data: { trace: [say('log data')] } },
    },
    {
      method: 'notifications/resources/updated',
      params: { uri: `crm://${encodeURIComponent(say('updated'))}` },
    },
  ];
}

/** What a server asks its client. */
export function leakingQuestions(secrets: Secrets): readonly Said[] {
  const say = (where: string): string => plantAll(secrets, `question: ${where}`);
  return [
    {
      id: 'q1',
      method: 'elicitation/create',
      params: {
        message: say('elicitation'),
        requestedSchema: {
          type: 'object',
          properties: { a: { type: 'string', title: say('form'), default: say('default') } },
        },
      },
    },
    {
      id: 'q2',
      method: 'sampling/createMessage',
      params: {
        systemPrompt: say('system prompt'),
        messages: [{ role: 'user', content: { type: 'text', text: say('sampling') } }],
        maxTokens: 1,
      },
    },
  ];
}

export function leakingError(secrets: Secrets, call: string): Said {
  const say = (where: string): string => plantAll(secrets, `${call}: ${where}`);
  return { error: { code: -32000, message: say('error'), data: { detail: say('error data') } } };
}
