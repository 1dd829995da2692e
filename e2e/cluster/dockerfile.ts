// Reads the Dockerfiles of the house, so that what runs in the test cluster is what users build: only
// instructions that need no container engine, on a base that is pinned by its digest.

import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { ImageConfig } from './oci-archive.ts';

export interface Dockerfile {
  /** From the root of the checkout, to the root of the image. */
  readonly copies: readonly { readonly from: string; readonly to: string }[];
  readonly config: ImageConfig;
}

/** A base must be named with its digest, or it is another one tomorrow. */
const BASE = ['ARG BASE', 'ARG DIGEST', `FROM \${BASE}@\${DIGEST}`] as const;
/** The test cluster runs the same collect.sh on the Debian that it is on. */
const TOOLS = [
  ...BASE.slice(0, 2),
  `${BASE[2]} AS packages`,
  'RUN apt-get update && apt-get install -y --no-install-recommends nftables netbase',
  'COPY operator/tools/collect.sh /',
  'RUN sh /collect.sh /image',
  'FROM scratch',
] as const;

export function readDockerfile(program: string): Dockerfile {
  return parseDockerfile(readFileSync(`${program}/Dockerfile`, 'utf8'));
}

export function parseDockerfile(text: string): Dockerfile {
  const lines = linesOf(text);
  const head = lines.splice(0, BASE.length);
  if (head.join('\n') !== BASE.join('\n')) throw new Error(`begins with other lines than ${BASE}`);
  return parseStage(lines);
}

/** That of the tools is built in two stages: a Debian that has nft, and what collect.sh takes of it. */
export function readToolsDockerfile(): ImageConfig {
  const lines = linesOf(readFileSync('operator/tools/Dockerfile', 'utf8'));
  const [before, stage] = [lines.slice(0, TOOLS.length), lines.slice(TOOLS.length)];
  if (before.join('\n') !== TOOLS.join('\n'))
    throw new Error(`begins with other lines than ${TOOLS}`);
  return parseStage(stage).config;
}

/** Instructions that need no container engine. */
function parseStage(lines: readonly string[]): Dockerfile {
  const copies: { from: string; to: string }[] = [];
  const values = new Map<string, string>();
  for (const line of lines) {
    const [, instruction = '', rest = ''] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    if (instruction === 'COPY') copies.push(...copiesOf(rest));
    else if (['ENV', 'USER', 'WORKDIR', 'ENTRYPOINT'].includes(instruction)) {
      values.set(instruction, rest);
    } else throw new Error(`has an instruction that needs a container engine: ${line}`);
  }
  const config = {
    Env: [values.get('ENV') ?? ''],
    User: values.get('USER') ?? 'root',
    WorkingDir: values.get('WORKDIR') ?? '/',
    Entrypoint: JSON.parse(values.get('ENTRYPOINT') ?? '[]'),
  };
  return { copies, config };
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

/** `a b /folder/`: each into the folder. `a /folder`: what is in it, under another name. */
function copiesOf(rest: string): Dockerfile['copies'] {
  const words = rest.split(' ');
  const to = words.pop() ?? '/';
  return words.map((from) => ({
    from,
    to: to.endsWith('/') ? posix.join(to, posix.basename(from)) : to,
  }));
}
