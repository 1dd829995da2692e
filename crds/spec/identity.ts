// Who may call at all, and as whom the call reaches the server.

import { Type } from 'typebox';
import { CLOCK_SKEW_SECONDS, UPSTREAM_HEADER } from '../defaults.ts';
import { KUBERNETES_ISSUER, RESERVED_ISSUER_NAMES } from '../names.ts';
import { choice, integer, namedList, object, onlyWith, set, text } from '../schema.ts';
import { entryName, LABEL, OBJECT_KEY, objectName, url, valueFrom, WORD } from './common.ts';

/** Asymmetric only: a shared secret would let each verifier mint tokens, and `none` anyone. */
export const TOKEN_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

const HEADER_TOKEN = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";
/** Headers that frame the message, carry the protocol or name the caller: not ours to overwrite. */
const RESERVED_HEADERS =
  '^(?i:host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|cookie|last-event-id|accept|accept-.*|content-.*|mcp-.*|proxy-.*|x-forwarded-.*|forwarded)$';

function claimName(doc: string, fallback?: string) {
  return text({
    doc,
    maxLength: 128,
    ...WORD,
    ...(fallback === undefined ? {} : { default: fallback }),
  });
}

const ClaimsSchema = object(
  {
    subject: Type.Optional(claimName('Claim that names the caller.', 'sub')),
    groups: Type.Optional(
      claimName('Claim that lists the groups of the caller: a list, or one string.', 'groups'),
    ),
    scopes: Type.Optional(
      claimName(
        'Claim with the scopes: one space-separated string, or a list. `scp` is read where `scope` is absent.',
        'scope',
      ),
    ),
    client: Type.Optional(
      claimName(
        'Claim that names the OAuth client; `azp` is read where it is absent.',
        'client_id',
      ),
    ),
    person: Type.Optional(
      claimName(
        'Claim that names the human behind the caller, unique and verified by the issuer (an `email` counts only with `email_verified`). Without it, calls that need an approval are denied.',
      ),
    ),
  },
  {
    doc: 'Which claims to read. A name with dots is a path into nested claims, unless a claim has that whole name.',
  },
);

const CaBundleRefSchema = object(
  {
    kind: choice(['ConfigMap', 'Secret'], {
      doc: 'Kind of the object that holds the bundle. ConfigMap: read by the operator and signed into policy. Secret: mounted into the sidecar; not in a baseline, and people whose sign-in is at such an issuer cannot use the console.',
    }),
    name: objectName(
      'Its name: a ConfigMap in the namespace of the policy, and for a baseline in that of the operator; a Secret in the namespace of the pod.',
    ),
    key: Type.Optional(
      text({
        doc: 'Key that holds PEM certificates.',
        ...OBJECT_KEY,
        default: 'ca.crt',
      }),
    ),
  },
  {
    doc: 'Certificate authorities by which alone the server of this issuer is believed. Absent: those of the system. Outside a cluster the ConfigMap stands in the file of the policy.',
  },
);

export const IssuerSchema = object(
  {
    name: text({
      doc: 'How rules, records and metrics name this issuer. `kubernetes`, `gatehouse` and `anonymous` are reserved.',
      ...LABEL,
      checks: [
        {
          holds: `!(self in [${RESERVED_ISSUER_NAMES.map((name) => `'${name}'`).join(', ')}])`,
          message: `must not be ${RESERVED_ISSUER_NAMES.join(', ')}: those names are reserved`,
        },
      ],
    }),
    issuer: url(
      'Issuer URL exactly as in the `iss` claim. Its OIDC discovery document is read from there. Plain http is accepted on loopback only, unless a run flag allows it.',
    ),
    audiences: Type.Optional(
      set(text({ doc: 'A value of the `aud` claim.', maxLength: 2048, ...WORD }), {
        doc: 'Audiences that are accepted besides the public URLs of the server.',
        maxItems: 16,
      }),
    ),
    algorithms: Type.Optional(
      set(choice(TOKEN_ALGORITHMS, { doc: 'A JWS algorithm.' }), {
        doc: 'Signature algorithms that are accepted. Absent: all of these that the issuer announces.',
        maxItems: 10,
      }),
    ),
    jwksUri: Type.Optional(
      url('Where the keys of the issuer are; for issuers without a discovery document.'),
    ),
    clockSkewSeconds: Type.Optional(
      integer({
        doc: 'How far the clock of the issuer may be from ours when `exp` and `nbf` are checked.',
        minimum: 0,
        maximum: 300,
        default: CLOCK_SKEW_SECONDS,
      }),
    ),
    claims: Type.Optional(ClaimsSchema),
    caBundleRef: Type.Optional(CaBundleRefSchema),
  },
  { doc: 'An OIDC issuer whose tokens are accepted.' },
);

