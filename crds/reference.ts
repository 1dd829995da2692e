// Renders the policy schema as docs/policy-reference.md: every field with its bounds and its checks.

import { McpGatewayClusterPolicySchema } from './cluster-policy.ts';
import { API_VERSION, CLUSTER_POLICY_KIND, POLICY_KIND } from './names.ts';
import { McpGatewayPolicySchema } from './policy.ts';
import { type SchemaNode, schemaNode } from './schema.ts';

const HEAD = `# Policy reference

\`${POLICY_KIND}\` and \`${CLUSTER_POLICY_KIND}\`, \`${API_VERSION}\`. Generated from \`crds/policy.ts\` and \`crds/cluster-policy.ts\` by \`node crds/generate.ts\`: change it there.

A field that is not listed here is refused, and so is a listed one that this build does not carry out yet;
\`gatehouse policy validate FILE\` names both. Defaults are what holds when a field is absent; nothing writes them into the document.
`;

/** The reference page as Markdown. */
export function policyReference(): string {
  const root = schemaNode(McpGatewayPolicySchema);
  return `${HEAD}\n${root.description}\n${sections('', root).join('')}${baseline()}`;
}

/** Its own fields; those that it shares with the policy of a namespace stand above. */
function baseline(): string {
  const root = schemaNode(McpGatewayClusterPolicySchema);
  const spec = root.properties?.spec;
  const own = ['namespaceSelector', 'mode', 'rules'].flatMap((name) => {
    const field = spec?.properties?.[name];
    return field === undefined
      ? []
      : [`| \`spec.${name}\` | ${shape(field)} | ${meaning(field)} |\n`];
  });
  return `\n## ${CLUSTER_POLICY_KIND}\n\n${root.description} It belongs to no namespace. The entries of its fields are those above; only these mean something else:\n\n| Field | Shape | Meaning |\n| --- | --- | --- |\n${own.join('')}\nBesides: \`spec.identity\`, \`spec.approvals\`, \`spec.masking\`, \`spec.evidence\`, \`spec.limits\` and \`spec.notifications\`. Records name its rules \`cluster:NAME/RULE\`.\n`;
}

/** One section for the fields of an object, then those of the objects inside it, in schema order. */
function sections(path: string, node: SchemaNode): readonly string[] {
  if (node.items !== undefined) return sections(`${path}[]`, node.items);
  if (node.properties === undefined) return [];
  const fields = Object.entries(node.properties);
  const required = new Set(node.required);
  const rows = fields.map(
    ([name, field]) =>
      `| \`${name}\`${required.has(name) ? ' (required)' : ''} | ${shape(field)} | ${meaning(field)} |\n`,
  );
  return [
    ...(path === '' ? [] : [`\n## ${path}\n\n${node.description}\n`]),
    `\n| Field | Shape | Meaning |\n| --- | --- | --- |\n${rows.join('')}`,
    checkList(node),
    ...fields.flatMap(([name, field]) => sections(path === '' ? name : `${path}.${name}`, field)),
  ];
}

function checkList(node: SchemaNode): string {
  const lines = (node.checks ?? []).map((check) => {
    const blamed = [...(check.each === undefined ? [] : [`${check.each.list}[]`]), check.field]
      .filter((part) => part !== undefined)
      .join('.');
    return `- ${blamed === '' ? 'It' : `\`${blamed}\``} ${escapeCell(check.message)}.\n`;
  });
  return lines.length === 0 ? '' : `\nChecked besides:\n\n${lines.join('')}`;
}

function meaning(node: SchemaNode): string {
  const own = (node.checks ?? [])
    .filter(() => node.properties === undefined)
    .map((check) => ` It ${check.message}.`);
  const fallback = node.default === undefined ? '' : ` Default: \`${String(node.default)}\`.`;
  const entries = node.items !== undefined && node.items.properties === undefined;
  const item = entries && node.items !== undefined ? ` Each: ${meaning(node.items)}` : '';
  return escapeCell(`${node.description}${own.join('')}${fallback}`) + item;
}

function shape(node: SchemaNode): string {
  switch (node.type) {
    case 'array':
      return `list of ${node.items === undefined ? 'values' : shape(node.items)}, at most ${node.maxItems}`;
    case 'object':
      return node.additionalProperties === undefined
        ? 'object'
        : `map to ${shape(node.additionalProperties)}, at most ${node.maxProperties}`;
    case 'string':
      return stringShape(node);
    case 'integer':
      return `integer, ${node.minimum} to ${node.maximum}`;
    case 'boolean':
      return 'boolean';
  }
}

function stringShape(node: SchemaNode): string {
  if (node.enum !== undefined) return node.enum.map((word) => `\`${word}\``).join(', ');
  const form = node.form === undefined ? 'text' : escapeCell(node.form);
  return `${form}, at most ${node.maxLength} characters`;
}

/** A cell ends at a bar. */
function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
