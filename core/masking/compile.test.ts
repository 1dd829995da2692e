// Which entries meet which messages, and what is wrong with entries.

import { expect } from 'chai';
import { compileMasking, type MessageOrigin } from './compile.ts';
import {
  compiled,
  type Entries,
  maskedText,
  policyOf,
  textAnswer,
  VALUES,
} from './masking.testkit.ts';

const { email: EMAIL, us_ssn: SSN } = VALUES;
const REFUND: MessageOrigin = { kind: 'tool', name: 'refund' };
const MAIL: Entries[number] = { name: 'mail', detectors: ['email'], action: 'Redact' };

describe('the entries of policies', () => {
  const origins: readonly { origin: MessageOrigin; isMeant: boolean }[] = [
    { origin: REFUND, isMeant: true },
    { origin: { kind: 'tool', name: 'echo' }, isMeant: false },
    { origin: { kind: 'other' }, isMeant: false },
    { origin: { kind: 'unknown' }, isMeant: true },
  ];
  for (const { origin, isMeant } of origins) {
    it(`for certain tools ${isMeant ? 'meet' : 'do not meet'} a message of ${JSON.stringify(origin)}`, () => {
      const masking = compiled({ ...MAIL, tools: ['ref*'] });

      expect(masking.planFor('toClient', origin) !== undefined).to.equal(isMeant);
    });
  }

  it('meet the direction that they are for', () => {
    const [request, response] = [
      compiled({ ...MAIL, direction: 'Request' }),
      compiled({ ...MAIL, direction: 'Response' }),
    ];

    expect(request.planFor('toServer', REFUND)).to.not.equal(undefined);
    expect(request.planFor('toClient', REFUND)).to.equal(undefined);
    expect(response.planFor('toServer', REFUND)).to.equal(undefined);
    expect(response.planFor('toClient', REFUND)).to.not.equal(undefined);
  });

  it('of several policies all apply: adding one never shows more', () => {
    const { masking } = compileMasking([
      policyOf([MAIL], 'a'),
      policyOf([{ name: 'ssn', detectors: ['us_ssn', 'email'], action: 'Partial' }], 'b'),
    ]);

    expect(maskedText(textAnswer(`${EMAIL} ${SSN}`), masking)).to.equal(
      textAnswer('[REDACTED:email] ****1120'),
    );
  });

  it('are none, where no policy masks: messages are not looked at', () => {
    expect(
      compileMasking([policyOf([])]).masking.planFor('toClient', { kind: 'unknown' }),
    ).to.equal(undefined);
  });

  it('are told by document and place when they cannot be carried out', () => {
    const { problems } = compileMasking([
      policyOf([MAIL]),
      policyOf([
        MAIL,
        {
          name: 'bad',
          patterns: ['ok', '(?<=a)b', 'a{1001}'],
          fields: ['a..b', 'ok', 'a.**b'],
          action: 'Drop',
        },
      ]),
    ]);

    expect(problems.map(({ document, path }) => `${document} ${path}`)).to.deep.equal([
      '1 spec.masking[1].patterns[1]',
      '1 spec.masking[1].patterns[2]',
      '1 spec.masking[1].fields[0]',
      '1 spec.masking[1].fields[2]',
    ]);
  });
});
