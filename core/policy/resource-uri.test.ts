import { expect } from 'chai';
import fc from 'fast-check';
import { normaliseUri, normaliseUriPattern } from './resource-uri.ts';

function uriOf(text: string): string | undefined {
  const normal = normaliseUri(text);
  return normal.ok ? normal.value.uri : undefined;
}

describe('a resource URI', () => {
  const spellings: [written: string, judged: string][] = [
    ['FILE:///a', 'file:///a'],
    ['file:/a', 'file:///a'],
    ['file://localhost/a', 'file:///a'],
    ['HTTPS://Host.Example/Path', 'https://host.example/Path'],
    ['https://h:443/a', 'https://h/a'],
    ['https://h:0443/a', 'https://h/a'],
    ['https://h:/a', 'https://h/a'],
    ['https://h:8443/a', 'https://h:8443/a'],
    ['https://h./a', 'https://h/a'],
    ['http://0x7f.1/a', 'http://127.0.0.1/a'],
    ['db://Main/Users', 'db://main/Users'],
    ['file:///a/%62', 'file:///a/b'],
    ['file:///a/%7euser', 'file:///a/~user'],
    ['file:///a/%c3%a9', 'file:///a/%C3%A9'],
    ['file:///a/é b', 'file:///a/%C3%A9%20b'],
    ['file:///public/../etc/passwd', 'file:///etc/passwd'],
    ['file:///public/%2e%2e/etc', 'file:///etc'],
    ['file:///a/./b/.', 'file:///a/b/'],
    ['file:///../../a', 'file:///a'],
    ['urn:isbn:0-395', 'urn:isbn:0-395'],
    ['memo://insights', 'memo://insights'],
    ['demo://resource/static/document/a.md', 'demo://resource/static/document/a.md'],
    ['x:a?b=../c#d', 'x:a?b=../c#d'],
  ];
  for (const [written, judged] of spellings) {
    it(`written ${written} is judged as ${judged}`, () => {
      expect(uriOf(written)).to.equal(judged);
    });
  }

  const unreadable: [name: string, written: string][] = [
    ['has no scheme', 'etc/passwd'],
    ['has a relative path in a file URI', 'file:etc/passwd'],
    ['hides a slash', 'file:///public/..%2f..%2fetc'],
    ['hides a backslash', 'file:///public/..%5cetc'],
    ['has a backslash', 'https://good.example\\@evil.example/'],
    ['hides a NUL', 'file:///a%00.txt'],
    ['hides a newline', 'file:///a%0Ab'],
    ['has a newline', 'file:///a\nb'],
    ['is escaped twice', 'file:///%252e%252e/etc'],
    ['has a broken escape', 'file:///%zz'],
    ['ends in a broken escape', 'file:///%4'],
    ['has user information', 'https://good.example@evil.example/'],
    ['has an empty segment', 'file:///a//b'],
    ['has a web scheme without a host', 'https:/evil.example/a'],
    ['has a web scheme with an empty host', 'https:///evil.example/a'],
    ['has an unreadable port', 'https://h:80x/a'],
    ['has dot segments in a relative path', 'x:a/../b'],
    ['is a template', 'file:///{path}'],
    ['is not well-formed Unicode', 'file:///\ud800'],
    ['is far too long', `file:///${'a'.repeat(9000)}`],
    ['is empty', ''],
  ];
  for (const [name, written] of unreadable) {
    it(`is not judged when it ${name}`, () => {
      expect(uriOf(written)).to.equal(undefined);
    });
  }

  it('has the kin that a careless server may take it for', () => {
    const normal = normaliseUri('file:///a/b?x#y');

    expect(normal.ok && normal.value.kin).to.have.members([
      'file:///a/b?x',
      'file:///a/b',
      'file:///a/b/?x#y',
      'file:///a/b/?x',
      'file:///a/b/',
    ]);
  });

  it('is judged the same after it was normalised', () => {
    const texts = fc.oneof(
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc
        .string({
          unit: fc.constantFrom(...'aA/.:?#%2eEfF-@\\é ['.split('')),
          maxLength: 20,
        })
        .map((text) => `file:///${text}`),
    );

    fc.assert(
      fc.property(texts, (text) => {
        const once = uriOf(text);
        fc.pre(once !== undefined);

        expect(uriOf(once)).to.equal(once);
      }),
    );
  });

  it('never throws, whatever is written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(normaliseUri(text).ok).to.be.a('boolean');
        expect(normaliseUriPattern(text).ok).to.be.a('boolean');
      }),
    );
  });
});

describe('a pattern for resource URIs', () => {
  const cases: [written: string, used: string | undefined][] = [
    ['FILE:///a/*', 'file:///a/*'],
    ['file:///**', 'file:///**'],
    ['file:/a/**', 'file:///a/**'],
    ['https://*.Example/**', 'https://*.example/**'],
    ['https://**', 'https://**'],
    ['**', '**'],
    ['**/secret/**', '**/secret/**'],
    ['demo://resource/%64ynamic/*', 'demo://resource/dynamic/*'],
    ['*', undefined],
    ['/etc/**', undefined],
    ['http*://h/**', undefined],
    ['file:///a/../b', undefined],
    ['file:///a/./**', undefined],
    ['file:///a//b', undefined],
    ['file:///a%2Fb', undefined],
    ['demo://x/{id}', undefined],
    ['https://user@h/**', undefined],
  ];
  for (const [written, used] of cases) {
    it(`${written} ${used === undefined ? 'can match nothing' : `is used as ${used}`}`, () => {
      const normal = normaliseUriPattern(written);

      expect(normal.ok ? normal.value : undefined).to.equal(used);
    });
  }
});
