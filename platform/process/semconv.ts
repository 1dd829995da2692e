// The names of everything Gatehouse measures: one word per thing, as in the glossary. Dashboards and
// alerts are written against these, so a name changes only with a line in the CHANGELOG.

export const METRIC = {
  buildInfo: 'gatehouse_build_info',
  decisions: 'gatehouse_decisions_total',
  exchanges: 'gatehouse_exchanges_total',
  exchangeSeconds: 'gatehouse_exchange_duration_seconds',
  refusals: 'gatehouse_refusals_total',
  redactions: 'gatehouse_redactions_total',
  evidenceRecords: 'gatehouse_evidence_records_total',
  evidenceCommitSeconds: 'gatehouse_evidence_commit_duration_seconds',
  evidenceHealthy: 'gatehouse_evidence_healthy',
  definitionChanges: 'gatehouse_tool_definition_changes_total',
  policyLoads: 'gatehouse_policy_loads_total',
  streamsOpen: 'gatehouse_streams_open',
} as const;

/** Patterns and fields of a policy are counted under this: its authors name them as they like. */
export const POLICY_DETECTOR = 'policy';

/** A method no revision knows is counted under this, so that a peer cannot invent label values. */
export const OTHER_METHOD = 'other';
