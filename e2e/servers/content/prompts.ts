// The prompts of the conformance suite that need nothing from the client, for both fixtures.

import * as z from 'zod';
import { PNG_BASE64 } from './media.ts';
import type { Block } from './tool.ts';

export interface PromptMessage {
  role: 'user';
  content: Block;
}

export interface FixturePrompt {
  readonly name: string;
  readonly description: string;
  readonly argsSchema: z.ZodObject<Record<string, z.ZodString>>;
  messages(args: Readonly<Record<string, string>>): PromptMessage[];
}

export const prompts: readonly FixturePrompt[] = [
  {
    name: 'test_simple_prompt',
    description: 'A prompt without arguments.',
    argsSchema: z.object({}),
    messages: () => [says('This is a simple prompt for testing.')],
  },
  {
    name: 'test_prompt_with_arguments',
    description: 'A prompt that repeats its two arguments.',
    argsSchema: z.object({
      arg1: z.string().describe('First test argument'),
      arg2: z.string().describe('Second test argument'),
    }),
    messages: ({ arg1, arg2 }) => [says(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)],
  },
  {
    name: 'test_prompt_with_embedded_resource',
    description: 'A prompt that carries a resource.',
    argsSchema: z.object({ resourceUri: z.string().describe('URI of the resource to embed') }),
    messages: ({ resourceUri }) => [
      {
        role: 'user',
        content: {
          type: 'resource',
          resource: {
            uri: resourceUri ?? '',
            mimeType: 'text/plain',
            text: 'Embedded resource content for testing.',
          },
        },
      },
      says('Please process the embedded resource above.'),
    ],
  },
  {
    name: 'test_prompt_with_image',
    description: 'A prompt that carries an image.',
    argsSchema: z.object({}),
    messages: () => [
      { role: 'user', content: { type: 'image', data: PNG_BASE64, mimeType: 'image/png' } },
      says('Please analyze the image above.'),
    ],
  },
];

const CITIES: readonly string[] = ['paris', 'park', 'party'];

/** What completion offers for an argument that begins with `value`. */
export function suggestions(argument: string, value: string): string[] {
  return argument === 'arg1' ? CITIES.filter((city) => city.startsWith(value)) : [];
}

function says(line: string): PromptMessage {
  return { role: 'user', content: { type: 'text', text: line } };
}
