// The rules of the house, read off the source itself, so that switching off a lint rule changes
// nothing: which floor may import which, what core may touch, and what no file may contain.

import { posix } from 'node:path';

/** Ground first: an import only goes down. What shares a floor never imports its neighbour. */
const FLOORS: readonly (readonly string[])[] = [
  ['crds'],
  ['core'],
  ['platform'],
  ['sidecar', 'console', 'operator'],
  ['cli'],
  ['e2e'],
  ['bench'],
];

/** Folders whose files are judged. */
export const HOUSE_FOLDERS: readonly string[] = FLOORS.flat();

const MAX_LINES = 300;

/** Pure code may still compute a hash, a signature or a packed form, and policy compiles CEL. */
const CORE_MAY_IMPORT: ReadonlyMap<string, readonly string[]> = new Map([
  ['core/evidence/', ['node:crypto']],
  ['core/recordings/', ['node:crypto', 'node:zlib']],
  ['core/approvals/', ['node:crypto']],
  ['core/policy/', ['@marcbachmann/cel-js']],
]);

interface Ban {
  readonly what: RegExp;
  readonly says: string;
  /** Whether the ban holds for this file; without it, for every file. */
  readonly holdsFor?: (path: string) => boolean;
}

/** Looked for in code, without its comments and strings. */
const BANS: readonly Ban[] = [
  { what: /^export default\b/m, says: 'exports by default; name the export' },
  { what: /^export \* /m, says: 'passes on another file; import from where the thing is' },
  { what: /\bas [a]ny\b|: [a]ny\b|<[a]ny\b/, says: 'says any' },
  {
    what: /\bprocess\.(?:env|exit|exitCode)\b/,
    says: 'reads the environment or exits; only a main.ts does',
    holdsFor: (path) => !isTest(path) && !isMain(path) && !isAbove(path, 'cli'),
  },
  {
    what: /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\brandomUUID\b/,
    says: 'has a clock or chance of its own; take it as a parameter',
    holdsFor: (path) => path.startsWith('core/') && !isTest(path),
  },
  {
    what: /\bupstream\.send\b/,
    says: 'sends to the server without a permit; only sidecar/forward.ts does',
    holdsFor: (path) => path.startsWith('sidecar/') && path !== 'sidecar/forward.ts',
  },
];

/** Comments that make a tool look away from more than one line, or from types. */
const SILENCERS = /^\s*\/\/ (?:@ts-(?:ignore|nocheck|expect-error)|biome-ignore-(?:all|start))\b/m;

const COMMENTS_AND_STRINGS = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$|'(?:[^'\\\n]|\\.)*'/gm;
const IMPORTS =
  /(?:^import (?:type )?(?:\w+,? ?)?(?:\{[^}]*\}|\* as \w+)? ?from |^import |^export (?:type )?(?:\{[^}]*\}|\*(?: as \w+)?) from |\bimport\(\s*)'([^'\n]+)'/gm;

/** Everything that is wrong with one file; `path` is relative to the root, with slashes. */
export function problemsOf(path: string, source: string): readonly string[] {
  const code = source.replaceAll(COMMENTS_AND_STRINGS, '');
  return [
    ...problemsOfForm(path, source),
    ...importsOf(source).flatMap((specifier) => problemsOfImport(path, specifier)),
    ...BANS.filter(({ what, holdsFor }) => (holdsFor?.(path) ?? true) && what.test(code)).map(
      ({ says }) => says,
    ),
    ...(SILENCERS.test(source) ? ['silences a check'] : []),
  ].map((problem) => `${path}: ${problem}`);
}

function problemsOfForm(path: string, source: string): readonly string[] {
  const problems: string[] = [];
  const lines = source.split('\n').length - 1;
  if (lines > MAX_LINES) {
    problems.push(`has ${lines} lines, more than ${MAX_LINES}; it holds more than one idea`);
  }
  if (
    !/^(?:[a-z0-9]+-)*[a-z0-9]+(?:\.(?:test|testkit|fixture|contract|d))?\.ts$/.test(
      posix.basename(path),
    )
  ) {
    problems.push('is not named in kebab-case');
  }
  if (/\/(?:index|utils?|helpers?|common|types|manager)\.ts$/.test(path) && !isField(path)) {
    problems.push('has a name that says nothing');
  }
  if (!source.startsWith('// ') && !path.endsWith('.test.ts')) {
    problems.push('does not begin by saying what it is for');
  }
  return problems;
}

/** `crds/spec/common.ts` holds the fields that the sections of a policy have in common. */
function isField(path: string): boolean {
  return path === 'crds/spec/common.ts';
}

/** The files of the house that one imports, relative to the root. */
export function importedFiles(path: string, source: string): readonly string[] {
  return importsOf(source).flatMap((specifier) => targetOf(path, specifier) ?? []);
}

function importsOf(source: string): readonly string[] {
  return [...source.matchAll(IMPORTS)].map(([, specifier]) => specifier ?? '');
}

function problemsOfImport(path: string, specifier: string): readonly string[] {
  const target = targetOf(path, specifier);
  if (target === undefined) {
    return problemsOfPackage(path, specifier);
  }
  const from = folderOf(path);
  const to = folderOf(target);
  if (specifier.startsWith('.') && from !== to && !specifier.endsWith('package.json')) {
    return [`imports ${specifier}; across folders use #${to}/…`];
  }
  if (from === to) {
    return from === 'platform' && !maySeeAdapter(path, target)
      ? [`imports ${specifier}; adapters never import each other`]
      : [];
  }
  return HOUSE_FOLDERS.includes(to) && floorOf(to) >= floorOf(from)
    ? [`imports ${specifier}; an import only goes down`]
    : [];
}

/** The file meant, relative to the root; undefined for a package. */
function targetOf(path: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) {
    return specifier.slice(1);
  }
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined;
}

function problemsOfPackage(path: string, specifier: string): readonly string[] {
  if (folderOf(path) !== 'core' || isTest(path)) {
    return [];
  }
  const allowed = [...CORE_MAY_IMPORT].flatMap(([folder, packages]) =>
    path.startsWith(folder) ? packages : [],
  );
  return allowed.includes(specifier) ? [] : [`imports ${specifier}; core is pure`];
}

/** `platform/process` is not an outside system: it is the process that every adapter runs in. */
function maySeeAdapter(path: string, target: string): boolean {
  const adapter = (file: string) => file.split('/')[1];
  return adapter(path) === adapter(target) || adapter(target) === 'process';
}

function folderOf(path: string): string {
  return path.split('/', 1)[0] ?? '';
}

function floorOf(folder: string): number {
  return FLOORS.findIndex((folders) => folders.includes(folder));
}

function isAbove(path: string, folder: string): boolean {
  return floorOf(folderOf(path)) > floorOf(folder);
}

function isTest(path: string): boolean {
  return /\.(?:test|testkit|fixture|contract)\.ts$/.test(path);
}

function isMain(path: string): boolean {
  return path.endsWith('/main.ts');
}
