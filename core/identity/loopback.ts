// Which hosts are this very machine or pod: the one place where plain http is no exposure.

/** 127.0.0.0/8, ::1 and localhost, as URL writes them. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
