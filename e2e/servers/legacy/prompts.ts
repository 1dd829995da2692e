// The shared prompts on SDK 1.x, each argument with completions.

import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { type FixturePrompt, prompts, suggestions } from '#e2e/servers/content/prompts.ts';

/** The SDK marks a schema as completable in place and only once, hence not once per session. */
const completing = prompts.map((prompt) => ({ prompt, argsSchema: withCompletions(prompt) }));

export function registerPrompts(mcp: McpServer): void {
  for (const { prompt, argsSchema } of completing) {
    const { name, description, messages } = prompt;
    mcp.registerPrompt(name, { description, argsSchema }, (args) => ({ messages: messages(args) }));
  }
}

function withCompletions({ argsSchema }: FixturePrompt) {
  return Object.fromEntries(
    Object.entries(argsSchema.shape).map(([argument, schema]) => [
      argument,
      completable(schema, (value) => suggestions(argument, value)),
    ]),
  );
}
