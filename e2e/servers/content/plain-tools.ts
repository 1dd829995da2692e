// Tools of the conformance suite that only answer: content of every kind, an error, progress, logs.
// Names and texts are the suite's (`conformance list --requirements`); it compares some of them.

import { setTimeout as delay } from 'node:timers/promises';
import { PNG_BASE64, WAV_BASE64 } from './media.ts';
import { type FixtureTool, NO_ARGUMENTS, text, tool } from './tool.ts';

/** The suite wants to see messages arrive apart from each other. */
const STEP_MS = 50;

export const plainTools: readonly FixtureTool[] = [
  tool({
    name: 'test_simple_text',
    description: 'Answers with one text block.',
    inputSchema: NO_ARGUMENTS,
    run: () => text('This is a simple text response for testing.'),
  }),
  tool({
    name: 'test_image_content',
    description: 'Answers with one image block.',
    inputSchema: NO_ARGUMENTS,
    run: () => ({ content: [{ type: 'image', data: PNG_BASE64, mimeType: 'image/png' }] }),
  }),
  tool({
    name: 'test_audio_content',
    description: 'Answers with one audio block.',
    inputSchema: NO_ARGUMENTS,
    run: () => ({ content: [{ type: 'audio', data: WAV_BASE64, mimeType: 'audio/wav' }] }),
  }),
  tool({
    name: 'test_embedded_resource',
    description: 'Answers with a resource inside the result.',
    inputSchema: NO_ARGUMENTS,
    run: () => ({
      content: [
        {
          type: 'resource',
          resource: {
            uri: 'test://embedded-resource',
            mimeType: 'text/plain',
            text: 'This is an embedded resource content.',
          },
        },
      ],
    }),
  }),
  tool({
    name: 'test_multiple_content_types',
    description: 'Answers with text, an image and a resource together.',
    inputSchema: NO_ARGUMENTS,
    run: () => ({
      content: [
        { type: 'text', text: 'Multiple content types test:' },
        { type: 'image', data: PNG_BASE64, mimeType: 'image/png' },
        {
          type: 'resource',
          resource: {
            uri: 'test://mixed-content-resource',
            mimeType: 'application/json',
            text: JSON.stringify({ test: 'data', value: 123 }),
          },
        },
      ],
    }),
  }),
  tool({
    name: 'test_error_handling',
    description: 'Always fails.',
    inputSchema: NO_ARGUMENTS,
    run: () => {
      throw new Error('This tool intentionally returns an error for testing');
    },
  }),
  tool({
    name: 'test_tool_with_logging',
    description: 'Sends three log messages, then answers.',
    inputSchema: NO_ARGUMENTS,
    run: async (_args, call) => {
      await call.log('Tool execution started');
      await delay(STEP_MS);
      await call.log('Tool processing data');
      await delay(STEP_MS);
      await call.log('Tool execution completed');
      return text('Three log messages were sent.');
    },
  }),
  tool({
    name: 'test_logging_tool',
    description: 'Logs one message, which reaches only callers that asked for logs.',
    inputSchema: NO_ARGUMENTS,
    run: async (_args, call) => {
      await call.log('A message for those who asked');
      return text('One log message was offered.');
    },
  }),
  tool({
    name: 'test_tool_with_progress',
    description: 'Reports progress three times, then answers.',
    inputSchema: NO_ARGUMENTS,
    run: async (_args, call) => {
      await call.progress(0, 100);
      await delay(STEP_MS);
      await call.progress(50, 100);
      await delay(STEP_MS);
      await call.progress(100, 100);
      return text('Progress was reported three times.');
    },
  }),
];
