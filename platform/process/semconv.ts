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
  telemetryHealthy: 'gatehouse_telemetry_healthy',
  telemetryDelivered: 'gatehouse_telemetry_delivered_total',
  telemetryDropped: 'gatehouse_telemetry_dropped_total',
  callsWaiting: 'gatehouse_calls_waiting',
  tasksKept: 'gatehouse_tasks_kept',
  alerts: 'gatehouse_alerts_total',
  notifications: 'gatehouse_notifications_total',
  exposedListeners: 'gatehouse_exposed_listeners',
} as const;

/** Patterns and fields of a policy are counted under this: its authors name them as they like. */
export const POLICY_DETECTOR = 'policy';

/** Histograms in seconds that go over OTLP alone, by the MCP conventions; the last is ours. */
export const MCP_METRIC = {
  serverOperation: 'mcp.server.operation.duration',
  clientOperation: 'mcp.client.operation.duration',
  serverSession: 'mcp.server.session.duration',
  approvalWait: 'gatehouse.approval.wait.duration',
} as const;

/** What a span, a log record or a point of a histogram says. Those without our name are conventions. */
export const ATTRIBUTE = {
  method: 'mcp.method.name',
  revision: 'mcp.protocol.version',
  session: 'mcp.session.id',
  resourceUri: 'mcp.resource.uri',
  requestId: 'jsonrpc.request.id',
  operation: 'gen_ai.operation.name',
  tool: 'gen_ai.tool.name',
  prompt: 'gen_ai.prompt.name',
  rpcCode: 'rpc.response.status_code',
  httpMethod: 'http.request.method',
  httpStatus: 'http.response.status_code',
  errorType: 'error.type',
  transport: 'network.transport',
  protocol: 'network.protocol.name',
  clientAddress: 'client.address',
  user: 'user.id',
  issuer: 'gatehouse.principal.issuer',
  client: 'gatehouse.principal.client',
  actors: 'gatehouse.principal.actors',
  recordType: 'gatehouse.record.type',
  lane: 'gatehouse.record.lane',
  seq: 'gatehouse.record.seq',
  hash: 'gatehouse.record.hash',
  exchange: 'gatehouse.exchange.id',
  task: 'gatehouse.task.id',
  effect: 'gatehouse.decision.effect',
  rule: 'gatehouse.decision.rule',
  policy: 'gatehouse.decision.policy',
  observed: 'gatehouse.decision.observed',
  outcome: 'gatehouse.outcome.status',
  refusal: 'gatehouse.refusal.code',
  redactions: 'gatehouse.masking.redactions',
  withheld: 'gatehouse.masking.withheld',
  hidden: 'gatehouse.hidden.items',
  unsampled: 'gatehouse.trace.unsampled',
  approval: 'gatehouse.approval.id',
  approvalState: 'gatehouse.approval.state',
  approvalRule: 'gatehouse.approval.rule',
  approvalTarget: 'gatehouse.approval.target',
  approvers: 'gatehouse.approval.approvers',
  approvalRefusal: 'gatehouse.approval.refusal',
} as const;

/** Facts of a life-cycle record: this and their key. */
export const DETAIL_PREFIX = 'gatehouse.detail.';

/** What happens within the span of an exchange. */
export const SPAN_EVENT = { sent: 'gatehouse.sent', answered: 'gatehouse.answered' } as const;

/** A method no revision knows is counted under this, so that a peer cannot invent label values. */
export const OTHER_METHOD = 'other';
