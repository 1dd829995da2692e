import { expect } from 'chai';
import { exposedOf } from './listener-audit.ts';

const SOCKETS = [
  { address: '127.0.0.1', port: 3000 },
  { address: '::1', port: 3000 },
  { address: '0.0.0.0', port: 8000 },
  { address: '0.0.0.0', port: 15_021 },
  { address: '10.0.0.7', port: 15_022 },
  { address: '::', port: 9229 },
  { address: '0.0.0.0', port: 9100 },
];

describe('what of a pod can be reached past the gateway', () => {
  const allowed = () => new Set([9100]);

  it('is what is neither loopback, nor ours, nor allowed', () => {
    const found = exposedOf(SOCKETS, { capture: 'PortTakeover', ownPort: 8000, allowed });

    expect(found).to.deep.equal(['[::]:9229']);
  });

  it('is the port of the server too, where only its name was taken', () => {
    const sockets = [...SOCKETS, { address: '0.0.0.0', port: 3000 }];
    const found = exposedOf(sockets, { capture: 'NamedPort', ownPort: 8000, allowed });

    expect(found).to.deep.equal(['0.0.0.0:3000', '[::]:9229']);
  });

  it('is nothing where the redirect rejects it', () => {
    expect(exposedOf(SOCKETS, { capture: 'Redirect', ownPort: 8000, allowed })).to.deep.equal([]);
  });

  it('is named up to a bound, however many a server opens', () => {
    const many = Array.from({ length: 500 }, (_, at) => ({
      address: '0.0.0.0',
      port: 20_000 + at,
    }));
    const found = exposedOf(many, { capture: 'PortTakeover', ownPort: 8000, allowed });

    expect(found).to.have.length(16);
  });
});
