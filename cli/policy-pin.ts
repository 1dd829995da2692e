// `gatehouse policy pin`: the tool definitions of a server as pins for a policy, by the digests that the
// gateway computes. No tool is called; the list of tools is all that is asked for.

import { isLoopback } from '#core/identity/loopback.ts';
import type { Era } from '#core/mcp/revisions.ts';
import { readSecretFile, SecretFileFault } from '#platform/file/secret-file.ts';
import { Upstream } from '#platform/http/upstream.ts';
import { credentialValue } from '#sidecar/upstream-credential.ts';
import { type Command, type CommandIo, UsageError } from './command.ts';
import { onOff, required, text, url } from './flag-kinds.ts';
import { parseFlags } from './flags.ts';
import { differing, type Pin, pinsOf, pinsText } from './pins-text.ts';
import { printable } from './printable.ts';
import type { ServerAccess } from './server-call.ts';
import { askTools, type ServerTools } from './server-tools.ts';

/** Nothing was printed: the server cannot be asked, or what it says cannot be pinned. */
const EXIT_UNPINNED = 1;
/** For both eras together; a person waits. */
const DEADLINE_MS = 30_000;
/** A server that speaks both is pinned as clients of today see it. */
const ERAS: readonly Era[] = ['modern', 'legacy'];
const HEADER_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

const FLAGS = {
  upstream: required(url),
  credentialFile: text,
  credentialEnv: text,
  credentialHeader: text,
  allowPlainHttp: onOff,
};

const USAGE = `Usage: gatehouse policy pin --upstream URL [flags]

Asks an MCP server which tools it has and prints the digest of each definition as spec.tools.pins of a
policy. With spec.tools.pinning: Enforce, a tool that is not as pinned is hidden and refused. Read the
definitions before you pin them: a pin says that somebody has.

  --upstream URL            the MCP server's endpoint itself, not the gateway in front of it
  --credential-file FILE    file with the credential that the server wants, on one line
  --credential-env NAME     the same, from an environment variable
  --credential-header NAME  header that carries it (Authorization; a bare token is sent as Bearer)
  --allow-plain-http        take an http URL beyond loopback

Exit code: 0 when pins were printed; 1 when the server cannot be asked or its tools not be pinned.
`;

export const policyPin: Command = {
  name: 'policy pin',
  summary: 'Print the tool definitions of a server as pins',
  usage: USAGE,
  async run(args, io) {
    const { flags } = parseFlags(FLAGS, args, io.env);
    if (flags.upstream.protocol === 'http:' && !isReachedPlainly(flags)) {
      throw new UsageError(
        '--upstream: plain http is taken on loopback only; use https, or add --allow-plain-http',
      );
    }
    const headers = await readCredential(flags, io);
    const upstream = new Upstream(flags.upstream);
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    try {
      return print(await askBothEras({ upstream, headers, deadline }), flags.upstream, io);
    } finally {
      await upstream.close();
    }
  },
};

interface Reached {
  readonly upstream: URL;
  readonly allowPlainHttp: boolean;
}

function isReachedPlainly({ upstream, allowPlainHttp }: Reached): boolean {
  return allowPlainHttp || isLoopback(upstream.hostname);
}

interface CredentialFlags {
  readonly credentialFile: string | undefined;
  readonly credentialEnv: string | undefined;
  readonly credentialHeader: string | undefined;
}

async function readCredential(
  flags: CredentialFlags,
  { env }: CommandIo,
): Promise<Readonly<Record<string, string>>> {
  const { credentialFile: file, credentialEnv: name } = flags;
  const header = flags.credentialHeader ?? 'Authorization';
  if (!HEADER_NAME.test(header)) {
    throw new UsageError('--credential-header must be the name of an HTTP header');
  }
  if (file !== undefined && name !== undefined) {
    throw new UsageError('give either --credential-file or --credential-env, not both');
  }
  if (file === undefined && name === undefined) {
    if (flags.credentialHeader === undefined) return {};
    throw new UsageError('--credential-header needs --credential-file or --credential-env');
  }
  const [given, source] =
    file === undefined
      ? [env[name ?? ''], '--credential-env names a variable that']
      : [await readFileOf(file), '--credential-file names a file that'];
  const value = credentialValue(header.toLowerCase(), given);
  if (value === undefined) {
    throw new UsageError(
      `${source} does not hold one header value; put the credential alone there`,
    );
  }
  return { [header.toLowerCase()]: value };
}

async function readFileOf(file: string): Promise<string> {
  try {
    return await readSecretFile(file);
  } catch (error) {
    if (!(error instanceof SecretFileFault)) throw error;
    throw new UsageError(`--credential-file: ${error.message}`);
  }
}

type Listed = Extract<ServerTools, { readonly kind: 'listed' }>;

type Asked =
  | { readonly kind: 'listed'; readonly first: Listed; readonly other: Listed | undefined }
  | { readonly kind: 'failed'; readonly reason: string };

async function askBothEras(access: ServerAccess): Promise<Asked> {
  const listed: Listed[] = [];
  const reasons: string[] = [];
  for (const era of ERAS) {
    const found = await askTools(era, access);
    if (found.kind === 'listed') listed.push(found);
    // What stands in the way of asking says more than that an era is not spoken.
    else if (found.kind === 'failed') reasons.unshift(found.reason);
    else reasons.push(found.reason);
  }
  const [first, other] = listed;
  return first === undefined
    ? { kind: 'failed', reason: `${reasons[0] ?? 'the MCP server says nothing'}` }
    : { kind: 'listed', first, other };
}

function print(asked: Asked, upstream: URL, io: CommandIo): number {
  if (asked.kind === 'failed') return refuse(asked.reason, io);
  const pins = pinsOf(asked.first.tools);
  if (!pins.ok) return refuse(pins.reason, io);
  for (const name of pins.hidingText) {
    io.stderr(`warning: ${printable(name)}: its definition holds characters that nobody sees\n`);
  }
  for (const name of otherwise(pins.pins, asked.other)) {
    const revision = asked.other?.revision ?? '';
    io.stderr(
      `warning: ${printable(name)}: is defined otherwise for clients of MCP ${revision}, and quarantined for them\n`,
    );
  }
  const { origin, pathname } = upstream;
  io.stdout(pinsText(pins.pins, `${origin}${pathname}, MCP ${asked.first.revision}`));
  return 0;
}

/** Tools that a server which speaks both eras does not define alike in both. */
function otherwise(pins: readonly Pin[], other: Listed | undefined): readonly string[] {
  if (other === undefined) return [];
  const its = pinsOf(other.tools);
  return its.ok ? differing(pins, its.pins) : [];
}

function refuse(reason: string, io: CommandIo): number {
  io.stderr(`gatehouse policy pin: ${printable(reason)}\n`);
  return EXIT_UNPINNED;
}
