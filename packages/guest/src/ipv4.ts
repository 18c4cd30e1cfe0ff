/** The four numbers of an IPv4 address in decimal notation, or `null`. */
export function ipv4Bytes(address: string): readonly number[] | null {
  const parts = address.split('.')
  const isAddress = parts.length === 4 && parts.every(isByte)
  return isAddress ? parts.map(Number) : null
}

/** A leading zero would be octal to some. */
function isByte(part: string): boolean {
  return /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255
}
