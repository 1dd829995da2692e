// Policy documents in files: read, checked against the contract, and named by digest. Every problem
// says in which file and line it is.

import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { canonicalize } from '#core/evidence/canonical.ts';
import { parsePath } from '#crds/path.ts';
import type { McpGatewayPolicy } from '#crds/policy.ts';
import { type Problem, validatePolicy } from '#crds/validate.ts';
import { bundlesOf, type ConfigMaps, isConfigMap, readConfigMaps } from './config-maps.ts';
import { readYaml, type YamlDocument } from './policy-yaml.ts';

export interface PolicyDocument {
  readonly policy: McpGatewayPolicy;
  readonly file: string;
  /** SHA-256, lower-case hex, of what was written: kind, name and spec, however it was laid out. */
  readonly digest: string;
  /** Certificates that its issuers name, out of ConfigMaps in the same file; by `bundleName`. */
  readonly bundles?: Readonly<Record<string, string>>;
  /** The line of a path such as `spec.rules[0].effect`, or of what stands nearest above it. */
  lineOf(path: string): number;
}

export interface FileProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Empty for the file or the document itself. */
  readonly path: string;
  readonly message: string;
}

export type PolicyReading =
  | { readonly ok: true; readonly documents: readonly PolicyDocument[] }
  | { readonly ok: false; readonly problems: readonly FileProblem[] };

/** As much as an object in etcd may have; a hundred rules are a tenth of it. */
const MAX_FILE_BYTES = 1024 * 1024;
/** Each one judges every message. */
const MAX_DOCUMENTS = 64;

/** All documents of all files, or every problem there is. Never rejects. */
export async function readPolicyFiles(paths: readonly string[]): Promise<PolicyReading> {
  const each = await Promise.all(paths.map(readPolicyFile));
  const problems = [...problemsOf(each), ...jointProblems(documentsOf(each))];
  return problems.length === 0
    ? { ok: true, documents: documentsOf(each) }
    : { ok: false, problems };
}

/** The same where not all of them are to be joined; their joint problems are for the caller to look for. */
export async function readEachPolicyFile(paths: readonly string[]): Promise<PolicyReading> {
  const each = await Promise.all(paths.map(readPolicyFile));
  const problems = problemsOf(each);
  return problems.length === 0
    ? { ok: true, documents: documentsOf(each) }
    : { ok: false, problems };
}

function documentsOf(readings: readonly PolicyReading[]): readonly PolicyDocument[] {
  return readings.flatMap((reading) => (reading.ok ? reading.documents : []));
}

function problemsOf(readings: readonly PolicyReading[]): readonly FileProblem[] {
  return readings.flatMap((reading) => (reading.ok ? [] : reading.problems));
}

/** Where in the files a problem of the document with this index is. */
export function placeProblem(
  documents: readonly PolicyDocument[],
  problem: Problem & { readonly document: number },
): FileProblem {
  const { path, message } = problem;
  const document = documents[problem.document];
  return { file: document?.file ?? '', line: document?.lineOf(path) ?? 1, path, message };
}

/** `file:line:field: message`, as compilers print it. */
export function printProblem({ file, line, path, message }: FileProblem): string {
  return `${file}:${line}:${path}: ${message}`;
}

async function readPolicyFile(file: string): Promise<PolicyReading> {
  const content = await readBounded(file);
  if (!content.ok) return failed(file, content.reason);
  const yaml = readYaml(content.text);
  if (!yaml.ok) {
    return { ok: false, problems: yaml.problems.map((problem) => ({ file, ...problem })) };
  }
  const maps = readConfigMaps(yaml.documents);
  const policies = yaml.documents.filter((document) => !isConfigMap(document));
  if (policies.length === 0) return failed(file, 'holds no policy');
  const readings = policies.map((document) => readDocument(file, document, maps));
  const problems = readings.flatMap((reading) => (reading.ok ? [] : reading.problems));
  return problems.length === 0
    ? { ok: true, documents: readings.flatMap((r) => (r.ok ? r.documents : [])) }
    : { ok: false, problems };
}

function readDocument(
  file: string,
  { value, lineOf }: YamlDocument,
  maps: ConfigMaps,
): PolicyReading {
  const problems = validatePolicy(value).map(({ path, message }) => ({
    file,
    line: lineOf(parsePath(path)),
    path,
    message,
  }));
  if (problems.length > 0) return { ok: false, problems };
  // validatePolicy has just proven it.
  const policy = value as McpGatewayPolicy;
  const bundles = bundlesOf(policy, maps);
  const document = {
    ...{ policy, file, digest: digestOf(policy, bundles) },
    ...(bundles === undefined ? {} : { bundles }),
  };
  return {
    ok: true,
    documents: [{ ...document, lineOf: (path) => lineOf(parsePath(path)) }],
  };
}

/** Leaves out what the API server and other tools add, so that file and cluster agree. */
function digestOf(
  { apiVersion, kind, metadata, spec }: McpGatewayPolicy,
  bundles: PolicyDocument['bundles'],
): string {
  const { name, namespace } = metadata;
  const identity = namespace === undefined ? { name } : { name, namespace };
  const written = { apiVersion, kind, metadata: identity, spec };
  // Other authorities are another policy, and are taken up like one.
  const text = canonicalize(bundles === undefined ? written : { ...written, bundles });
  return createHash('sha256').update(text).digest('hex');
}

/** Records name rules `policy/rule`: two policies of one name could not be told apart. */
export function jointProblems(documents: readonly PolicyDocument[]): readonly FileProblem[] {
  const first = new Map<string, PolicyDocument>();
  const problems = documents.flatMap((document): readonly FileProblem[] => {
    const { name } = document.policy.metadata;
    const earlier = first.get(name);
    first.set(name, earlier ?? document);
    if (earlier === undefined) return [];
    const line = document.lineOf('metadata.name');
    const where = `${earlier.file}:${earlier.lineOf('metadata.name')}`;
    return [
      { file: document.file, line, path: 'metadata.name', message: `repeats that of ${where}` },
    ];
  });
  const extra = documents[MAX_DOCUMENTS];
  if (extra === undefined) return problems;
  const message = `is one policy too many: at most ${MAX_DOCUMENTS} are read together`;
  return [...problems, { file: extra.file, line: extra.lineOf(''), path: '', message }];
}

type Content =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string };

async function readBounded(file: string): Promise<Content> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    if (!(await handle.stat()).isFile())
      return { ok: false, reason: 'is not a file; name a policy file' };
    // `end` is inclusive: one byte more than may be there.
    const stream = handle.createReadStream({ end: MAX_FILE_BYTES, autoClose: false });
    const bytes = await buffer(stream);
    if (bytes.byteLength > MAX_FILE_BYTES) {
      return { ok: false, reason: `is larger than ${MAX_FILE_BYTES} bytes` };
    }
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    return { ok: false, reason: unreadable(error) };
  } finally {
    await handle?.close();
  }
}

function unreadable(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  switch (code) {
    case 'ENOENT':
      return 'does not exist; name a policy file that does';
    case 'EACCES':
    case 'EPERM':
      return 'may not be read by this user; make it readable';
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return 'is not UTF-8 text; save it as such';
    default:
      return `cannot be read (${code})`;
  }
}

function failed(file: string, message: string): PolicyReading {
  return { ok: false, problems: [{ file, line: 1, path: '', message }] };
}
