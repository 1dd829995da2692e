// Which parts of an MCP message are the protocol's and which are content. The protocol's own words are
// never masked, but only where the protocol puts them: `id` in somebody's data is data.

export interface Zone {
  /**
   * protocol: members mean what MCP says; whole values are not replaced, strings are masked.
   * definition: schemas of tools and forms; field rules mean values, and here are none.
   * payload: anybody's data.
   */
  readonly kind: 'protocol' | 'definition' | 'payload';
  readonly exempt: ReadonlyMap<string, Exemption>;
  readonly inside: ReadonlyMap<string, Zone>;
  /** Of members that are not named in `inside`. */
  readonly other: Zone | undefined;
  /** Members that hold base64. */
  readonly binary: ReadonlySet<string>;
  /** Paths of field rules may begin here. */
  readonly isFieldRoot: boolean;
  /** What the output schema of the tool is of. */
  readonly isStructured: boolean;
}

/** `opaque` is exempt whatever it holds; `word` only while it looks like what MCP puts there. */
export type Exemption = 'opaque' | 'word';

/** Where a message begins. Toward the server `params.name` is a tool's or a prompt's. */
export function messageZone(direction: 'toServer' | 'toClient'): Zone {
  return direction === 'toServer' ? TO_SERVER : TO_CLIENT;
}

/** Into a member; items of a list are in the zone of the list. */
export function enterZone(zone: Zone, key: string): Zone {
  return zone.inside.get(key) ?? zone.other ?? (zone.kind === 'definition' ? zone : PAYLOAD);
}

/** Whether a string is the protocol's, where the protocol has one. */
export function isExempt(exemption: Exemption, value: string): boolean {
  return exemption === 'opaque' || WORD.test(value);
}

/** Whether the key itself is the protocol's. */
export function isProtocolKey(zone: Zone, key: string): boolean {
  return zone.inside.has(key) || zone.exempt.has(key) || zone.binary.has(key);
}

/** Types, roles, methods and media types. No detector finds a value in one. */
const WORD = /^[A-Za-z_$][A-Za-z_.+$-]{0,23}(?:\/[A-Za-z_/.+$-]{1,100})?$|^2\.0$/;

function zone(parts: Partial<Zone>): Zone {
  return {
    kind: 'protocol',
    exempt: new Map(),
    inside: new Map(),
    other: undefined,
    binary: new Set(),
    isFieldRoot: false,
    isStructured: false,
    ...parts,
  };
}

function words(...keys: readonly string[]): readonly (readonly [string, Exemption])[] {
  return keys.map((key) => [key, 'word']);
}

function opaque(...keys: readonly string[]): readonly (readonly [string, Exemption])[] {
  return keys.map((key) => [key, 'opaque']);
}

export const PAYLOAD = zone({ kind: 'payload' });
const ROOT_PAYLOAD = zone({ kind: 'payload', isFieldRoot: true });
const STRUCTURED = { ...ROOT_PAYLOAD, isStructured: true };
const DEFINITION = zone({ kind: 'definition' });

const PROTOCOL_META = 'io.modelcontextprotocol/';
/** Who the peers say they are: names and versions are looked at by machines. */
const INFO = zone({ exempt: new Map(opaque('name', 'version')) });
const META = zone({
  exempt: new Map([
    ...opaque('progressToken', 'traceparent', 'tracestate'),
    ...opaque(`${PROTOCOL_META}protocolVersion`, `${PROTOCOL_META}subscriptionId`),
    ...opaque(`${PROTOCOL_META}logLevel`),
  ]),
  inside: new Map([
    [`${PROTOCOL_META}clientInfo`, INFO],
    [`${PROTOCOL_META}serverInfo`, INFO],
    [`${PROTOCOL_META}related-task`, zone({ exempt: new Map(opaque('taskId')) })],
  ]),
});
const meta = ['_meta', META] as const;

const RESOURCE = zone({
  exempt: new Map(words('mimeType')),
  inside: new Map([meta]),
  binary: new Set(['blob']),
});
/** A content block; a tool result in a sampling message holds blocks again. */
const BLOCK = zone({
  exempt: new Map(words('type', 'mimeType')),
  inside: new Map([meta, ['resource', RESOURCE], ['structuredContent', ROOT_PAYLOAD]]),
  binary: new Set(['data', 'blob']),
});
const CONTENT = { ...BLOCK, inside: new Map([...BLOCK.inside, ['content', BLOCK]]) };
const MESSAGE = zone({
  exempt: new Map(words('role')),
  inside: new Map([meta, ['content', CONTENT]]),
});
const NAMED = zone({
  exempt: new Map(opaque('name')),
  inside: new Map([
    meta,
    ['inputSchema', DEFINITION],
    ['outputSchema', DEFINITION],
    ['arguments', DEFINITION],
  ]),
});
const TASK = zone({ exempt: new Map(opaque('taskId')), inside: new Map([meta]) });
const ERROR = zone({ inside: new Map([['data', ROOT_PAYLOAD]]) });

const RESULT_PARTS = [
  meta,
  ['content', CONTENT],
  ['contents', RESOURCE],
  ['messages', MESSAGE],
  ['tools', NAMED],
  ['prompts', NAMED],
  ['resources', RESOURCE],
  ['resourceTemplates', RESOURCE],
  ['structuredContent', STRUCTURED],
  ['serverInfo', INFO],
  ['task', TASK],
  ['tasks', TASK],
  ['error', ERROR],
] as const satisfies readonly (readonly [string, Zone])[];
const RESULT_WORDS = new Map([
  ...words('resultType', 'role'),
  ...opaque('nextCursor', 'requestState', 'taskId', 'protocolVersion'),
]);
const PLAIN_RESULT = zone({ exempt: RESULT_WORDS, inside: new Map(RESULT_PARTS) });

const PARAMS_PARTS = [
  ...RESULT_PARTS,
  ['arguments', ROOT_PAYLOAD],
  ['data', ROOT_PAYLOAD],
  ['requestedSchema', DEFINITION],
  ['clientInfo', INFO],
  ['ref', zone({ exempt: new Map([...words('type'), ...opaque('name')]) })],
  ['result', PLAIN_RESULT],
] as const satisfies readonly (readonly [string, Zone])[];
const PARAMS_WORDS = [
  ...opaque('progressToken', 'requestId', 'requestState', 'taskId', 'cursor', 'protocolVersion'),
];

function paramsZone(exempt: readonly (readonly [string, Exemption])[]): Zone {
  return zone({ exempt: new Map(exempt), inside: new Map(PARAMS_PARTS) });
}

/** A request inside a result (2026-07-28, `inputRequests`), by its key. */
const INPUTS = zone({
  other: zone({
    exempt: new Map(words('method')),
    inside: new Map([['params', paramsZone(PARAMS_WORDS)]]),
  }),
});
const RESULT = zone({
  exempt: RESULT_WORDS,
  inside: new Map([...RESULT_PARTS, ['result', PLAIN_RESULT], ['inputRequests', INPUTS]]),
});

function rootZone(params: Zone): Zone {
  return zone({
    exempt: new Map([...words('jsonrpc', 'method'), ...opaque('id')]),
    inside: new Map([
      ['params', params],
      ['result', RESULT],
      ['error', ERROR],
    ]),
  });
}

const TO_CLIENT = rootZone(paramsZone(PARAMS_WORDS));
const TO_SERVER = rootZone(paramsZone([...PARAMS_WORDS, ...opaque('name')]));
