// Tools and a prompt that answer in rounds (SEP-2322): ask, and go on when the same request comes back
// with the answers. What is missing or malformed is asked again.

import {
  acceptedContent,
  type InputRequests,
  inputRequired,
  inputResponse,
  type McpServer,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import { oneField, question } from '#e2e/servers/content/questions.ts';
import { text } from '#e2e/servers/content/tool.ts';
import type { RoundState } from './request-states.ts';

const PREFIX = 'test_input_required_result';

export function registerRoundTools(mcp: McpServer, states: RequestStateCodec<RoundState>): void {
  registerSingleQuestions(mcp);
  registerPromptInRounds(mcp);
  registerStatefulTools(mcp, states);
  registerMultiRound(mcp, states);
}

function registerSingleQuestions(mcp: McpServer): void {
  mcp.registerTool(`${PREFIX}_elicitation`, { description: 'Asks the user for a name.' }, (ctx) => {
    const name = answered(ctx, 'user_name', 'name');
    if (name === undefined) return inputRequired({ inputRequests: USER_NAME });
    return text(`Hello, ${name}!`);
  });
  mcp.registerTool(`${PREFIX}_sampling`, { description: "Asks the client's model." }, (ctx) => {
    const answer = inputResponse(ctx.mcpReq.inputResponses, 'capital_question');
    if (answer.kind !== 'sampling') {
      const ask = inputRequired.createMessage(question('What is the capital of France?'));
      return inputRequired({ inputRequests: { capital_question: ask } });
    }
    return text(JSON.stringify(answer.result.content));
  });
  mcp.registerTool(
    `${PREFIX}_list_roots`,
    { description: "Asks for the client's roots." },
    (ctx) => {
      const answer = inputResponse(ctx.mcpReq.inputResponses, 'client_roots');
      if (answer.kind !== 'roots') {
        return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
      }
      return text(...answer.roots.map(({ uri, name }) => `${name ?? 'root'}: ${uri}`));
    },
  );
}

function registerPromptInRounds(mcp: McpServer): void {
  mcp.registerPrompt(
    `${PREFIX}_prompt`,
    { description: 'A prompt that asks the user for its context.' },
    (ctx) => {
      const context = answered(ctx, 'user_context', 'context');
      if (context === undefined) {
        const ask = elicit('context', 'What context should the prompt use?');
        return inputRequired({ inputRequests: { user_context: ask } });
      }
      const line = `Use this context: ${context}`;
      return { messages: [{ role: 'user', content: { type: 'text', text: line } }] };
    },
  );
}

function registerStatefulTools(mcp: McpServer, states: RequestStateCodec<RoundState>): void {
  const confirm: InputRequests = {
    confirm: inputRequired.elicit({
      message: 'Please confirm',
      requestedSchema: oneField('ok', 'boolean'),
    }),
  };
  // A state that was tampered with never gets here: `requestState.verify` refuses it first.
  for (const name of ['request_state', 'tampered_state']) {
    mcp.registerTool(
      `${PREFIX}_${name}`,
      { description: 'Asks for a confirmation and seals a state.' },
      async ({ mcpReq }) => {
        const state = mcpReq.requestState<RoundState>();
        const confirmed = acceptedContent(mcpReq.inputResponses, 'confirm');
        if (state?.round !== 1 || confirmed === undefined) {
          return inputRequired({
            inputRequests: confirm,
            requestState: await states.mint({ round: 1 }),
          });
        }
        return text('state-ok');
      },
    );
  }
  mcp.registerTool(
    `${PREFIX}_multiple_inputs`,
    { description: 'Asks three things at once.' },
    async ({ mcpReq }) => {
      const name = acceptedContent(mcpReq.inputResponses, 'user_name');
      const greeting = inputResponse(mcpReq.inputResponses, 'greeting');
      const roots = inputResponse(mcpReq.inputResponses, 'client_roots');
      if (name === undefined || greeting.kind !== 'sampling' || roots.kind !== 'roots') {
        return inputRequired({
          inputRequests: {
            ...USER_NAME,
            greeting: inputRequired.createMessage(question('Generate a greeting', 50)),
            client_roots: inputRequired.listRoots(),
          },
          requestState: await states.mint({ round: 1 }),
        });
      }
      return text(`Three answers arrived, ${roots.roots.length} roots among them.`);
    },
  );
}

function registerMultiRound(mcp: McpServer, states: RequestStateCodec<RoundState>): void {
  mcp.registerTool(
    `${PREFIX}_multi_round`,
    { description: 'Asks two things, one after the other.' },
    async (ctx) => {
      const round = ctx.mcpReq.requestState<RoundState>()?.round ?? 0;
      const name = answered(ctx, 'step1', 'name');
      const color = answered(ctx, 'step2', 'color');
      if (round === 2 && color !== undefined) return text(`Noted: ${color}.`);
      if (round === 0 || (round === 1 && name === undefined)) {
        return inputRequired({
          inputRequests: { step1: elicit('name', 'Step 1: What is your name?') },
          requestState: await states.mint({ round: 1 }),
        });
      }
      return inputRequired({
        inputRequests: { step2: elicit('color', 'Step 2: What is your favorite color?') },
        requestState: await states.mint({ round: 2 }),
      });
    },
  );
}

const USER_NAME: InputRequests = { user_name: elicit('name', 'What is your name?') };

function elicit(field: string, message: string) {
  return inputRequired.elicit({ message, requestedSchema: oneField(field, 'string') });
}

/** The text that the user put into `field` of the form `key`; undefined when there is none. */
function answered({ mcpReq }: ServerContext, key: string, field: string): string | undefined {
  const content = acceptedContent(mcpReq.inputResponses, key, z.record(z.string(), z.unknown()));
  const value = content?.[field];
  return typeof value === 'string' ? value : undefined;
}
