import { canonicalHost } from '../names/canonical-host.ts'

const scheme = /^https:\/\//i
const longestUrl = 8192

/**
 * The host of a URL of https that every reader takes for the same: printable ASCII, no `\`, no user, no
 * port but 443, and a name, not an address. `null` for all else.
 */
export function httpsHost(url: string): string | null {
  if (url.length > longestUrl || !scheme.test(url) || /[^!-~]|\\/.test(url)) return null
  const rest = url.slice('https://'.length)
  const end = rest.search(/[/?#]/)
  const authority = end === -1 ? rest : rest.slice(0, end)
  const named = authority.endsWith(':443') ? authority.slice(0, -':443'.length) : authority
  if (named.includes(':')) return null
  const host = canonicalHost(named)
  return 'fault' in host || host.literal ? null : host.host
}

/** Whether a host is one of these, or below one that begins with `*.`. */
export function isHostOf(host: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern,
  )
}
