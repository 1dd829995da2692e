import { expect } from 'chai';
import { readSettings } from './settings.ts';

const GOOD = {
  GATEHOUSE_NAMESPACE: 'gatehouse',
  GATEHOUSE_POD_NAME: 'operator-0',
  GATEHOUSE_SIDECAR_IMAGE: 'sidecar:1',
  GATEHOUSE_REDIRECT_IMAGE: 'tools:1',
  GATEHOUSE_REDIS: 'redis://admin:secret@redis:6379',
};

describe('the settings of the operator', () => {
  it('are read from the environment', () => {
    const settings = readSettings({ ...GOOD, GATEHOUSE_EVICT_PER_MINUTE: '3' });

    expect(settings).to.deep.include({
      namespace: 'gatehouse',
      evictPerMinute: 3,
      webhookPort: 10_250,
      logLevel: 'info',
    });
    expect(settings.isRedisBundled).to.equal(false);
  });

  it('may name the Redis of the chart', () => {
    const { GATEHOUSE_REDIS: _, ...rest } = GOOD;
    const settings = readSettings({ ...rest, GATEHOUSE_REDIS_BUNDLED: 'redis://r:6379' });

    expect([settings.isRedisBundled, settings.redisUrl]).to.deep.equal([true, 'redis://r:6379']);
  });

  const wrong: { name: string; value: string }[] = [
    ...Object.keys(GOOD).map((name) => ({ name, value: ' ' })),
    { name: 'GATEHOUSE_REDIS', value: 'http://admin:secret@redis' },
    { name: 'GATEHOUSE_CONSOLE_URL', value: 'secret' },
    { name: 'GATEHOUSE_CONSOLE_URL', value: 'http://secret.example' },
    { name: 'GATEHOUSE_CONSOLE_URL', value: 'https://secret.example/decide' },
    { name: 'GATEHOUSE_LOG_LEVEL', value: 'secret' },
    { name: 'GATEHOUSE_WEBHOOK_PORT', value: '0' },
    { name: 'GATEHOUSE_WEBHOOK_PORT', value: '65536' },
    { name: 'GATEHOUSE_EVICT_PER_MINUTE', value: '-1' },
    { name: 'GATEHOUSE_EVICT_PER_MINUTE', value: '61' },
  ];
  for (const { name, value } of wrong) {
    it(`name ${name} when it is "${value.trim()}", and quote nothing`, () => {
      expect(() => readSettings({ ...GOOD, [name]: value }))
        .to.throw(name)
        .with.property('message')
        .that.does.not.include('secret');
    });
  }
});
