import { rootCertificates } from 'node:tls';
import { expect } from 'chai';
import { readCaBundle } from './ca-bundle.ts';

const [FIRST = '', SECOND = ''] = rootCertificates;

describe('certificates of authorities', () => {
  it('are read out of what stands between them, which goes no further', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n';
    const read = readCaBundle(`# ours\n${FIRST}\n${key}${SECOND}\nend`);

    expect(read.ok && read.pem.match(/BEGIN CERTIFICATE/g)).to.have.length(2);
    expect(read.ok && read.pem)
      .to.not.include('PRIVATE')
      .and.not.include('ours');
  });

  const refused: [what: string, text: string, problem: RegExp][] = [
    ['nothing', '', /^must hold 1 to 32 certificates/],
    ['a key alone', '-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----', /^must hold/],
    [
      'what only looks like one',
      '-----BEGIN CERTIFICATE-----\nc2VjcmV0\n-----END CERTIFICATE-----',
      /^holds a certificate that cannot be read$/,
    ],
    ['too many', rootCertificates.slice(0, 33).join('\n'), /^must hold 1 to 32|^is over/],
    ['too much', 'x'.repeat(65_537), /^is over 65536 characters$/],
  ];
  for (const [what, text, problem] of refused) {
    it(`are not read from ${what}, which is not quoted`, () => {
      const read = readCaBundle(text);

      expect(read.ok ? '' : read.problem).to.match(problem);
      expect(read.ok ? '' : read.problem).to.not.include('c2VjcmV0');
    });
  }
});
