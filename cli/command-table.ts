// Which subcommands there are and where each one lives. A command's module is loaded only when it
// is called: `sessions list` does not pay for the start of the gateway.

import type { Command } from './command.ts';

export interface CommandEntry {
  /** Words after `gatehouse`. */
  readonly name: string;
  readonly load: () => Promise<Command>;
  /** May run for long, and so gets SIGTERM and SIGINT as `io.stop` instead of dying. */
  readonly serves?: true;
}

export const COMMANDS: readonly CommandEntry[] = [
  { name: 'run', load: async () => (await import('./run.ts')).run, serves: true },
  {
    name: 'console',
    load: async () => (await import('./console.ts')).consoleCommand,
    serves: true,
  },
  {
    name: 'policy validate',
    load: async () => (await import('./policy-validate.ts')).policyValidate,
  },
  { name: 'policy test', load: async () => (await import('./policy-test.ts')).policyTest },
  { name: 'policy explain', load: async () => (await import('./policy-explain.ts')).policyExplain },
  { name: 'policy pin', load: async () => (await import('./policy-pin.ts')).policyPin },
  {
    name: 'evidence verify',
    load: async () => (await import('./evidence-verify.ts')).evidenceVerify,
  },
  {
    name: 'evidence trust',
    load: async () => (await import('./evidence-trust.ts')).evidenceTrust,
  },
  { name: 'check', load: async () => (await import('./check.ts')).check },
  {
    name: 'evidence archive',
    load: async () => (await import('./evidence-archive.ts')).evidenceArchive,
    serves: true,
  },
  { name: 'approvals list', load: async () => (await import('./approvals.ts')).approvalsList },
  { name: 'approvals show', load: async () => (await import('./approvals.ts')).approvalsShow },
  {
    name: 'approvals approve',
    load: async () => (await import('./approvals.ts')).approvalsApprove,
  },
  { name: 'approvals deny', load: async () => (await import('./approvals.ts')).approvalsDeny },
  { name: 'approvals revoke', load: async () => (await import('./approvals.ts')).approvalsRevoke },
  { name: 'approvals cancel', load: async () => (await import('./approvals.ts')).approvalsCancel },
  {
    name: 'approvals break-glass',
    load: async () => (await import('./approvals.ts')).approvalsBreakGlass,
  },
  {
    name: 'approvals reviews',
    load: async () => (await import('./approvals-reviews.ts')).approvalsReviews,
  },
  {
    name: 'approvals review',
    load: async () => (await import('./approvals-reviews.ts')).approvalsReview,
  },
  { name: 'sessions list', load: async () => (await import('./sessions.ts')).sessionsList },
  { name: 'sessions show', load: async () => (await import('./sessions.ts')).sessionsShow },
  {
    name: 'sessions replay',
    load: async () => (await import('./sessions-replay.ts')).sessionsReplay,
    serves: true,
  },
];
