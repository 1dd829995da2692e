// Renders the policy schema as a CustomResourceDefinition: what the API server and `kubectl explain` see.

import {
  API_VERSION,
  CATEGORY,
  CONDITIONS,
  GROUP,
  POLICY_CRD,
  POLICY_KIND,
  POLICY_PLURAL,
  POLICY_SHORT_NAME,
  POLICY_SINGULAR,
  VERSION,
} from './names.ts';
import { McpGatewayPolicySchema } from './policy.ts';
import { type Check, type SchemaNode, schemaNode } from './schema.ts';

/** A JSON Schema of the kind Kubernetes calls structural. */
export interface StructuralSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: { readonly [field: string]: StructuralSchema };
  readonly items?: StructuralSchema;
  readonly additionalProperties?: StructuralSchema;
}

/** The CustomResourceDefinition of McpGatewayPolicy, as plain JSON. */
export function policyCrd(): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: POLICY_CRD },
    spec: {
      group: GROUP,
      names: {
        kind: POLICY_KIND,
        listKind: `${POLICY_KIND}List`,
        plural: POLICY_PLURAL,
        singular: POLICY_SINGULAR,
        shortNames: [POLICY_SHORT_NAME],
        categories: [CATEGORY],
      },
      scope: 'Namespaced',
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: printerColumns(),
          schema: { openAPIV3Schema: policyStructuralSchema() },
        },
      ],
    },
  };
}

/** The schema under `openAPIV3Schema`. */
export function policyStructuralSchema(): StructuralSchema {
  const { properties = {}, ...root } = renderSchema(schemaNode(McpGatewayPolicySchema));
  return {
    ...root,
    properties: {
      ...properties,
      apiVersion: { type: 'string', description: `\`${API_VERSION}\`.` },
      kind: { type: 'string', description: `\`${POLICY_KIND}\`.` },
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

function printerColumns(): readonly object[] {
  const condition = (name: string, type: string) => ({
    name,
    type: 'string',
    jsonPath: `.status.conditions[?(@.type=="${type}")].status`,
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
    condition('Protected', CONDITIONS.bypassProtected),
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ];
}
