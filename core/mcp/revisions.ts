// The revisions of MCP as data: what each one puts on the wire. Code asks this table, never compares
// dates. Sources: the transport pages and changelogs of modelcontextprotocol.io, per revision.

export const REVISION_NAMES = [
  '2024-11-05',
  '2025-03-26',
  '2025-06-18',
  '2025-11-25',
  '2026-07-28',
] as const;
export type Revision = (typeof REVISION_NAMES)[number];

/** Legacy: handshake and sessions. Modern: each request stands alone and carries its own `_meta`. */
export type Era = 'legacy' | 'modern';

export interface RevisionFacts {
  readonly revision: Revision;
  readonly era: Era;
  readonly httpMethods: readonly ('POST' | 'GET' | 'DELETE')[];
  /** The server may open a session in its answer to `initialize`. */
  readonly sessions: boolean;
  /** When the client owes `MCP-Protocol-Version`: `afterInitialize` spares only the handshake. */
  readonly versionHeader: 'never' | 'afterInitialize' | 'always';
  /** `Mcp-Method` and `Mcp-Name` mirror the body. */
  readonly mirrorHeaders: boolean;
  /** `params._meta` names the revision and the client's capabilities on each request. */
  readonly requestMeta: boolean;
  /** JSON-RPC arrays exist on the wire. Gatehouse refuses them in every revision. */
  readonly batches: boolean;
  /** The server may send requests to the client on a stream. */
  readonly serverRequests: boolean;
  /** A GET with `Last-Event-ID` resumes a broken stream. */
  readonly resumption: boolean;
  /** A closed response stream cancels its request. */
  readonly disconnectCancels: boolean;
  /** Every result carries `resultType`. */
  readonly resultType: boolean;
  /** Lists, discover and reads carry `ttlMs` and `cacheScope`. */
  readonly cacheHints: boolean;
  /** HTTP status that carries -32601. */
  readonly unknownMethodStatus: 200 | 404;
}

/** Header absent on a message that needs one (Streamable HTTP, "Protocol Version Header"). */
export const ASSUMED_REVISION: Revision = '2025-03-26';

const LEGACY = {
  era: 'legacy',
  httpMethods: ['POST', 'GET', 'DELETE'],
  sessions: true,
  versionHeader: 'never',
  mirrorHeaders: false,
  requestMeta: false,
  batches: false,
  serverRequests: true,
  resumption: true,
  disconnectCancels: false,
  resultType: false,
  cacheHints: false,
  unknownMethodStatus: 200,
} as const satisfies Omit<RevisionFacts, 'revision'>;

const TABLE: readonly RevisionFacts[] = [
  { ...LEGACY, revision: '2024-11-05', batches: true, resumption: false },
  { ...LEGACY, revision: '2025-03-26', batches: true },
  { ...LEGACY, revision: '2025-06-18', versionHeader: 'afterInitialize' },
  { ...LEGACY, revision: '2025-11-25', versionHeader: 'afterInitialize' },
  {
    revision: '2026-07-28',
    era: 'modern',
    httpMethods: ['POST'],
    sessions: false,
    versionHeader: 'always',
    mirrorHeaders: true,
    requestMeta: true,
    batches: false,
    serverRequests: false,
    resumption: false,
    disconnectCancels: true,
    resultType: true,
    cacheHints: true,
    unknownMethodStatus: 404,
  },
];

export const REVISIONS: ReadonlyMap<Revision, RevisionFacts> = new Map(
  TABLE.map((facts) => [facts.revision, facts]),
);

export function isRevision(text: string): text is Revision {
  return (REVISION_NAMES as readonly string[]).includes(text);
}

export function factsOf(revision: Revision): RevisionFacts {
  const facts = REVISIONS.get(revision);
  if (facts === undefined) throw new Error(`revision ${revision} has no row in the table`);
  return facts;
}

export function eraOf(revision: Revision): Era {
  return factsOf(revision).era;
}
