const shape = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:Z|([+-])(\d\d):(\d\d))$/

/**
 * A moment as services write it (RFC 3339, 5.6; upper case), in milliseconds since the epoch, whole seconds.
 * `null` for anything else, days that do not exist and other scales among it.
 */
export function momentOf(text: string): number | null {
  if (text.length > 40) return null
  const parts = shape.exec(text)
  if (parts === null) return null
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number)
  const date = new Date(0)
  date.setUTCFullYear(year ?? 0, (month ?? 0) - 1, day)
  date.setUTCHours(hour ?? 0, minute, second)
  // A date that rolled over was none: the 31st of February comes out as a day of March.
  const written = `${text.slice(0, 19)}.000Z`
  if (date.getTime() < 0 || date.toISOString() !== written) return null
  const offset = (Number(parts[8] ?? 0) * 60 + Number(parts[9] ?? 0)) * 60_000
  return date.getTime() - (parts[7] === '-' ? -offset : offset)
}
