/** What `Basic` credentials say (RFC 7617, 2): user, colon, password; `null` when it is something else. */
export function basicOf(value: string): string | null {
  if (value.slice(0, 5).toLowerCase() !== 'basic') return null
  const coded = value.slice(5)
  if (!/^[ \t]/.test(coded)) return null
  return Buffer.from(coded.trim(), 'base64').toString('utf8')
}
