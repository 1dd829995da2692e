// The alert rules, by Prometheus' own tool: that it reads them, that each fires when it should, and that none does
// when all is well.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { promtoolProgram } from '#e2e/cluster/programs.ts';

const RULES = 'charts/gatehouse/files/alerts.yaml';
const CASES = 'e2e/alerts/cases.yaml';

const program = await promtoolProgram();

function promtool(...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('the alert rules', () => {
  it('are read by Prometheus without a complaint', () => {
    expect(promtool('check', 'rules', '--lint-fatal', RULES)).to.include('SUCCESS');
  });

  it('fire when they should, and not when all is well', () => {
    expect(promtool('test', 'rules', CASES)).to.include('SUCCESS');
  });

  it('are tried, each of them', () => {
    const rules: readonly { readonly alert: string }[] = parse(readFileSync(RULES, 'utf8'))
      .groups[0].rules;
    const cases = readFileSync(CASES, 'utf8');

    for (const { alert } of rules) {
      expect(cases).to.include(`alertname: ${alert}\n    exp_alerts:\n    - exp_labels`);
    }
  });
});
