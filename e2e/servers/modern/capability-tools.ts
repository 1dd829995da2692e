// Tools that depend on what the client said it can do, on each request anew.

import {
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  type McpServer,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import { oneField, question } from '#e2e/servers/content/questions.ts';
import { text } from '#e2e/servers/content/tool.ts';

const Envelope = z.object({
  [CLIENT_CAPABILITIES_META_KEY]: z.object({
    elicitation: z.looseObject({}).optional(),
    sampling: z.looseObject({}).optional(),
  }),
});

export function registerCapabilityTools(mcp: McpServer): void {
  mcp.registerTool(
    'test_missing_capability',
    { description: "Needs the client's model; without one the SDK answers -32021." },
    () =>
      inputRequired({
        inputRequests: { answer: inputRequired.createMessage(question('Are you there?')) },
      }),
  );
  mcp.registerTool(
    'test_streaming_elicitation',
    { description: 'Asks the user by its result alone, never by a request on the stream.' },
    ({ mcpReq }) =>
      mcpReq.inputResponses === undefined
        ? inputRequired({ inputRequests: { name: askFor('name', 'What is your name?') } })
        : text('Thank you.'),
  );
  mcp.registerTool(
    'test_input_required_result_capabilities',
    { description: 'Asks by the means that the client declared.' },
    ({ mcpReq }) => {
      if (mcpReq.inputResponses !== undefined) return text('Thank you.');
      const { elicitation, sampling } = Envelope.parse(mcpReq.envelope)[
        CLIENT_CAPABILITIES_META_KEY
      ];
      const name = elicitation && askFor('name', 'What is your name?');
      const guess = sampling && inputRequired.createMessage(question('Guess my name.'));
      const inputRequests = { ...(name && { name }), ...(guess && { guess }) };
      if (Object.keys(inputRequests).length === 0) return text('You cannot be asked.');
      return inputRequired({ inputRequests });
    },
  );
}

function askFor(field: string, message: string) {
  return inputRequired.elicit({ message, requestedSchema: oneField(field, 'string') });
}
