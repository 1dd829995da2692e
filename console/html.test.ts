// Whatever is put into a page is escaped; where that would not be enough, the template is refused.

import { expect } from 'chai';
import fc from 'fast-check';
import { type Html, html, TemplateFault } from './html.ts';

const EVIL = '<script>alert("x")</script>&\'';

describe('html', () => {
  it('escapes text', () => {
    const page = html`<p>${EVIL}</p>`;

    expect(String(page)).to.equal(
      '<p>&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;</p>',
    );
  });

  it('escapes the value of an attribute', () => {
    const page = html`<p title="${'" onclick="x'}">y</p>`;

    expect(String(page)).to.equal('<p title="&quot; onclick=&quot;x">y</p>');
  });

  it('never lets text make a tag, an entity or the end of an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const inside = String(html`<p title="${text}">${text}</p>`).slice('<p title="'.length, -4);

        expect(inside.replace('">', '')).to.not.match(/[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/);
      }),
    );
  });

  it('shows what a reader would not see', () => {
    const page = html`<b>${'pay \u202eecila'}${'a\u200bb'}${'line\nnext\ttab'}</b>`;

    expect(String(page)).to.equal('<b>pay \\u{202e}ecilaa\\u{200b}bline\nnext\ttab</b>');
  });

  it('takes HTML as it is, lists one after the other, and nothing for undefined', () => {
    const items = ['a', 'b<'].map((item) => html`<li>${item}</li>`);

    expect(String(html`<ul>${items}${undefined}${3}</ul>`)).to.equal(
      '<ul><li>a</li><li>b&lt;</li>3</ul>',
    );
  });

  it('takes attributes that are HTML of ours', () => {
    const page = html`<a href="/x" ${html`aria-current="page"`} ${undefined}>x</a>`;

    expect(String(page)).to.equal('<a href="/x" aria-current="page" >x</a>');
  });

  for (const address of ['/sessions', '/approvals/a%20b?x=1', '#main']) {
    it(`links to ${address}`, () => {
      expect(String(html`<a href="${address}">x</a>`)).to.equal(`<a href="${address}">x</a>`);
    });
  }

  const foreign = [
    'javascript:alert(1)',
    'JaVaScRiPt:x',
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    'data:text/html,x',
    ' /x',
    '',
  ];
  for (const address of foreign) {
    it(`does not link to ${JSON.stringify(address)}`, () => {
      expect(() => html`<a href="${address}">x</a>`).to.throw(TemplateFault);
      expect(() => html`<form action="${address}"></form>`).to.throw(TemplateFault);
      expect(() => html`<img src="${address}" alt="">`).to.throw(TemplateFault);
    });
  }

  const wrong: readonly { readonly name: string; readonly make: () => Html }[] = [
    { name: 'an attribute without quotes', make: () => html`<p title=${'x'}>y</p>` },
    { name: 'text among the attributes', make: () => html`<p ${'onclick=x'}>y</p>` },
    { name: 'the name of a tag', make: () => html`<${'script'}>y</p>` },
    { name: 'an event handler', make: () => html`<p onclick="${'x'}">y</p>` },
    { name: 'a style', make: () => html`<p style="${'x'}">y</p>` },
    { name: 'another document', make: () => html`<iframe srcdoc="${'x'}"></iframe>` },
    { name: 'a script in the page', make: () => html`<script>${'x'}</script>` },
    { name: 'a style in the page', make: () => html`<style>${'x'}</style>` },
    { name: 'HTML inside quotes', make: () => html`<p title="${html`<b>x</b>`}">y</p>` },
    { name: 'a tag that does not end', make: () => html`<p title="x` },
  ];
  for (const { name, make } of wrong) {
    it(`refuses a template with ${name}`, () => {
      expect(make).to.throw(TemplateFault);
    });
  }
});
