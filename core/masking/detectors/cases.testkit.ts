// What each detector finds and what it leaves alone. Numbers are the public test numbers of their
// networks and registries; keys are made here and open nothing.

import { awsKey } from './aws-key.ts';
import { creditCard } from './credit-card.ts';
import type { Detector } from './detector.ts';
import { email } from './email.ts';
import { githubToken } from './github-token.ts';
import { iban } from './iban.ts';
import { ip } from './ip.ts';
import { jwt } from './jwt.ts';
import { privateKey } from './private-key.ts';
import { usSsn } from './us-ssn.ts';

const HEADER = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9';
const PAYLOAD = 'eyJzdWIiOiIxMjM0NTY3ODkwIn0';
const SIGNATURE = 'SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c';
const BODY = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj';
export const PEM = `-----BEGIN RSA PRIVATE KEY-----\n${BODY}\n-----END RSA PRIVATE KEY-----`;
const AWS_ID = 'AKIAIOSFODNN7EXAMPLE';
export const AWS_SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const RANDOM = '16C7e42F292c6912E7710c838347Ae178B4a';
const FINE = `github_pat_${'11ABCDEFG0aBcDeFgHiJkL'}_${'a1B2c3D4e5F6g7H8i9J0'.repeat(3).slice(0, 59)}`;

export interface Table {
  readonly detector: Detector;
  /** What is to be found stands between « and ». */
  readonly finds: readonly string[];
  readonly leaves: readonly string[];
}

