// Reads the cases of `policy test`: who calls what, and what the policy should say.

import { open } from 'node:fs/promises';
import type { Principal } from '#core/identity/principal.ts';
import { formatPath, type Path } from '#crds/path.ts';
import type { IssuerConfig } from '#crds/policy.ts';
import type { FileProblem } from '#platform/file/policy-file.ts';
import { readYaml, type YamlDocument } from '#platform/file/policy-yaml.ts';
import { type Call, readCall, readPrincipal } from './policy-call.ts';
import {
  ANYTHING,
  BOOLEAN,
  checkFields,
  type FieldKind,
  type Input,
  type InputProblem,
  oneOf,
  TEXT,
} from './policy-input.ts';

export interface Expectation {
  readonly effect: 'Allow' | 'Deny' | 'RequireApproval';
  /** `policy/rule`, or the name of the rule alone. */
  readonly rule?: string;
  readonly visible?: boolean;
  /** Name of the entry of `spec.approvals` that must be asked. */
  readonly approval?: string;
}

export interface PolicyCase {
  readonly name: string;
  readonly principal: Principal;
  readonly call: Call;
  readonly expect: Expectation;
}

export type CasesReading =
  | { readonly ok: true; readonly cases: readonly PolicyCase[] }
  | { readonly ok: false; readonly problems: readonly FileProblem[] };

/** Thousands of cases; more is not a file of cases. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** All cases of the file, or every problem there is with them. */
export async function readCases(
  file: string,
  issuers: readonly IssuerConfig[],
): Promise<CasesReading> {
  const content = await readText(file);
  if (!content.ok) return failedAt(file, 1, content.reason);
  const yaml = readYaml(content.text);
  if (!yaml.ok) return { ok: false, problems: yaml.problems.map((found) => ({ file, ...found })) };
  const [document, second] = yaml.documents;
  if (document === undefined) return failedAt(file, 1, 'holds no cases');
  if (second !== undefined) return failedAt(file, second.lineOf([]), 'is a second document');
  const read = readCaseList(document, issuers);
  return read.ok
    ? { ok: true, cases: read.value }
    : { ok: false, problems: read.problems.map((problem) => place(file, document, problem)) };
}

function place(file: string, document: YamlDocument, { path, message }: InputProblem): FileProblem {
  return { file, line: document.lineOf(path), path: formatPath(path), message };
}

function failedAt(file: string, line: number, message: string): CasesReading {
  return { ok: false, problems: [{ file, line, path: '', message }] };
}

interface CasesDocument {
  readonly cases: readonly unknown[];
}

const DOCUMENT_FIELDS = {
  cases: {
    holds: (value: unknown) => Array.isArray(value) && value.length > 0,
    must: 'must be a list of cases',
  },
};

function readCaseList(
  { value }: YamlDocument,
  issuers: readonly IssuerConfig[],
): Input<readonly PolicyCase[]> {
  const problems = [...checkFields(value, [], DOCUMENT_FIELDS), ...missing(value, [], ['cases'])];
  if (problems.length > 0) return { ok: false, problems };
  // checkFields has just proven it.
  const { cases } = value as CasesDocument;
  const read = cases.map((one, at) => readCase(one, ['cases', at], issuers));
  const bad = read.flatMap((one) => (one.ok ? [] : one.problems));
  return bad.length > 0
    ? { ok: false, problems: bad }
    : { ok: true, value: read.flatMap((one) => (one.ok ? [one.value] : [])) };
}

interface CaseFields {
  readonly name: string;
  readonly principal?: unknown;
  readonly call: unknown;
  readonly expect: Expectation;
}

const CASE_FIELDS: { readonly [Field in keyof CaseFields]-?: FieldKind } = {
  name: TEXT,
  principal: ANYTHING,
  call: ANYTHING,
  expect: ANYTHING,
};
const EXPECT_FIELDS: { readonly [Field in keyof Expectation]-?: FieldKind } = {
  effect: oneOf('Allow', 'Deny', 'RequireApproval'),
  rule: TEXT,
  visible: BOOLEAN,
  approval: TEXT,
};

function readCase(value: unknown, path: Path, issuers: readonly IssuerConfig[]): Input<PolicyCase> {
  const shape = [
    ...checkFields(value, path, CASE_FIELDS),
    ...missing(value, path, ['name', 'call', 'expect']),
  ];
  if (shape.length > 0) return { ok: false, problems: shape };
  // checkFields has just proven it, but for what is inside `expect`, which comes next.
  const fields = value as CaseFields;
  const principal = readPrincipal(fields.principal ?? {}, [...path, 'principal'], issuers);
  const call = readCall(fields.call, [...path, 'call']);
  const expectPath = [...path, 'expect'];
  const problems = [
    ...(principal.ok ? [] : principal.problems),
    ...(call.ok ? [] : call.problems),
    ...checkFields(fields.expect, expectPath, EXPECT_FIELDS),
    ...missing(fields.expect, expectPath, ['effect']),
  ];
  if (problems.length > 0 || !principal.ok || !call.ok) return { ok: false, problems };
  const { name, expect } = fields;
  return { ok: true, value: { name, principal: principal.value, call: call.value, expect } };
}

function missing(value: unknown, path: Path, fields: readonly string[]): readonly InputProblem[] {
  return fields
    .filter((field) => !Object.hasOwn(Object(value), field))
    .map((field) => ({ path, message: `must have ${field}` }));
}

type Content =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string };

async function readText(file: string): Promise<Content> {
  try {
    await using handle = await open(file, 'r');
    const { size } = await handle.stat();
    if (size > MAX_FILE_BYTES)
      return { ok: false, reason: `is larger than ${MAX_FILE_BYTES} bytes` };
    return { ok: true, text: await handle.readFile('utf8') };
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      return { ok: false, reason: `cannot be read (${String(error.code)}); name a file of cases` };
    }
    throw error;
  }
}
