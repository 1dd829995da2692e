import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseDockerfile, readDockerfile, readToolsDockerfile } from './dockerfile.ts';

const PROGRAMS = { sidecar: 'sidecar', operator: 'operator', console: 'gatehouse' } as const;
const BASE = `ARG BASE\nARG DIGEST\nFROM \${BASE}@\${DIGEST}\n`;

describe('the Dockerfiles', () => {
  for (const [program, bundle] of Object.entries(PROGRAMS)) {
    it(`run the ${program} as a numeric user who is not root, by node on PATH`, () => {
      const { config } = readDockerfile(program);

      expect(config.User).to.equal('65532:65532');
      expect(config.Entrypoint).to.deep.equal(['node', `/gatehouse/${bundle}.mjs`]);
    });

    it(`copy into the ${program} only what make build writes`, () => {
      const { copies } = readDockerfile(program);

      const makefile = readFileSync('Makefile', 'utf8');
      expect(makefile).to.match(new RegExp(`^BUNDLES := .*\\b${bundle}:`, 'm'));
      const written = [`${bundle}.mjs`, `${bundle}.mjs.map`, 'lua', 'assets'];
      expect(written.map((name) => `dist/${name}`)).to.include.members(
        copies.map(({ from }) => from),
      );
      expect(copies.map(({ to }) => to)).to.include(`/gatehouse/${bundle}.mjs`);
    });
  }

  it('put nft alone into the tools, with the path by which it is found', () => {
    const config = readToolsDockerfile();

    expect(config).to.deep.include({ Env: ['PATH=/usr/sbin'], Entrypoint: ['nft'] });
  });

  it('may name no base without its digest', () => {
    expect(() => parseDockerfile('FROM node:24\n')).to.throw('begins with other lines');
  });

  it('may run nothing while the image is made', () => {
    expect(() => parseDockerfile(`${BASE}RUN whoami\n`)).to.throw('needs a container engine');
  });
});
