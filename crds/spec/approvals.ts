// Who decides a call that waits, how many of them, and for how long.

import { Type } from 'typebox';
import { APPROVAL } from '../defaults.ts';
import { type Check, choice, integer, object, onlyWith, set, text } from '../schema.ts';
import { duration, entryName } from './common.ts';

function people(doc: string) {
  return object(
    {
      issuer: Type.Optional(
        entryName(
          'Name of the one entry of `identity.issuers` they sign in with. Required when more than one issuer is listed.',
        ),
      ),
      groups: Type.Optional(
        set(text({ doc: 'A group, compared as it is.', maxLength: 256 }), {
          doc: 'Groups whose members count.',
          maxItems: 32,
        }),
      ),
      subjects: Type.Optional(
        set(text({ doc: 'A subject, compared as it is.', maxLength: 256 }), {
          doc: 'Single subjects.',
          maxItems: 64,
        }),
      ),
    },
    {
      doc,
      checks: [
        {
          holds: 'has(self.groups) || has(self.subjects)',
          message: 'must have groups or subjects',
        },
      ],
    },
  );
}

function between(field: string, shortest: string, longest: string): Check {
  const value = `duration(self.${field})`;
  return {
    holds: `!has(self.${field}) || (${value} >= duration('${shortest}') && ${value} <= duration('${longest}'))`,
    message: `must be between ${shortest} and ${longest}`,
    field,
  };
}

const WindowSchema = object(
  {
    ttl: duration('How long the window stays open; 1m to 8h.', '30m'),
    maxUses: Type.Optional(
      integer({
        doc: 'How many calls it lets through.',
        minimum: 1,
        maximum: 1000,
        default: APPROVAL.windowMaxUses,
      }),
    ),
    closesAt: Type.Optional(
      text({
        doc: 'Time of day at which the window closes at the latest, such as 18:00, in `timeZone`. Where a change of the clock skips or repeats that time, it is the earliest that it could mean.',
        maxLength: 5,
        pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
        form: 'a time of day in 24 hours, such as 18:00',
      }),
    ),
    timeZone: Type.Optional(
      text({
        doc: 'Time zone of `closesAt`, by its name in the IANA database, such as Europe/Berlin.',
        maxLength: 64,
        pattern: '^[A-Za-z0-9_+/-]+$',
        form: 'the name of a time zone, such as Europe/Berlin',
      }),
    ),
  },
  {
    doc: 'With scope Window.',
    checks: [
      between('ttl', '1m', '8h'),
      {
        holds: 'has(self.closesAt) == has(self.timeZone)',
        message: 'must be given with closesAt, and only then',
        field: 'timeZone',
      },
    ],
  },
);

export const ApprovalSchema = object(
  {
    name: entryName('Name of this approval: what rules say. Unique in the policy.'),
    approvers: people(
      'Who may decide. The requester and everyone the agent acts for never can, whatever stands here.',
    ),
    quorum: Type.Optional(
      integer({
        doc: 'How many distinct people must approve. One denial ends the request. Where approvers are named one by one, policies that can never have so many are refused; how many people a group has, only your directory knows.',
        minimum: 1,
        maximum: 5,
        default: APPROVAL.quorum,
      }),
    ),
    pendingTtl: Type.Optional(
      duration(
        'How long a request waits for a decision before it expires; 30s to 24h.',
        APPROVAL.pendingTtl,
      ),
    ),
    grantTtl: Type.Optional(
      duration(
        'How long a grant waits to be spent before it expires; 10s to 1h.',
        APPROVAL.grantTtl,
      ),
    ),
    scope: Type.Optional(
      choice(['Call', 'Window'], {
        doc: 'Call: the grant is for this one call with exactly these arguments. Window: for calls of the same tool by the same principal, whatever the arguments, within `window`.',
        default: 'Call',
      }),
    ),
    window: Type.Optional(WindowSchema),
    breakGlass: Type.Optional(
      people(
        'Who may let a request of this approval go on without a decision, in an emergency: with a reason, for 30 minutes at most and no longer than approvers would have, with an alert, and a review by an approver other than them and the requester within 24 hours. While a review of this approval is overdue, nobody can; whoever broke glass whose review is overdue can for no approval. Absent: nobody.',
      ),
    ),
    notify: Type.Optional(
      set(entryName('Name of an entry of `notifications`.'), {
        doc: 'Who is told of requests and decisions.',
        maxItems: 16,
      }),
    ),
  },
  {
    doc: 'One way of approving a call.',
    checks: [
      between('pendingTtl', '30s', '24h'),
      between('grantTtl', '10s', '1h'),
      onlyWith('scope', 'Window', 'window'),
    ],
  },
);
