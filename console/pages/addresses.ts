// Where a request or a session has its page. Where several namespaces are served, the address names the one
// that it belongs to.

/** `namespace`: undefined where there is only one. */
export function requestAddress(id: string, namespace: string | undefined): string {
  return `/approvals/${encodeURIComponent(id)}${queryOf({ namespace })}`;
}

/** Where its glass is broken. */
export function breakingAddress(id: string, namespace: string | undefined): string {
  return `/approvals/${encodeURIComponent(id)}/break-glass${queryOf({ namespace })}`;
}

export function sessionAddress(id: string, namespace: string | undefined): string {
  return `/sessions/${encodeURIComponent(id)}${queryOf({ namespace })}`;
}

export function replayAddress(
  id: string,
  { namespace, step }: { readonly namespace: string | undefined; readonly step?: number },
): string {
  return `/sessions/${encodeURIComponent(id)}/replay${queryOf({ namespace, step })}`;
}

/** With its `?`; empty when nothing is to be said. */
export function queryOf(said: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(said)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.size === 0 ? '' : `?${query}`;
}
