import { median } from '../measure.ts'
import { figure } from '../table.ts'

/** What is measured of every contestant. */
export interface Column {
  readonly title: string
  readonly unit: string
  readonly better: 'more' | 'less'
}

/** Who stands at the top: the server without any proxy. */
export const direct = 'no proxy'

/** Every figure of every contestant, and why one is missing. */
export class Sheet {
  readonly #figures = new Map<string, number[]>()
  readonly #failures = new Map<string, { readonly why: string; readonly times: number }>()

  record(column: Column, who: string, value: number): void {
    const key = `${column.title}\n${who}`
    const values = this.#figures.get(key)
    if (values === undefined) this.#figures.set(key, [value])
    else values.push(value)
  }

  /** What failed is tried again in the next round, and counted. */
  fail(column: Column, who: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error)
    const key = `${column.title}\n${who}`
    const times = (this.#failures.get(key)?.times ?? 0) + 1
    this.#failures.set(key, { why: why.split('\n')[0] ?? '', times })
  }

  /** The median; `null` where there is none. */
  median(column: Column, who: string): number | null {
    const values = this.#figures.get(`${column.title}\n${who}`)
    return values === undefined ? null : median(values)
  }

  /** Who is best of some, and by which figure. */
  best(column: Column, names: readonly string[]): { who: string; value: number } | null {
    const found = names.flatMap((who) => {
      const value = this.median(column, who)
      return value === null ? [] : [{ who, value }]
    })
    const sign = column.better === 'more' ? -1 : 1
    return found.toSorted((a, b) => sign * (a.value - b.value))[0] ?? null
  }

  /** A Markdown table: a row for each contestant, its figures with their ratios to ours. */
  table(columns: readonly Column[], names: readonly string[], ours: string): string {
    const head = ['', ...columns.map(({ title, unit }) => `${title}, ${unit.trim()}`)]
    const rows = names.map((who) => [
      who === ours ? `**${who}**` : who,
      ...columns.map((column) => this.#cell(column, who, ours)),
    ])
    const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
    return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line), ''].join('\n')
  }

  /** What could not be measured, and why. */
  failures(): string[] {
    return [...this.#failures].map(([key, { why, times }]) => {
      const [title, who] = key.split('\n')
      return `- ${who}, ${title}, ${times} ${times === 1 ? 'time' : 'times'}: ${why}`
    })
  }

  #cell(column: Column, who: string, ours: string): string {
    const value = this.median(column, who)
    if (value === null)
      return this.#failures.has(`${column.title}\n${who}`) ? 'failed, see below' : '–'
    const reference = this.median(column, ours)
    if (who === ours || reference === null) return figure(value)
    return `${figure(value)} (${figure(value / reference)}×)`
  }
}
