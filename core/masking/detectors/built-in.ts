// The built-in detectors by name. A bit for each, in this order, is how the gate names those that may
// find something.

import { awsKey } from './aws-key.ts';
import { creditCard } from './credit-card.ts';
import type { Detector, DetectorName } from './detector.ts';
import { email } from './email.ts';
import { githubToken } from './github-token.ts';
import { iban } from './iban.ts';
import { ip } from './ip.ts';
import { jwt } from './jwt.ts';
import { privateKey } from './private-key.ts';
import { usSsn } from './us-ssn.ts';

export const BUILT_IN: readonly Detector[] = [
  email,
  creditCard,
  iban,
  usSsn,
  ip,
  jwt,
  privateKey,
  awsKey,
  githubToken,
];

/** The bit of a detector; built-in names only. */
export const BIT: { readonly [Name in DetectorName]: number } = {
  email: 1,
  credit_card: 2,
  iban: 4,
  us_ssn: 8,
  ip: 16,
  jwt: 32,
  private_key: 64,
  aws_key: 128,
  github_token: 256,
};

const BY_NAME: ReadonlyMap<string, Detector> = new Map(
  BUILT_IN.map((detector) => [detector.name, detector]),
);

export function detectorNamed(name: DetectorName): Detector {
  const detector = BY_NAME.get(name);
  if (detector === undefined) throw new Error(`no detector is named ${name}`);
  return detector;
}