const ServiceAccountSchema = object(
  {
    namespace: entryName('Namespace of the ServiceAccount.'),
    name: objectName('Name of the ServiceAccount.'),
  },
  {
    doc: `A ServiceAccount of this cluster. Rules name its issuer \`${KUBERNETES_ISSUER}\` and its subject \`system:serviceaccount:<namespace>:<name>\`.`,
  },
);

const StaticSchema = object(
  {
    header: Type.Optional(
      text({
        doc: 'Header that carries the credential. Headers of HTTP framing and of MCP are refused.',
        maxLength: 64,
        pattern: HEADER_TOKEN,
        form: 'the name of an HTTP header',
        default: UPSTREAM_HEADER,
        checks: [
          {
            holds: `!self.matches('${RESERVED_HEADERS}')`,
            message: 'must not be a header of HTTP framing, cookies, forwarding or MCP',
          },
        ],
      }),
    ),
    valueFrom: valueFrom('Where the whole value of the header comes from, scheme included.'),
  },
  { doc: 'A fixed credential.' },
);

const ExchangeSchema = object(
  {
    tokenEndpoint: url('Token endpoint of the authorization server (RFC 8693).'),
    clientId: text({ doc: 'Client id of Gatehouse there.', maxLength: 256 }),
    clientSecretFrom: valueFrom('Where the client secret comes from.'),
    audience: Type.Optional(text({ doc: 'The `audience` to ask for.', maxLength: 2048, ...WORD })),
    resource: Type.Optional(url('The `resource` to ask for (RFC 8707).')),
    scopes: Type.Optional(
      set(text({ doc: 'A scope.', maxLength: 256, ...WORD }), {
        doc: 'Scopes to ask for.',
        maxItems: 32,
      }),
    ),
  },
  { doc: 'Token exchange at another authorization server.' },
);

export const UpstreamSchema = object(
  {
    mode: choice(['GatehouseToken', 'Static', 'None', 'Exchange', 'SameAudience'], {
      doc: 'GatehouseToken: a short-lived JWT signed by Gatehouse that names the caller. Static: a fixed credential. None: nothing. Exchange: a token exchanged for that of the client (RFC 8693). SameAudience: the token of the client itself, for servers that insist on their own OAuth; each such call is recorded as an exception.',
    }),
    static: Type.Optional(StaticSchema),
    exchange: Type.Optional(ExchangeSchema),
  },
  {
    doc: 'As whom a call reaches the server. Absent: mode GatehouseToken. Cookies and credentials of the client never do.',
    checks: [onlyWith('mode', 'Static', 'static'), onlyWith('mode', 'Exchange', 'exchange')],
  },
);

export const IdentitySchema = object(
  {
    issuers: Type.Optional(
      namedList(IssuerSchema, { doc: 'OIDC issuers whose tokens are accepted.', maxItems: 16 }),
    ),
    serviceAccounts: Type.Optional(
      namedList(ServiceAccountSchema, {
        doc: 'ServiceAccounts of this cluster whose projected tokens are accepted, for an audience that the policy accepts: a public URL of the server, or one listed under an issuer. They have no groups and no scopes, are no person and can approve nothing. Only in a cluster.',
        maxItems: 64,
        keys: ['namespace', 'name'],
      }),
    ),
    approvalAudience: Type.Optional(
      text({
        doc: 'Audience that tokens of approvers must have. Distinct from every MCP audience: an agent that holds the MCP token of a person can approve nothing.',
        maxLength: 2048,
        ...WORD,
      }),
    ),
    upstream: Type.Optional(UpstreamSchema),
  },
  {
    doc: 'Who may call, and as whom the call reaches the server.',
    checks: [
      {
        holds:
          '!has(self.approvalAudience) || !has(i.audiences) || !(self.approvalAudience in i.audiences)',
        message: 'must not contain approvalAudience: a token for MCP could then approve',
        each: { list: 'issuers', as: 'i' },
        field: 'audiences',
      },
      {
        holds: 'self.issuers.exists_one(other, other.issuer == i.issuer)',
        message: 'must not be listed twice: a token would belong to two entries',
        each: { list: 'issuers', as: 'i' },
        field: 'issuer',
      },
    ],
  },
);
