import type { BehaviourResult, Verdict } from './run-behaviour.ts'

const words: Readonly<Record<Verdict['status'], string>> = {
  kept: 'yes',
  broken: '**no**',
  skipped: '–',
}

/** Results of several drivers, by their names. */
export type ResultsByDriver = Readonly<Record<string, readonly BehaviourResult[]>>

/** A Markdown table: one row for each behaviour, one column for each driver. A dash: not applicable or not seen. */
export function supportTable(results: ResultsByDriver): string {
  const drivers = Object.keys(results)
  const rows = new Map<string, Map<string, string>>()
  for (const driver of drivers) {
    for (const { behaviour, verdict } of results[driver] ?? []) {
      const label = `${behaviour.area}: ${behaviour.title}`.replaceAll('|', '\\|')
      const row = rows.get(label) ?? new Map<string, string>()
      rows.set(label, row.set(driver, words[verdict.status]))
    }
  }
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    line(['promise', ...drivers]),
    line(['---', ...drivers.map(() => '---')]),
    ...[...rows].map(([label, row]) =>
      line([label, ...drivers.map((driver) => row.get(driver) ?? '–')]),
    ),
  ].join('\n')
}
