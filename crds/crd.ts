// Renders the policy schema as a CustomResourceDefinition: what the API server and `kubectl explain` see.

import type { CustomKind } from './kinds.ts';
import { API_VERSION, CATEGORY, CONDITIONS, GROUP, VERSION } from './names.ts';
import { type Check, type SchemaNode, schemaNode } from './schema.ts';

/** A JSON Schema of the kind Kubernetes calls structural. */
export interface StructuralSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: { readonly [field: string]: StructuralSchema };
  readonly items?: StructuralSchema;
  readonly additionalProperties?: StructuralSchema;
}

/** The CustomResourceDefinition, as plain JSON. */
export function crdOf(custom: CustomKind): object {
  const { kind, plural, singular, shortName, scope } = custom;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular,
        shortNames: [shortName],
        categories: [CATEGORY],
      },
      scope,
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: printerColumns(),
          schema: { openAPIV3Schema: structuralSchema(custom) },
        },
      ],
    },
  };
}

/** The schema under `openAPIV3Schema`. */
export function structuralSchema({ kind, schema }: CustomKind): StructuralSchema {
  const { properties = {}, ...root } = renderSchema(schemaNode(schema));
  return {
    ...root,
    properties: {
      ...properties,
      apiVersion: { type: 'string', description: `\`${API_VERSION}\`.` },
      kind: { type: 'string', description: `\`${kind}\`.` },
      // The API server knows this one better and takes no other word for it.
      metadata: { type: 'object' },
    },
  };
}

/**
 * Defaults become a sentence: the API server must not write them, so that what is stored, digested
 * and joined strictest-wins is what somebody wrote, the same in a cluster and in a file.
 */
function renderSchema(node: SchemaNode): StructuralSchema {
  const { description, default: fallback, form: _, checks, ...bounds } = node;
  const { items, properties, additionalProperties, ...keywords } = bounds;
  return {
    ...keywords,
    description:
      fallback === undefined ? description : `${description} Default: ${String(fallback)}.`,
    ...(items === undefined ? {} : { items: renderSchema(items) }),
    ...(properties === undefined ? {} : { properties: renderAll(properties) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: renderSchema(additionalProperties) }),
    ...(checks === undefined ? {} : { 'x-kubernetes-validations': checks.map(renderCheck) }),
  };
}

function renderAll(properties: { readonly [field: string]: SchemaNode }) {
  return Object.fromEntries(
    Object.entries(properties).map(([field, child]) => [field, renderSchema(child)]),
  );
}

function renderCheck(check: Check): object {
  if (check.each === undefined) {
    return {
      rule: check.holds,
      message: check.message,
      ...(check.field === undefined ? {} : { fieldPath: `.${check.field}` }),
    };
  }
  const { list, as } = check.each;
  const blamed = check.field === undefined ? `${list}[]` : `${list}[].${check.field}`;
  return {
    rule: `!has(self.${list}) || self.${list}.all(${as}, ${check.holds})`,
    message: `${blamed} ${check.message}`,
    fieldPath: `.${list}`,
  };
}

/** `kubectl get mgp`: is it on, for how many pods; with `-o wide`, what is wrong and with which policy. */
function printerColumns(): readonly object[] {
  const condition = (name: string, type: string) => ({
    name,
    type: 'string',
    jsonPath: `.status.conditions[?(@.type=="${type}")].status`,
  });
  const wide = (name: string, type: string, jsonPath: string) => ({
    name,
    type,
    jsonPath,
    priority: 1,
  });
  return [
    {
      name: 'Mode',
      type: 'string',
      description: 'The mode in force, which a baseline may have tightened.',
      jsonPath: '.status.mode',
    },
    condition('Accepted', CONDITIONS.accepted),
    condition('Programmed', CONDITIONS.programmed),
    {
      name: 'Pods',
      type: 'string',
      description: 'Pods that serve under this policy, of those that it selects.',
      jsonPath: '.status.pods',
    },
    condition('Protected', CONDITIONS.bypassProtected),
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    wide('Uninjected', 'integer', '.status.targets.uninjected'),
    wide('Rejected', 'integer', '.status.targets.rejected'),
    wide('Outdated', 'integer', '.status.targets.outdated'),
    wide('Exposed', 'integer', '.status.targets.exposed'),
    wide('Policy', 'string', '.status.policyDigest'),
    wide('Message', 'string', '.status.message'),
  ];
}
