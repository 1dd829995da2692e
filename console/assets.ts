// The three files that pages refer to, made once of the parts in assets/. Their addresses hold a digest, so that browsers keep
// them for as long as they are the same.

import { readFile } from 'node:fs/promises';
import { type Answer, fileDigest } from './answer.ts';

export interface Assets {
  readonly style: string;
  readonly script: string;
  readonly icon: string;
  /** The file at this name under /assets/. */
  find(name: string): Answer | undefined;
}

/** Each a list of parts that are served as one file, in this order. */
const FILES = {
  style: {
    name: 'console.css',
    type: 'text/css; charset=utf-8',
    parts: ['base.css', 'words.css', 'fields.css', 'approvals.css', 'sessions.css', 'phone.css'],
  },
  script: { name: 'console.js', type: 'text/javascript; charset=utf-8', parts: ['console.js'] },
  icon: { name: 'icon.svg', type: 'image/svg+xml', parts: ['icon.svg'] },
} as const;

/** They lie beside this file, and beside the bundle that is built of it. */
export async function readAssets(): Promise<Assets> {
  const found = new Map<string, Answer>();
  const addressOf = async ({ name, type, parts }: AssetFile): Promise<string> => {
    const read = parts.map((part) => readFile(new URL(`./assets/${part}`, import.meta.url)));
    const bytes = Buffer.concat(await Promise.all(read));
    const dated = `${fileDigest(bytes)}-${name}`;
    found.set(dated, { kind: 'file', type, bytes });
    return `/assets/${dated}`;
  };
  return {
    style: await addressOf(FILES.style),
    script: await addressOf(FILES.script),
    icon: await addressOf(FILES.icon),
    find: (name) => found.get(name),
  };
}

type AssetFile = (typeof FILES)[keyof typeof FILES];
