import type { OutputStream } from '../driver.ts'
import type { KeptRun } from './output-buffer.ts'

/** Bytes as UTF-8, with U+FFFD for what is not. */
function decode(runs: readonly KeptRun[]): string {
  const bytes = Buffer.concat(runs.map((run) => run.bytes))
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}

/** Says that bytes are missing; without it, the beginning and the end would read as one text. */
function gapLine(bytes: number): string {
  return `\n[${bytes} bytes of output left out]\n`
}

/** The kept output of one stream, with a line where `dropped` bytes are missing. */
export function streamText(runs: Iterable<KeptRun>, stream: OutputStream, dropped: number): string {
  const own = [...runs].filter((run) => run.stream === stream)
  if (dropped === 0) return decode(own)
  const beginning = own.filter((run) => run.half === 'beginning')
  const end = own.filter((run) => run.half === 'end')
  return decode(beginning) + gapLine(dropped) + decode(end)
}

/** The kept output of both streams in order, from `since` up to `until`, with a line at each gap. */
export function orderedText(runs: Iterable<KeptRun>, since: number, until: number): string {
  const parts: string[] = []
  let joined: KeptRun[] = []
  let at = since
  for (const run of runs) {
    if (run.start > at) {
      parts.push(decode(joined), gapLine(run.start - at))
      joined = []
    }
    joined.push(run)
    at = run.start + run.bytes.length
  }
  parts.push(decode(joined))
  if (at < until) parts.push(gapLine(until - at))
  return parts.join('')
}
