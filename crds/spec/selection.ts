// Which pods a policy governs. Alone on a laptop the policy governs the one upstream, and these are ignored.

import { Type } from 'typebox';
import { choice, type Immutable, list, map, object, text } from '../schema.ts';
import { objectName } from './common.ts';

const LABEL_KEY = {
  maxLength: 317,
  pattern: '^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$',
  form: 'a label key, such as app.kubernetes.io/name',
};
const LABEL_VALUE = {
  minLength: 0,
  maxLength: 63,
  pattern: '^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$',
  form: 'a label value: letters, digits and inner hyphens, underscores and dots',
};

const Requirement = object(
  {
    key: text({ doc: 'Key of the label.', ...LABEL_KEY }),
    operator: choice(['In', 'NotIn', 'Exists', 'DoesNotExist'], {
      doc: 'How the label relates to `values`.',
    }),
    values: Type.Optional(
      list(text({ doc: 'A label value.', ...LABEL_VALUE }), {
        doc: 'Label values; required by In and NotIn, refused by Exists and DoesNotExist.',
        maxItems: 32,
      }),
    ),
  },
  {
    doc: 'One condition on a label.',
    checks: [
      {
        holds: "(self.operator in ['In', 'NotIn']) == has(self.values)",
        message: 'must be given with In and NotIn, and only then',
        field: 'values',
      },
    ],
  },
);

export const SelectorSchema = labelSelector(
  'Selects pods of this namespace by label, as everywhere in Kubernetes. Empty or absent (with no `targetRefs`): every governed pod of the namespace. Labels that differ between pods of one workload, and those of Gatehouse, are not seen. Ignored outside a cluster.',
);

export const NamespaceSelectorSchema = labelSelector(
  'Selects namespaces by label. Empty or absent: every namespace. The label `kubernetes.io/metadata.name` holds the name of each.',
);

export type LabelSelector = Immutable<Type.Static<typeof SelectorSchema>>;

function labelSelector(doc: string) {
  return object(
    {
      matchLabels: Type.Optional(
        map(text({ doc: 'The value the label must have.', ...LABEL_VALUE }), {
          doc: 'Labels that must be there, all of them.',
          maxProperties: 32,
        }),
      ),
      matchExpressions: Type.Optional(
        list(Requirement, { doc: 'Conditions on labels, all of which must hold.', maxItems: 16 }),
      ),
    },
    { doc },
  );
}

export const TargetRefSchema = object(
  {
    group: choice(['apps', 'batch'], { doc: 'API group of the workload.' }),
    kind: choice(['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'], {
      doc: 'Kind of the workload.',
    }),
    name: objectName('Name of the workload, in the namespace of the policy.'),
  },
  {
    doc: 'One workload.',
    checks: [
      {
        holds: "(self.group == 'batch') == (self.kind in ['Job', 'CronJob'])",
        message: 'must be batch for Job and CronJob, and apps for the other kinds',
        field: 'group',
      },
    ],
  },
);
