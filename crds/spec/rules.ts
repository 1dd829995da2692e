// What each principal may do: the rules. Order never matters; Deny wins, then RequireApproval, then Allow.

import { Type } from 'typebox';
import { atMostOne, choice, flag, list, namedList, object, set, text } from '../schema.ts';
import { entryName, nameGlob, uriGlob, WORD } from './common.ts';

const MatchSchema = object(
  {
    tools: Type.Optional(set(nameGlob(256), { doc: 'Names of tools.', maxItems: 64 })),
    resources: Type.Optional(set(uriGlob(2048), { doc: 'URIs of resources.', maxItems: 64 })),
    prompts: Type.Optional(set(nameGlob(256), { doc: 'Names of prompts.', maxItems: 64 })),
    methods: Type.Optional(
      set(nameGlob(128), {
        doc: 'MCP methods, such as `resources/subscribe`. Needed for what the server asks of the client and for tasks; to deny handshake, ping or a list; and for methods that are not of MCP, which must be spelled out.',
        maxItems: 64,
      }),
    ),
  },
  {
    doc: 'What the message acts on. In each list any entry suffices; `methods` joins with the other list by "and". A pattern that can match nothing is refused at load. Absent: every target.',
    minProperties: 1,
    checks: [
      atMostOne(
        ['tools', 'resources', 'prompts'],
        'must have at most one of tools, resources, prompts, since a message has one target: write one rule for each',
      ),
    ],
  },
);

const ClaimSchema = object(
  {
    name: text({ doc: 'Name of a verified claim.', maxLength: 128, ...WORD }),
    values: set(text({ doc: 'A value.', maxLength: 256 }), {
      doc: 'Values, any of which suffices. Numbers and booleans are compared as text; a claim that is a list suffices with any of its elements.',
      maxItems: 64,
    }),
  },
  { doc: 'A condition on one verified claim.' },
);

export const SubjectsSchema = object(
  {
    issuer: Type.Optional(
      entryName(
        'Name of an entry of `identity.issuers`, or `kubernetes`. Required when more than one issuer is listed, since a group of one issuer is not a group of another. Absent: the one that is listed; ServiceAccounts are meant only where `kubernetes` is written.',
      ),
    ),
    subjects: Type.Optional(
      set(text({ doc: 'A subject, compared as it is.', maxLength: 256 }), {
        doc: 'Subjects, any of which suffices.',
        maxItems: 64,
      }),
    ),
    groups: Type.Optional(
      set(text({ doc: 'A group, compared as it is.', maxLength: 256 }), {
        doc: 'Groups, any of which suffices.',
        maxItems: 64,
      }),
    ),
    scopes: Type.Optional(
      set(
        text({
          doc: 'A scope.',
          maxLength: 256,
          pattern: '^[!#-\\[\\]-~]+$',
          form: 'a scope as in RFC 6749: printable ASCII without spaces, quotes and backslashes',
        }),
        {
          doc: 'OAuth scopes, all of which are needed. A caller who lacks only these is challenged to ask for them (step-up).',
          maxItems: 32,
        },
      ),
    ),
    claims: Type.Optional(
      namedList(ClaimSchema, {
        doc: 'Conditions on verified claims, all of which must hold.',
        maxItems: 16,
      }),
    ),
    clients: Type.Optional(
      set(text({ doc: 'A client id, compared as it is.', maxLength: 256 }), {
        doc: 'OAuth clients, any of which suffices.',
        maxItems: 64,
      }),
    ),
    actors: Type.Optional(
      set(text({ doc: 'A subject of the `act` chain, compared as it is.', maxLength: 256 }), {
        doc: 'Agents through whom the subject acts (RFC 8693), any of which suffices. Deny and RequireApproval look at the whole `act` chain, Allow only at the one that acts now.',
        maxItems: 64,
      }),
    ),
  },
  {
    doc: 'Who calls. All given fields must hold. Absent: every authenticated principal.',
    minProperties: 1,
  },
);

export const RuleSchema = object(
  {
    name: entryName('Name of the rule: what records and refusals say. Unique in the policy.'),
    effect: choice(['Allow', 'Deny', 'RequireApproval'], {
      doc: 'What follows when the rule matches. Deny wins over RequireApproval, that over Allow; where nothing matches the answer is Deny.',
    }),
    match: Type.Optional(MatchSchema),
    subjects: Type.Optional(SubjectsSchema),
    when: Type.Optional(
      list(text({ doc: 'A CEL expression that yields a bool.', maxLength: 4096 }), {
        doc: 'CEL expressions over `args`, `params`, `method`, `target` and `principal`, all of which must be true. They run only after target and subjects match; an error then denies, naming rule and expression. `target.name` of a resource is its URI in normal form. Numbers in arguments are doubles: write `2.0`; guard optional arguments with `has()`.',
        maxItems: 16,
      }),
    ),
    message: Type.Optional(
      text({
        doc: 'For Deny and RequireApproval: what the caller is told. Say what to do instead; never put a secret here.',
        maxLength: 512,
      }),
    ),
    approval: Type.Optional(
      entryName('With RequireApproval: name of the entry of `approvals` that decides.'),
    ),
    reapproveOnInput: Type.Optional(
      flag({
        doc: 'With RequireApproval: whether input that the client adds after the approval (multi-round-trip requests) needs an approval of its own.',
        default: true,
      }),
    ),
  },
  {
    doc: 'One rule.',
    checks: [
      {
        holds: "(self.effect == 'RequireApproval') == has(self.approval)",
        message: 'must be given when effect is RequireApproval, and only then',
        field: 'approval',
      },
      {
        holds: "self.effect == 'RequireApproval' || !has(self.reapproveOnInput)",
        message: 'must be given only when effect is RequireApproval',
        field: 'reapproveOnInput',
      },
      {
        holds: "self.effect != 'Allow' || !has(self.message)",
        message: 'must be given only when effect is Deny or RequireApproval',
        field: 'message',
      },
    ],
  },
);
