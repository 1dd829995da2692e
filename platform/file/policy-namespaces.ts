// Policies of many namespaces, in files and in folders of them as a ConfigMap is mounted: sorted by whose
// they are, and each namespace compiled for itself, so that a wrong one keeps none of the others from its own.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type LoadedPolicy, loadPolicy } from './load-policy.ts';
import {
  type FileProblem,
  jointProblems,
  type PolicyDocument,
  type PolicyReading,
} from './policy-file.ts';

export type NamespacePolicies =
  | { readonly ok: true; readonly byNamespace: ReadonlyMap<string, LoadedPolicy> }
  /** A file that cannot be read may be of any namespace, and make it stricter. */
  | { readonly ok: false; readonly problems: readonly FileProblem[] };

const POLICY_FILE = /^[^.].*\.(?:ya?ml|json)$/;
/** As many as a ConfigMap ever holds. */
const MAX_FILES = 4096;

/** The files that are named, and those in folders that are; what cannot be listed stands for itself. */
export async function listPolicyFiles(paths: readonly string[]): Promise<readonly string[]> {
  const listed = await Promise.all(
    paths.map(async (path) => {
      const isFolder = await stat(path).then(
        (found) => found.isDirectory(),
        () => false,
      );
      if (!isFolder) return [path];
      const names = await readdir(path).catch(() => []);
      return names
        .filter((name) => POLICY_FILE.test(name))
        .toSorted()
        .map((name) => join(path, name));
    }),
  );
  return [...new Set(listed.flat())].slice(0, MAX_FILES);
}

/** `fallback`: whose a policy is that names no namespace. */
export function sortByNamespace(reading: PolicyReading, fallback: string): NamespacePolicies {
  if (!reading.ok) return reading;
  const groups = Map.groupBy(
    reading.documents,
    ({ policy }) => policy.metadata.namespace ?? fallback,
  );
  return {
    ok: true,
    byNamespace: new Map([...groups].map(([name, documents]) => [name, load(documents)])),
  };
}

function load(documents: readonly PolicyDocument[]): LoadedPolicy {
  const problems = jointProblems(documents);
  return problems.length > 0
    ? { ok: false, problems }
    : loadPolicy({ ok: true, documents }, { place: 'Anywhere' });
}
