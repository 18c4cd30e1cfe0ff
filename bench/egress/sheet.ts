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
  readonly #failures = new Map<string, string>()

  record(column: Column, who: string, value: number): void {
    const key = `${column.title}\n${who}`
    const values = this.#figures.get(key)
    if (values === undefined) this.#figures.set(key, [value])
    else values.push(value)
  }

  /** Once is enough: what failed is not tried again in this run. */
  fail(column: Column, who: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error)
    this.#failures.set(`${column.title}\n${who}`, why.split('\n')[0] ?? '')
  }

  failed(column: Column, who: string): boolean {
    return this.#failures.has(`${column.title}\n${who}`)
  }

  /** The median; `null` where there is none. */
  median(column: Column, who: string): number | null {
    const values = this.#figures.get(`${column.title}\n${who}`)
    return values === undefined || this.failed(column, who) ? null : median(values)
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
    return [...this.#failures].map(([key, why]) => {
      const [title, who] = key.split('\n')
      return `- ${who}, ${title}: ${why}`
    })
  }

  #cell(column: Column, who: string, ours: string): string {
    const value = this.median(column, who)
    if (value === null) return this.failed(column, who) ? 'failed, see below' : '–'
    const reference = this.median(column, ours)
    if (who === ours || reference === null) return figure(value)
    return `${figure(value)} (${figure(value / reference)}×)`
  }
}
