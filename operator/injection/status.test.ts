import { expect } from 'chai';
import { inject } from './inject.ts';
import { placement, podOf, SETTINGS } from './injection.testkit.ts';
import type { Container, Pod } from './pod.ts';
import { compareInjected, statusOf } from './status.ts';

function injected() {
  const result = inject(podOf(), placement(), SETTINGS);
  if (!result.ok) throw new Error(result.why);
  return { pod: result.pod, status: statusOf(result.pod, result.capture, SETTINGS.revision) };
}

function change(pod: Pod, alter: (sidecar: Record<string, unknown>) => void): Pod {
  const copy = structuredClone(pod);
  alter(copy.spec.initContainers![0] as unknown as Record<string, unknown>);
  return copy;
}

function withContainer(pod: Pod, container: Container): Pod {
  return { ...pod, spec: { ...pod.spec, containers: [...pod.spec.containers, container] } };
}

describe('the comparison of a pod with what was injected', () => {
  const { pod, status } = injected();

  it('finds nothing in the pod as it was injected', () => {
    expect(compareInjected(pod, status)).to.equal(undefined);
  });

  it('names the image, by which an older sidecar is known', () => {
    expect(status.image).to.equal(SETTINGS.sidecarImage);
  });

  it('lets amounts change, which others may resize', () => {
    const resized = change(pod, (one) => {
      one.resources = { limits: { memory: '1Gi' } };
    });

    expect(compareInjected(resized, status)).to.equal(undefined);
  });

  const forgeries: Record<string, Pod> = {
    'another image': change(pod, (one) => {
      one.image = 'evil:1';
    }),
    'another command': change(pod, (one) => {
      one.command = ['sh'];
    }),
    'a variable more': change(pod, (one) => {
      (one.env as object[]).push({ name: 'NODE_OPTIONS', value: '--require=/x' });
    }),
    'a mount more': change(pod, (one) => {
      (one.volumeMounts as object[]).push({ name: 'x', mountPath: '/x' });
    }),
    'a hook more': change(pod, (one) => {
      one.lifecycle = { postStart: { exec: { command: ['x'] } } };
    }),
    'another policy volume': {
      ...pod,
      spec: {
        ...pod.spec,
        volumes: pod.spec.volumes!.map((one) =>
          one.name === 'gatehouse-policy' ? { name: one.name, emptyDir: {} } : one,
        ),
      },
    },
  };
  for (const [what, forged] of Object.entries(forgeries)) {
    it(`finds ${what}`, () => {
      expect(compareInjected(forged, status)).to.include('not as they were injected');
    });
  }

  it('finds a container before the sidecar', () => {
    const initContainers = [{ name: 'first' }, ...pod.spec.initContainers!];

    expect(compareInjected({ ...pod, spec: { ...pod.spec, initContainers } }, status)).to.include(
      'not the first',
    );
  });

  const reader = { name: 'reader', volumeMounts: [{ name: 'gatehouse-token', mountPath: '/t' }] };

  it('finds another container that mounts a volume of the sidecar', () => {
    expect(compareInjected(withContainer(pod, reader), status)).to.include('reader mounts');
  });

  it('finds an ephemeral container that does', () => {
    const debugged = { ...pod, spec: { ...pod.spec, ephemeralContainers: [reader] } };

    expect(compareInjected(debugged, status)).to.include('reader mounts');
  });

  it('finds one of the same name among the servers', () => {
    const twin = withContainer(pod, { ...reader, name: 'gatehouse' });

    expect(compareInjected(twin, status)).to.include('gatehouse mounts');
  });
});
