// Who can sign in at the fixture provider, and what its tokens say about them.

export interface OidcUser {
  readonly sub: string;
  readonly groups?: readonly string[];
  readonly email?: string;
  readonly emailVerified?: boolean;
  readonly claims?: Readonly<Record<string, unknown>>;
}

export const DEFAULT_USERS: readonly OidcUser[] = [
  {
    sub: 'alice',
    groups: ['engineering'],
    email: 'alice@corp.example',
    emailVerified: true,
  },
  { sub: 'bob', groups: ['support'], email: 'bob@corp.example', emailVerified: true },
  { sub: 'carol', groups: ['finance'], email: 'carol@corp.example', emailVerified: true },
  { sub: 'dave', groups: ['finance'], email: 'dave@corp.example', emailVerified: true },
  /** A second account of alice, and one of the people who approve. */
  { sub: 'alice-admin', groups: ['finance'], email: 'Alice@corp.example', emailVerified: true },
];

export function claimsOf(user: OidcUser): Record<string, unknown> {
  return {
    groups: user.groups ?? [],
    ...(user.email === undefined
      ? {}
      : { email: user.email, email_verified: user.emailVerified ?? false }),
    ...user.claims,
  };
}
