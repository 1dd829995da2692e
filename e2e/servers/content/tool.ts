// A tool as both fixtures see it: written once, registered on either SDK generation.
// What differs between the eras (asking the client, subscriptions) lives with the fixtures.

import * as z from 'zod';
import type { Journal } from './journal.ts';

export type Block =
  | { type: 'text'; text: string }
  | { type: 'image' | 'audio'; data: string; mimeType: string }
  | { type: 'resource'; resource: { uri: string; mimeType: string; text: string } };

export interface ToolResult {
  [key: string]: unknown;
  content: Block[];
  isError?: boolean;
  structuredContent?: Record<string, unknown>;
}

/** What a tool may do to its caller while it runs. */
export interface Call {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly journal: Journal;
  /** Sends nothing when the caller gave no progress token. */
  progress(progress: number, total: number): Promise<void>;
  log(text: string): Promise<void>;
}

export interface FixtureTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: z.ZodObject;
  /** What its structured content fits; official clients hold it to that. */
  readonly outputSchema?: z.ZodObject;
  run(args: unknown, call: Call): ToolResult | Promise<ToolResult>;
}

interface ToolDefinition<Input extends z.ZodObject> {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Input;
  readonly outputSchema?: z.ZodObject;
  run(args: z.infer<Input>, call: Call): ToolResult | Promise<ToolResult>;
}

/** Ties a tool's arguments to its schema, then forgets their type so that tools fit in one list. */
export function tool<Input extends z.ZodObject>(definition: ToolDefinition<Input>): FixtureTool {
  const { name, inputSchema, outputSchema } = definition;
  return {
    name,
    description: definition.description,
    inputSchema,
    ...(outputSchema === undefined ? {} : { outputSchema }),
    run: (args, call) => {
      call.journal.executed(name);
      return definition.run(inputSchema.parse(args), call);
    },
  };
}

export function text(...lines: readonly string[]): ToolResult {
  return { content: lines.map((line) => ({ type: 'text', text: line })) };
}

export const NO_ARGUMENTS = z.object({});
