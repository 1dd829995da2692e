// What holds where a policy says nothing. The schema documents these; code that needs one reads it here.

export const SERVER_PATH = '/mcp';

/** Seconds; `identity.issuers[].clockSkewSeconds`. */
export const CLOCK_SKEW_SECONDS = 30;

export const UPSTREAM_HEADER = 'Authorization';

/** `evidence.record`. */
export const RECORD = 'Metadata';
export const RETENTION_DAYS = 400;

/** `spec.limits`; what is absent here is unlimited. */
export const LIMITS = {
  maxBodyBytes: 4_194_304,
  maxReplyBytes: 16_777_216,
  maxDepth: 64,
  callSeconds: 3600,
  maxStreams: 64,
} as const;

/** `spec.approvals[]`. */
export const APPROVAL = {
  quorum: 1,
  pendingTtl: '15m',
  grantTtl: '5m',
  windowMaxUses: 100,
} as const;