export const tables: readonly Table[] = [
  {
    detector: email,
    finds: [
      '«john.doe@example.com»',
      'mail «a@b.io», then «c+tag@sub.example.co.uk».',
      '<«first_last%x@example.museum»>',
      'mailto:«x-y@example-site.org»?subject=1',
      "'«o'brien@example.ie»'",
      '("«jörg@müller.example»")',
      '«user@xn--mller-kva.example»',
      'https://user:«secret@example.com»/path',
      '...«dots@example.com»...',
      '«a@163.com» «b@qq.com»',
      '«a@example.com»-mails',
      `«${'l'.repeat(64)}@example.com»`,
    ],
    leaves: [
      'no at sign',
      '@scope/package',
      'npm i left-pad@1.3.0',
      'pkg@1.2.3-beta.rc and pkg@1.2.3',
      'uses: actions/checkout@v4.x.yz',
      'icon@2x.png icon@3x.webp',
      'git@github.com:owner/repo.git',
      'a @ b.com',
      'user@localhost',
      '@app.route("/x")',
      'java.lang.Object@1b6d3586',
      'x@.com x@-a.com',
      'foo@bar',
    ],
  },
  {
    detector: creditCard,
    finds: [
      '«4111111111111111»',
      'Visa «4111 1111 1111 1111», MC «5555-5555-5555-4444»',
      '«378282246310005» «3714 496353 98431»',
      '«6011111111111117»|«3530111333300000»',
      '«30569309025904» «3056 930902 5904»',
      '«4222222222222» «4222 222 222 222»',
      '«4012 8888 8888 1881» 12/29 123',
      '«5105.1051.0510.5100»',
      '«4111 - 1111 - 1111 - 1111»',
      '«4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1»',
      '«2223003122003222»',
      '«6200000000000005»',
      '(«4000056655665556»)',
      '«6304000000000000»',
      '«692829417 4111 1111 1111 1111»',
    ],
    leaves: [
      '4111111111111112',
      '1111111111111117',
      '0.4111111111111111',
      '411.1111111111111 4111.111111111111',
      '4111111111111111.5',
      'a4111111111111111 4111111111111111b',
      '41111111111111110000',
      '+4222222222222',
      '1726912345678',
      '20260921100000',
      '1726912345678901234',
      '2026-09-21 10:00:00.123456',
      '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
      '192.168.100.200',
      '+1 (555) 010-9999 and 555-0100-1234',
      '9780306406157',
      '490154203237518',
      'commit 4111111111111111aaaa4111111111111111bbbb',
      '01 02 03 04 05 06 07 08 09 10',
    ],
  },
  {
    detector: iban,
    finds: [
      '«GB82WEST12345698765432»',
      'IBAN: «GB82 WEST 1234 5698 7654 32», thanks',
      '«DE89 3704 0044 0532 0130 00»',
      '«FR1420041010050500013M02606»',
      '«de89370400440532013000»',
      '«MT84MALT011000012345MTLCAST001S»',
      '«NO9386011117947» «CH93-0076-2011-6238-5295-7»',
      'to «BE68539007547034» from «SA0380000000608010167519»',
    ],
    leaves: [
      'GB82WEST12345698765433',
      'GB82WEST1234569876543',
      'XX82WEST12345698765432',
      'AGB82WEST12345698765432',
      'DE89370400440532013000X',
      'DE89  3704 0044 0532 0130 00',
      'AT10 people at the place went home early',
      '01ARZ3NDEKTSV4RRFFQ69G5FAV',
      'de894704e0a1f2b3c4d5e6f708192a3b4c5d6e7f',
    ],
  },
  {
    detector: usSsn,
    finds: [
      '«078-05-1120»',
      'SSN «219 09 9999».',
      '«123.45.6789» and «899-99-9999»',
      'ssn=«123456789»',
      'Social Security Number: «123456789»',
      'user_ssn «123456789»',
      '«123456789» (SSN)',
      '"«123 - 45 - 6789»"',
    ],
    leaves: [
      '000-12-3456',
      '666-12-3456',
      '900-12-3456',
      '123-00-4567',
      '123-45-0000',
      '123456789',
      'businessName 123456789',
      'BUSINESSNAME 123456789',
      '123-456-7890',
      '12-123-45-6789',
      '123-45-6789-01',
      '123-45.6789',
      'a123-45-6789',
      '123-45-67890',
      '2026-09-21',
      '12345-6789',
    ],
  },
  {
    detector: ip,
    finds: [
      '«192.168.1.10»',
      'from «203.0.113.7»:8080, via «10.0.0.0»/8.',
      'http://«198.51.100.23»/x [«2001:db8::8a2e:370:7334»]:443',
      '«2001:0db8:85a3:0000:0000:8a2e:0370:7334»',
      'address:«fe80::1ff:fe23:4567:890a»%eth0',
      '«::ffff:192.0.2.128»',
      'host/«93.184.216.34»',
      'peer «2001:db8::» up',
    ],
    leaves: [
      '127.0.0.1 0.0.0.0 255.255.255.0',
      '::1 ::',
      '1.2.3',
      'v1.2.3.4',
      'version 1.2.3.4, Version: "4.3.2.1"',
      '1.3.6.1.4.1',
      '1.2.3.4.5',
      '256.1.1.1',
      '01.2.3.4.',
      'Chrome/120.0.0.0 Safari/537.36',
      'std::string a::b Foo::Bar',
      'a[1::2]',
      '10:00:00 2026-09-21T10:00:00+02:00',
      'aa:bb:cc:dd:ee:ff',
      '16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48',
      '12:34:56:78',
      '1:2:3:4:5:6:7:8:9',
      '2001:db8::1::2',
    ],
  },
  {
    detector: jwt,
    finds: [
      `«${HEADER}.${PAYLOAD}.${SIGNATURE}»`,
      `Bearer «${HEADER}.${PAYLOAD}.${SIGNATURE}», and more`,
      `«${HEADER}.${PAYLOAD}.»`,
      `«${btoa('{ "alg": "none" }').replaceAll('=', '')}.${PAYLOAD}.»`,
      `«${btoa('{\n"alg":"dir","enc":"A256GCM"}').replaceAll('=', '')}..aXY.Y2lwaGVy.dGFn»`,
    ],
    leaves: [
      `${HEADER}.${PAYLOAD}`,
      'eyelid.eyebrow.eyelash',
      `${btoa('{"typ":"JWT","kid":"1"}')}.${PAYLOAD}.${SIGNATURE}`,
      `x${HEADER}.${PAYLOAD}.${SIGNATURE}`,
      'framework.network.rework',
      'com.example.verylongpackagename.Class',
    ],
  },
  {
    detector: privateKey,
    finds: [
      `key: «${PEM}» end`,
      `«${PEM.replaceAll('\n', '\\n')}»`,
      `«-----BEGIN OPENSSH PRIVATE KEY-----\r\n${BODY}\r\n-----END OPENSSH PRIVATE KEY-----»`,
      `«-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${BODY}\n-----END PGP PRIVATE KEY BLOCK-----»`,
      `«-----BEGIN PRIVATE KEY-----\n${BODY}»`,
      `«-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n${BODY}==»\n"`,
      `«${PEM}»\n«${PEM}»`,
    ],
    leaves: [
      `-----BEGIN CERTIFICATE-----\n${BODY}\n-----END CERTIFICATE-----`,
      `-----BEGIN PUBLIC KEY-----\n${BODY}\n-----END PUBLIC KEY-----`,
      '--------------------',
      '-----BEGIN ',
    ],
  },
  {
    detector: awsKey,
    finds: [
      `«${AWS_ID}»`,
      `aws_secret_access_key = «${AWS_SECRET}»`,
      `«${AWS_ID}» «${AWS_SECRET}»`,
      `id=«ASIAIOSFODNN7EXAMPLE»;secret:"«${AWS_SECRET}»"`,
    ],
    leaves: [
      AWS_SECRET,
      'aws AKIAIOSFODNN7EXAMPL',
      'AKIAIOSFODNN7EXAMPLE7',
      'xAKIAIOSFODNN7EXAMPLE',
      'secret da39a3ee5e6b4b0d3255bfef95601890afd80709',
      'aws/path/Of/Many/parts/In/one/Long/file/v1x',
      `aws ${AWS_SECRET}x`,
    ],
  },
  {
    detector: githubToken,
    finds: [
      `«ghp_${RANDOM}»`,
      `https://«gho_${RANDOM}»@github.com`,
      `GITHUB_TOKEN=«ghs_${RANDOM}»`,
      `«${FINE}»`,
    ],
    leaves: [`ghp_${'x'.repeat(36)}`, 'ghp_short', `aghp_${RANDOM}`, 'gha_1', `ghx_${RANDOM}`],
  },
];
