const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/
const numeric = /^(?:[0-9]+|0x[0-9a-f]*)$/

/** Whether a text is one host name in lower case: no pattern, no address, no port. */
export function isHostName(text: string): boolean {
  if (text === '' || text.length > 253) return false
  const labels = text.split('.')
  // The URL standard reads a name whose last label is a number as an IPv4 address.
  return labels.every((one) => label.test(one)) && !numeric.test(labels.at(-1) ?? '')
}
