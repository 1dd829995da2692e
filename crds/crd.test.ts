import { expect } from 'chai';
import { parse } from 'yaml';
import { artifacts } from './artifacts.ts';
import { crdOf, type StructuralSchema, structuralSchema } from './crd.ts';
import { KINDS } from './kinds.ts';
import { McpGatewayPolicySchema } from './policy.ts';
import { type SchemaNode, schemaNode } from './schema.ts';

/** Keywords that apiextensions.k8s.io/v1 takes in a structural schema and that we write. */
const STRUCTURAL_KEYWORDS = new Set([
  'type',
  'description',
  'properties',
  'required',
  'items',
  'additionalProperties',
  'enum',
  'pattern',
  'format',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-validations',
]);

interface Place {
  readonly path: string;
  readonly schema: StructuralSchema;
}

function places(schema: StructuralSchema, path: string): readonly Place[] {
  const below = [
    ...Object.entries(schema.properties ?? {}).flatMap(([field, child]) =>
      places(child, `${path}.${field}`),
    ),
    ...(schema.items === undefined ? [] : places(schema.items, `${path}[]`)),
    ...(schema.additionalProperties === undefined
      ? []
      : places(schema.additionalProperties, `${path}{}`)),
  ];
  return [{ path, schema }, ...below];
}

/** Without the three fields whose schema the API server itself supplies. */
const ours = KINDS.flatMap((custom) => places(structuralSchema(custom), '')).filter(
  ({ path }) => !['.apiVersion', '.kind', '.metadata'].includes(path),
);

describe('the CRD', () => {
  it('is structural: one type everywhere and no keyword that Kubernetes does not take', () => {
    for (const { path, schema } of ours) {
      expect(schema.type, path).to.be.oneOf(['object', 'array', 'string', 'integer', 'boolean']);
      for (const keyword of Object.keys(schema)) {
        expect(STRUCTURAL_KEYWORDS.has(keyword), `${path}: ${keyword}`).to.equal(true);
      }
      expect(schema.properties && schema.additionalProperties, path).to.equal(undefined);
    }
  });

  it('bounds every string, list, map and number', () => {
    for (const { path, schema } of ours) {
      if (schema.type === 'string' && schema.enum === undefined) {
        expect(schema.maxLength, path).to.be.a('number');
      }
      if (schema.type === 'array') expect(schema.maxItems, path).to.be.a('number');
      if (schema.type === 'integer') {
        expect(schema.minimum, path).to.be.a('number');
        expect(schema.maximum, path).to.be.a('number');
      }
      if (schema.additionalProperties) expect(schema.maxProperties, path).to.be.a('number');
    }
  });

  it('documents every field', () => {
    for (const { path, schema } of ours) {
      expect(schema.description, path).to.match(/^\S.*[.?]$/s);
    }
  });

  it('lets the API server default nothing', () => {
    expect(JSON.stringify(KINDS.map(crdOf))).not.to.include('"default":');
  });

  it('requires the keys of each list of names', () => {
    for (const { path, schema } of ours) {
      const keys = schema['x-kubernetes-list-map-keys'];
      if (keys !== undefined) expect(schema.items?.required, path).to.include.members(keys as []);
    }
  });

  it('anchors every pattern and puts it into words', () => {
    for (const { path, node } of nodes(schemaNode(McpGatewayPolicySchema), '')) {
      if (node.pattern === undefined) continue;
      expect(node.pattern, path).to.match(/^\^.*\$$/);
      expect(node.form, path).to.be.a('string');
    }
  });

  it('names its fields so that CEL needs no escapes', () => {
    for (const { path, schema } of ours) {
      for (const field of Object.keys(schema.properties ?? {})) {
        expect(field, path).to.match(/^[a-z][A-Za-z]*$/);
      }
    }
  });

  it('has words that no YAML reader takes for a boolean, a number or nothing', () => {
    for (const { path, schema } of ours) {
      for (const word of (schema.enum ?? []) as readonly string[]) {
        // Conditions say True and False, as everywhere in Kubernetes; nobody writes those by hand.
        if (path.endsWith('.conditions[].status')) continue;
        expect(parse(word, { version: '1.1' }), path).to.equal(word);
      }
    }
  });
});

describe('generated files', () => {
  it('are read alike as YAML 1.1 and 1.2', () => {
    const files = artifacts();

    for (const [at, custom] of KINDS.entries()) {
      expect(parse(files[at]!.text, { version: '1.1' })).to.deep.equal(crdOf(custom));
      expect(parse(files[at]!.text)).to.deep.equal(crdOf(custom));
    }
  });

  it('are the same each time', () => {
    expect(artifacts()).to.deep.equal(artifacts());
  });
});

function nodes(node: SchemaNode, path: string): readonly { path: string; node: SchemaNode }[] {
  const children: (readonly [string, SchemaNode | undefined])[] = [
    ...Object.entries(node.properties ?? {}),
    ['[]', node.items],
    ['{}', node.additionalProperties],
  ];
  return [
    { path, node },
    ...children.flatMap(([name, child]) => (child ? nodes(child, `${path}.${name}`) : [])),
  ];
}
