// What tests of injection share: settings, placements and pods.

import type { Pod } from './pod.ts';
import type { InjectionSettings, Placement } from './settings.ts';

export const SETTINGS: InjectionSettings = {
  revision: '0.1.0',
  sidecarImage: 'registry.example/gatehouse/sidecar:0.1.0',
  redirectImage: 'registry.example/gatehouse/redirect:0.1.0',
  imagePullPolicy: 'IfNotPresent',
  operatorUrl: 'https://gatehouse-operator.gatehouse-system.svc:8443',
};

export function placement(fields: Partial<Placement> = {}): Placement {
  return {
    workloadKey: 'deployment-payments-0123456789',
    server: { port: 3000 },
    namespaceLabels: {},
    services: [],
    secrets: [],
    ...fields,
  };
}

export function podOf(spec: Partial<Pod['spec']> = {}, metadata: Pod['metadata'] = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'payments-', ...metadata },
    spec: {
      containers: [
        { name: 'server', image: 'server:1', ports: [{ name: 'http', containerPort: 3000 }] },
      ],
      ...spec,
    },
  };
}
