// `gatehouse policy validate`: everything that can be known of policy files without running them.

import { advise } from '#core/policy/advice.ts';
import { compilePolicies } from '#core/policy/compile.ts';
import type { PolicyProblem } from '#core/policy/findings.ts';
import {
  type FileProblem,
  type PolicyDocument,
  placeProblem,
  printProblem,
  readPolicyFiles,
} from '#platform/file/policy-file.ts';
import type { Command } from './command.ts';
import { parseFlags } from './flags.ts';

/** More files than any repository of policies; a shell expands a glob to fewer. */
const MAX_FILES = 1000;

export const policyValidate: Command = {
  name: 'policy validate',
  summary: 'Say what is wrong with policy files',
  usage: `Usage: gatehouse policy validate FILE...

Reads McpGatewayPolicy documents and prints one line for each problem:

  FILE:LINE:FIELD: MESSAGE
  FILE:LINE:FIELD: warning: MESSAGE

Each document is judged on its own. Where the documents of one file could not govern one server
together, a warning says so; \`gatehouse run\` joins all it is given and would refuse them.

Exit code: 0 when all are valid, with or without warnings; 1 when one is not.
`,
  async run(args, io) {
    const { operands } = parseFlags({}, args, io.env, {
      name: 'FILE',
      atLeast: 1,
      atMost: MAX_FILES,
    });
    let isValid = true;
    for (const file of operands) {
      const findings = await inspectFile(file);
      io.stdout(findings.lines.map((line) => `${line}\n`).join(''));
      isValid &&= findings.isValid;
    }
    return isValid ? 0 : 1;
  },
};

interface Findings {
  readonly isValid: boolean;
  readonly lines: readonly string[];
}

async function inspectFile(file: string): Promise<Findings> {
  const reading = await readPolicyFiles([file]);
  if (!reading.ok) return { isValid: false, lines: reading.problems.map(printProblem) };
  const findings = reading.documents.map(inspectDocument);
  const isValid = findings.every((found) => found.isValid);
  const lines = findings.flatMap((found) => found.lines);
  return { isValid, lines: isValid ? [...lines, ...disagreements(reading.documents)] : lines };
}

function inspectDocument(document: PolicyDocument): Findings {
  const compiled = compilePolicies([document.policy], undefined, 'Anywhere');
  const place = (found: PolicyProblem): FileProblem => placeProblem([document], found);
  if (!compiled.ok) {
    return { isValid: false, lines: compiled.problems.map(place).map(printProblem) };
  }
  const advice = advise(document.policy).map((found) => ({ ...found, document: 0 }));
  return { isValid: true, lines: [...advice, ...compiled.warnings].map(place).map(printWarning) };
}

/** Where documents of one file that are valid alone could not govern one server together. */
function disagreements(documents: readonly PolicyDocument[]): readonly string[] {
  if (documents.length < 2) return [];
  const compiled = compilePolicies(
    documents.map(({ policy }) => policy),
    undefined,
    'Anywhere',
  );
  if (compiled.ok) return [];
  return compiled.problems.map((found) =>
    printWarning({
      ...placeProblem(documents, found),
      message: `when run together, ${found.message}`,
    }),
  );
}

function printWarning(problem: FileProblem): string {
  return printProblem({ ...problem, message: `warning: ${problem.message}` });
}
