import { expect } from 'chai';
import { elicitationFault, elicitationsIn } from './elicitation.ts';
import type { JsonObject } from './messages.ts';

const fault = (params: JsonObject): string | undefined =>
  elicitationFault('elicitation/create', params);

describe('a URL that a server wants opened', () => {
  for (const url of ['https://pay.example/x?y#z', 'HTTPS://pay.example', 'http://127.0.0.1:8/x']) {
    it(`may be ${url}`, () => {
      expect(fault({ mode: 'url', url, message: 'x' })).to.equal(undefined);
    });
  }

  const faults = [
    { url: 'http://pay.example/', is: 'not https' },
    { url: 'javascript:alert(1)', is: 'not https' },
    { url: ' java\nscript:alert(1)', is: 'not https' },
    { url: 'data:text/html,x', is: 'not https' },
    { url: 'file:///etc/passwd', is: 'not https' },
    { url: 'vscode://x', is: 'not https' },
    { url: 'https://bank.example@evil.example/', is: 'names a user' },
    { url: 'https://:x@evil.example/', is: 'names a user' },
    { url: '/relative', is: 'cannot be read' },
    { url: 7, is: 'cannot be read' },
    { url: null, is: 'cannot be read' },
  ];
  for (const { url, is } of faults) {
    it(`may not be ${JSON.stringify(url)}, whatever the mode says`, () => {
      for (const mode of ['url', 'form', 'x']) expect(fault({ mode, url })).to.include(is);
      expect(fault({ url })).to.include(is);
    });
  }

  it('must be there when the mode says so, and is no business of other questions', () => {
    expect(fault({ mode: 'url' })).to.include('cannot be read');
    expect(fault({ mode: 'form' })).to.equal(undefined);
    expect(elicitationFault('sampling/createMessage', { url: 'x:' })).to.equal(undefined);
  });
});

describe('an error that asks for URLs to be opened', () => {
  it('gives its questions', () => {
    const asked = { mode: 'url', url: 'https://pay.example/' };

    const questions = elicitationsIn({
      code: -32042,
      message: 'x',
      data: { elicitations: [asked] },
    });

    expect(questions).to.deep.equal([asked]);
  });

  it('hides none behind a shape of its own', () => {
    expect(elicitationsIn({ code: -32042, data: { elicitations: ['x'] } })).to.deep.equal([{}]);
    expect(elicitationsIn({ code: -32042, data: { elicitations: {} } })).to.deep.equal([]);
    expect(elicitationsIn({ code: -32042 })).to.deep.equal([]);
  });

  it('is no other error', () => {
    expect(elicitationsIn({ code: -32041, data: { elicitations: [{}] } })).to.equal(undefined);
    expect(elicitationsIn('x')).to.equal(undefined);
  });
});
