import { expect } from 'chai';
import { NARROW, type Outline, WIDE } from './glob.ts';
import { outlineTemplate } from './uri-template.ts';

/** `<` for a narrow gap, `<<` for a wide one. */
function shown(outline: Outline | undefined): string | undefined {
  return outline
    ?.map((unit) => (unit === NARROW ? '<' : unit === WIDE ? '<<' : String.fromCharCode(unit)))
    .join('');
}

describe('a URI template', () => {
  const cases: [template: string, outline: string | undefined][] = [
    ['demo://resource/{id}', 'demo://resource/<'],
    ['FILE:///%61/{a}/{b}.md', 'file:///a/</<.md'],
    ['file:///{+path}', 'file:///<<'],
    ['https://H/a{?q,r}', 'https://h/a<<'],
    ['x:{a}{b}', 'x:<<'],
    ['x:gap/{gapp}', 'x:gap/<'],
    ['x:{a,b}', 'x:<<'],
    ['{scheme}://x', '<://x'],
    ['x:{unclosed', undefined],
    ['x:{a}}', undefined],
    ['x:{{a}}', undefined],
    ['x:\n{a}', undefined],
    ['file:///a//{b}', undefined],
  ];
  for (const [template, outline] of cases) {
    it(`${JSON.stringify(template)} is ${outline ?? 'not read'}`, () => {
      expect(shown(outlineTemplate(template))).to.equal(outline);
    });
  }
});
