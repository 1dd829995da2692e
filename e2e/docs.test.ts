// Keeps the documents honest where a machine can: every file they cite exists, every link leads
// somewhere, and every threat is held by a test.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { RECORD_TYPES } from '#core/evidence/record.ts';
import {
  ATTRIBUTE,
  DETAIL_PREFIX,
  MCP_METRIC,
  METRIC,
  SPAN_EVENT,
} from '#platform/process/semconv.ts';

const DOCUMENTS = globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md']);

/** `core/mcp/json.ts` in backquotes: a path with a folder of ours and an extension. */
const CITED_FILE =
  /`((?:bin|crds|core|platform|sidecar|console|operator|cli|e2e|bench|docs)\/[\w./-]+\.\w+)`/g;
const LINK = /\]\((?!https?:)([^)#\s]+)?(?:#([^)\s]+))?\)/g;

function citedFiles(text: string): readonly string[] {
  return [...text.matchAll(CITED_FILE)].map(([, path]) => path ?? '');
}

/** Anchors as GitHub makes them from headings. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('the documents', () => {
  for (const document of DOCUMENTS) {
    const text = readFileSync(document, 'utf8');

    it(`${document} cites only files that exist`, () => {
      const missing = citedFiles(text).filter((path) => !existsSync(path));

      expect(missing).to.deep.equal([]);
    });

    it(`${document} has only links that lead somewhere`, () => {
      const broken = [...text.matchAll(LINK)].filter(([, path, anchor]) => {
        const target = path === undefined ? document : join(dirname(document), path);
        if (!existsSync(target)) return true;
        return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
      });

      expect(broken.map(([link]) => link)).to.deep.equal([]);
    });
  }

  for (const document of DOCUMENTS) {
    it(`${document} has no row of a table that lost its head`, () => {
      const text = readFileSync(document, 'utf8').replaceAll(/^```.*?^```/gms, '');
      const tables = text.match(/(?:^\|.*\n)+/gm) ?? [];

      const headless = tables.filter((table) => !/^.*\n\|[\s:|-]+\|\n/.test(table));

      expect(headless.map((table) => table.split('\n', 1)[0])).to.deep.equal([]);
    });
  }

  it('say of every package that the programs carry why it is there', () => {
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
    const text = readFileSync('docs/architecture.md', 'utf8');
    const [, table = ''] = /## Dependencies\n(.*?)\nFor building/s.exec(text) ?? [];

    const silent = Object.keys(dependencies).filter((name) => {
      const short = name.replace('@opentelemetry/', '');
      return !table.includes(`\`${name}\``) && !table.includes(`\`${short}\``);
    });

    expect(silent).to.deep.equal([]);
  });

  it('number each threat once', () => {
    const text = readFileSync('docs/threat-model.md', 'utf8');
    const numbers = [...text.matchAll(/^\| (T\d+) /gm)].map(([, number]) => number);

    expect(numbers.toSorted()).to.deep.equal([...new Set(numbers)].toSorted());
  });

  it('list every name of telemetry, and none that there is not', () => {
    const text = readFileSync('docs/telemetry.md', 'utf8');
    const attributes = Object.values(ATTRIBUTE);
    const metrics = [...Object.values(METRIC), ...Object.values(MCP_METRIC)];
    const names = [...attributes, ...metrics, ...Object.values(SPAN_EVENT)];

    const missing = names.filter((name) => !text.includes(`\`${name}`));
    const ours = [...text.matchAll(/`(gatehouse[._][\w.]+)/g)].map(([, name]) => name ?? '');
    const events = RECORD_TYPES.map((type) => `gatehouse.${type}`);
    const known = new Set<string>([...names, ...events, DETAIL_PREFIX]);

    expect(missing).to.deep.equal([]);
    expect(ours.filter((name) => !known.has(name))).to.deep.equal([]);
  });

  it('name a test for every threat', () => {
    const text = readFileSync('docs/threat-model.md', 'utf8');
    const rows = text.split('\n').filter((line) => /^\| T\d+ /.test(line));

    const untested = rows.filter(
      (row) => !citedFiles(row).some((path) => path.endsWith('.test.ts')),
    );

    expect(rows.length).to.be.above(10);
    expect(untested).to.deep.equal([]);
  });

  it('name a journey for every promise that is kept already', () => {
    const text = readFileSync('docs/architecture.md', 'utf8');
    const rows = text.split('\n').filter((line) => /^\| \d \| /.test(line));

    const kept = rows.filter((row) => !row.includes('comes with the operator'));
    const unheld = kept.filter(
      (row) =>
        !citedFiles(row).some((path) => /^e2e\/(cluster-)?journeys\/.+\.test\.ts$/.test(path)),
    );

    expect(rows.length).to.equal(7);
    expect(kept.length).to.be.at.least(6);
    expect(unheld).to.deep.equal([]);
  });
});
