// The resources of the conformance suite, one entry each, for both fixtures.

import { PNG_BASE64 } from './media.ts';

export interface FixtureResource {
  readonly name: string;
  readonly uri: string;
  readonly description: string;
  readonly mimeType: string;
  readonly body: { readonly text: string } | { readonly blob: string };
}

export const resources: readonly FixtureResource[] = [
  {
    name: 'static-text',
    uri: 'test://static-text',
    description: 'A text that never changes.',
    mimeType: 'text/plain',
    body: { text: 'This is the content of the static text resource.' },
  },
  {
    name: 'static-binary',
    uri: 'test://static-binary',
    description: 'An image that never changes.',
    mimeType: 'image/png',
    body: { blob: PNG_BASE64 },
  },
  {
    name: 'watched-resource',
    uri: 'test://watched-resource',
    description: 'A text that clients subscribe to.',
    mimeType: 'text/plain',
    body: { text: 'Watched resource content.' },
  },
];

export const recordTemplate = {
  name: 'record',
  uriTemplate: 'test://template/{id}/data',
  description: 'The record with the given id.',
  mimeType: 'application/json',
  text: (id: string) => JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
};
